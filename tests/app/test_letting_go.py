"""A page that was left is let go: of many visitors the server keeps what the last one had."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
# A server and its visitors in one process, so that what is left of them can be counted.
SCRIPT = """
import asyncio, gc
from concurrent.futures import ThreadPoolExecutor
from bokeh.client import pull_session
from panel.io.server import get_server
from tornado.ioloop import IOLoop

server = get_server(
    {"app": "app/main.py"}, port=0, start=False, show=False,
    unused_session_lifetime_milliseconds=200, check_unused_sessions_milliseconds=100,
)
server.start()

def look():
    asyncio.set_event_loop(asyncio.new_event_loop())
    pull_session(url=f"http://localhost:{server.port}/app").close()

visitor = ThreadPoolExecutor(1)

async def visit():
    await asyncio.get_running_loop().run_in_executor(visitor, look)
    while server.get_sessions("/app"):
        await asyncio.sleep(0.1)
    await asyncio.sleep(1)
    gc.collect()
    return sum(type(each).__name__ == "Workbench" for each in gc.get_objects())

async def main():
    print(*[await visit() for _ in range(3)], flush=True)

IOLoop.current().run_sync(main)
"""


def test_a_page_is_let_go_when_it_is_left(tmp_path: Path):
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=REPOSITORY, capture_output=True, text=True, timeout=300,
        env={**os.environ, "CAINR_RUNS": str(tmp_path), "PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-2000:]
    living = [int(word) for word in ended.stdout.split()]
    assert len(living) == 3
    assert max(living) <= 1  # Bokeh may hold the last one until the next comes
