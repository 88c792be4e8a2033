"""Many people on one server: how soon it answers each, and what memory their sessions leave behind.

    python benchmarks/load.py [--sessions 20] [--fits 4] [--seconds 120] [--think 5]
                              [--opened 100] [--json OUT]

Sessions speak Bokeh's own protocol over websockets, since twenty browsers would take the cores that
are measured. Some have a fit, of which one runs and the others wait in the line. Each of the others
moves the time, looks at another run, chooses another projection, scale, context and width, as often
as a person might; an answer is there when the picture, its colours, or the figures of the plan
arrive. Then sessions are opened and closed one by one, and the memory of the server's process is
told after every tenth.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from statistics import quantiles
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import psutil
from dashboard import REPOSITORY, free_port
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from cainr_core.choices import Choices, DataChoice
from cainr_core.compression import compress, open_data
from cainr_core.fit.recipe import Recipe
from cainr_core.model.architecture import Architecture
from cainr_core.runs import Library

PLAN = "figures-pane"
PATIENCE = 120.0  # seconds that anything may take
LARGEST = 1 << 28  # bytes of a message
WIDTHS = range(16, 64)
LARGE = 160
SCALES = ("Shared", "Symmetric", "Percentile")
KINDS = {"time": 6, "projection": 1, "scale": 2, "run": 2, "context": 2, "width": 2}  # how often
PROJECTIONS = ("Plate carrée", "Robinson", "Mollweide", "Orthographic", "North polar")


class Session:
    """One page without a browser."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket: WebSocketClientConnection | None = None
        self._known: dict[str, dict[str, Any]] = {}
        self._events = {name: asyncio.Event() for name in ("maps", "colours", PLAN)}
        self._answers: dict[str, asyncio.Event] = {}  # by the id of the model that changes
        self._reader: asyncio.Task[None] | None = None
        self._time = self._run = self._sent = 0

    async def open(self) -> None:
        """Fetch the page, connect, take the document and say that it is drawn."""
        got = await AsyncHTTPClient().fetch(f"http://{self.address}/app", request_timeout=PATIENCE)
        token = re.search(r'"token":"([^"]+)"', got.body.decode())
        assert token is not None
        self._socket = await websocket_connect(
            HTTPRequest(f"ws://{self.address}/app/ws", request_timeout=PATIENCE),
            subprotocols=["bokeh", token[1]],
            max_message_size=LARGEST,
        )
        await self._receive()
        await self._send("PULL-DOC-REQ", {})
        while "doc" not in (content := await self._receive()):
            pass
        for model in objects(content):
            for name in model["attributes"].get("css_classes") or []:
                self._known.setdefault(name, model)
            if model["attributes"].get("name") == "maps":
                self._known["maps"] = model
            if model["name"] == "LinearColorMapper":
                self._answers[model["id"]] = self._events["colours"]
        self._answers |= {self._known[name]["id"]: self._events[name] for name in ("maps", PLAN)}
        self._reader = asyncio.create_task(self._listen())
        await self._tell("document_ready")

    async def close(self) -> None:
        """Close the page."""
        assert self._socket is not None
        assert self._reader is not None
        self._reader.cancel()
        self._socket.close()

    async def fit(self) -> None:
        """Press Fit, with a network so large that it learns as long as the others are watched: a
        run that is added meanwhile would be another row of the table."""
        await self._change("choice-width", LARGE, PLAN)
        await self.press("fit")

    async def press(self, name: str) -> None:
        """Press a button."""
        button = {"id": self._known[name]["id"]}
        await self._tell("dom_event", model=button, node="click", data={"type": "map"})

    async def another_time(self) -> float:
        """Move the time; seconds until its picture is there."""
        self._time = (self._time + 1) % 30
        return await self._change("player", self._time, "maps")

    async def another_projection(self) -> float:
        """Choose another projection; seconds until the picture is there."""
        return await self._change(
            "choice-projection", self._other(PROJECTIONS, "choice-projection"), "maps"
        )

    async def another_scale(self) -> float:
        """Choose another scale; seconds until the original's colours are there."""
        scale = self._other(SCALES, "choice-scale")
        return await self._change("choice-scale", scale, "colours")

    async def another_run(self) -> float:
        """Look at another run; seconds until its picture is there."""
        self._run = 1 - self._run
        rows = self._known["runs-table"]["attributes"]["source"]["attributes"]["selected"]
        return await self._set(rows["id"], "indices", [self._run], "maps")

    async def another_context(self) -> float:
        """Tick a context, or untick it; seconds until the figures of the plan are there."""
        ticked = self._other([False, True], "context-topography")
        return await self._change("context-topography", ticked, PLAN)

    async def another_width(self) -> float:
        """Choose another width; seconds until the figures of the plan are there."""
        return await self._change("choice-width", self._other(WIDTHS, "choice-width"), PLAN)

    def _other(self, values: Sequence[object], name: str) -> object:
        """One of these values that is not chosen already, which would be no news; the first is
        what is chosen where the page does not say."""
        now = self._known[name]["attributes"]["data"]["attributes"].get("value", values[0])
        return random.choice([value for value in values if value != now])

    async def _change(self, name: str, value: object, answered_by: str) -> float:
        data = self._known[name]["attributes"]["data"]
        data["attributes"]["value"] = value
        return await self._set(data["id"], "value", value, answered_by)

    async def _set(self, id: str, attr: str, value: object, answered_by: str) -> float:
        answer = self._events[answered_by]
        answer.clear()
        started = time.perf_counter()
        change = {"kind": "ModelChanged", "model": {"id": id}, "attr": attr, "new": value}
        await self._send("PATCH-DOC", {"events": [change]})
        with suppress(TimeoutError):  # which counts as that long
            await asyncio.wait_for(answer.wait(), PATIENCE)
        return time.perf_counter() - started

    async def _tell(self, event: str, **values: object) -> None:
        said = {"type": "map", "entries": [[name, value] for name, value in values.items()]}
        message = {"type": "event", "name": event, "values": said}
        sent = {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": message}
        await self._send("PATCH-DOC", {"events": [sent]})

    async def _send(self, kind: str, content: object) -> None:
        assert self._socket is not None
        self._sent += 1
        header = {"msgid": f"load{self._sent}", "msgtype": kind}
        for part in (header, {}, content):
            await self._socket.write_message(json.dumps(part))

    async def _receive(self) -> Any:
        assert self._socket is not None
        parts = [await self._socket.read_message() for _ in range(3)]
        if parts[0] is None:
            raise ConnectionError("the server closed the connection")
        for _ in range(2 * json.loads(parts[0]).get("num_buffers", 0)):
            await self._socket.read_message()
        return json.loads(parts[2])  # type: ignore[arg-type]

    async def _listen(self) -> None:
        while True:
            for event in (await self._receive()).get("events", []):
                changed = self._answers.get((event.get("model") or {}).get("id"))
                if changed is not None:
                    changed.set()


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """All models of a document."""
    if isinstance(value, dict):
        if value.get("type") == "object" and "attributes" in value:
            yield value
        for each in value.values():
            yield from objects(each)
    elif isinstance(value, list):
        for each in value:
            yield from objects(each)


async def use(session: Session, until: float, think: float, found: dict[str, list[float]]) -> None:
    """What a person does until that time, and how long each answer takes."""
    while time.monotonic() < until:
        await asyncio.sleep(random.uniform(0.5, 1.5) * think)
        kind = random.choices(list(KINDS), list(KINDS.values()))[0]
        found[kind].append(await getattr(session, f"another_{kind}")())


async def answers(address: str, options: argparse.Namespace) -> dict[str, list[float]]:
    """Seconds that answers take, by kind; pages with a fit only follow it, for what it sends could
    be taken for an answer."""
    sessions = [Session(address) for _ in range(options.sessions)]
    for number, session in enumerate(sessions, 1):
        await session.open()
        print(f"{number} open", file=sys.stderr)
    await asyncio.sleep(options.think)
    for session in sessions[: options.fits]:
        await session.fit()
    found: dict[str, list[float]] = {kind: [] for kind in KINDS}
    until = time.monotonic() + options.seconds
    others = sessions[options.fits :]
    await asyncio.gather(*(use(session, until, options.think, found) for session in others))
    for session in sessions[: options.fits]:
        await session.press("cancel")
    await asyncio.sleep(options.think)
    for session in sessions:
        await session.close()
    return found


async def memory(address: str, server: psutil.Process, opened: int) -> list[float]:
    """Megabytes of the server's process, at first and after every tenth session."""
    found = [server.memory_info().rss / 1e6]
    for number in range(1, opened + 1):
        session = Session(address)
        await session.open()
        await asyncio.sleep(0.5)
        await session.another_time()
        await session.close()
        if number % 10 == 0:
            await asyncio.sleep(12)  # until those that were closed are gone
            found.append(server.memory_info().rss / 1e6)
            print(f"{number} opened and closed: {found[-1]:.0f} MB", file=sys.stderr)
    return found


def summary(seconds: list[float]) -> dict[str, float]:
    """How many answers, and their median, 95th percentile and most, in seconds."""
    cuts = quantiles(seconds, n=20, method="inclusive")
    return {"count": len(seconds), "median": cuts[9], "p95": cuts[18], "most": max(seconds)}


async def measure(options: argparse.Namespace) -> dict[str, object]:
    """Serve, and measure both."""
    address = f"localhost:{free_port()}"
    with tempfile.TemporaryDirectory() as runs:
        fit_two(Path(runs))
        server = psutil.Popen(
            [
                *(sys.executable, "-m", "panel", "serve", "app", "--port", address.split(":")[1]),
                *("--unused-session-lifetime", "8000", "--check-unused-sessions", "1000"),
            ],
            cwd=REPOSITORY,
            env={**os.environ, "CAINR_RUNS": runs},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for(address)
            found = await answers(address, options)
            every = [second for seconds in found.values() for second in seconds]
            figures = {kind: summary(seconds) for kind, seconds in found.items() if seconds[1:]}
            print(json.dumps(figures), file=sys.stderr)
            megabytes = await memory(address, server, options.opened)
        finally:
            server.kill()  # and with it its worker ends
            server.wait()
    return {"answers_s": {"all": summary(every), **figures}, "memory_MB": megabytes}


def fit_two(folder: Path) -> None:
    """Two runs to look at, of few steps."""
    recipe, field = Recipe(steps=100), open_data(DataChoice())
    for width in (24, 32):
        choices = Choices(architecture=Architecture(width=width), recipe=recipe)
        fitted = compress(field, (), choices.architecture, recipe, device="cpu")
        Library(folder).add(choices, fitted)


def wait_for(address: str) -> None:
    """Until the server answers."""
    for _ in range(1200):
        try:
            urlopen(f"http://{address}/liveness", timeout=5)
            return
        except (URLError, OSError) as error:
            if getattr(error, "code", None):
                return
            time.sleep(0.1)


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--fits", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--think", type=float, default=5.0)
    parser.add_argument("--opened", type=int, default=100)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    asked = {name: value for name, value in vars(options).items() if name != "json"}
    report = {
        "date": date.today().isoformat(),
        "cores": len(os.sched_getaffinity(0)),
        "load_before": os.getloadavg()[0],
        **asked,
        **asyncio.run(measure(options)),
    }
    print(json.dumps(report, indent=1))
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
