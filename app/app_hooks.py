"""Before the first visitor comes: read what every page needs, so that it is there at once."""

from __future__ import annotations

import gc
import logging
from threading import Thread

from bokeh.application.application import ServerContext

from app import messages


def on_server_loaded(server_context: ServerContext) -> None:
    """Called by the server when it starts; it serves meanwhile."""
    messages.mend()
    Thread(target=_prepare, name="cainr-prepare", daemon=True).start()


def _prepare() -> None:
    gc.disable()  # in vain among so many new modules, and everybody waits meanwhile
    try:
        from app import page, shared  # noqa: F401

        shared.fits.go_on()
        from app.views.projections import globe, picture
        from app.workbench import Workbench

        bench = Workbench()
        field = shared.open_choice(bench.data)
        picture(field.grid, bench.projection, bench.centre)
        globe(bench.projection, bench.centre)
    except Exception:  # the page itself will tell the visitor
        logging.getLogger("cainr.app").exception("nothing could be prepared")
    finally:
        gc.collect()
        gc.freeze()  # else each collection looks through all that was loaded, for half a second
        gc.enable()
