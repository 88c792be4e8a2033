"""The page of one visitor: choices on the left, what they lead to in the middle."""

from __future__ import annotations

import time as clock
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import panel as pn
import panel_material_ui as pmui
import param
from bokeh.events import ClientReconnected, ConnectionLost, DocumentReady
from bokeh.models import CustomJS
from panel.util import edit_readonly

from app import shared, visitors
from app.address import Address
from app.controls.sidebar import Sidebar
from app.darkness import FOLLOW, is_dark
from app.sentences import script
from app.settings import settings
from app.style import BEHIND_CARDS, HOVER, NOTES, THEME, TOLD_BELOW_LEFTWARD, Design
from app.sweeping import Sweeping
from app.views.cards import GAP, side_by_side, stack
from app.views.closer import Closer
from app.views.copying import COPYING
from app.views.curves import Curves
from app.views.fitbar import FitBar
from app.views.lessonpanel import LessonPanel
from app.views.lines import Lines
from app.views.mapboard import MapBoard
from app.views.pointing import Pointing
from app.views.runs import RunTable
from app.views.share import Share
from app.views.sweepcard import SweepCard
from app.views.ways import SCROLL
from app.words import plain
from app.workbench import Workbench
from cainr_core.errors import CainrError
from cainr_core.job import GRACE

# A problem is told over the lower edge, so that nothing below it moves.
_OVER_THE_PAGE = {
    "position": "fixed", "bottom": "16px", "left": "50%", "transform": "translateX(-50%)",
    "width": "min(720px, 94vw)", "z-index": "1300",
}  # fmt: skip
TOLD = 15_000  # ms that a problem is told, unless it is closed or mended before
TICK = 300  # ms between two looks at a fit: about three pictures a second
WARM = 3000  # ms after the page is there
# A number field of Material takes what is typed after an Enter only where it was left in between;
# a cell of a table that has the focus is changed from the keyboard as by a click.
_ENTER = """
document.addEventListener("keydown", (event) => {
  const field = event.composedPath()[0]
  const buttons = field.parentElement?.querySelector(".MuiInputAdornment-root")
  if (event.key == "Enter" && buttons) setTimeout(() => field.blur())
  if (event.key == "Enter" && field.classList.contains("tabulator-cell")) {
    event.preventDefault()
    field.click()
  }
})
"""
_TEMPLATE = Path(__file__).with_name("page.html")
_NAMING, _HELPING = (
    Path(__file__).with_name(f"{name}.js").read_text(encoding="utf-8")
    for name in ("naming", "helping")
)
# In the page alone: no server is there to tell it.
_TELL_LOSS = """
if (document.querySelector(".connection-lost")) return
const told = document.body.appendChild(document.createElement("div"))
told.className = "connection-lost"
told.setAttribute("role", "alert")
const words = told.appendChild(document.createElement("span"))
words.textContent = "Connection lost: the server was stopped or cannot be reached. "
  + "When it is back, reload the page; runs are kept, and a fit under way goes on."
// asking for that begins no session
const still = document.querySelector("script[src*='static/']")?.src
const look = async () => {
  if (!told.isConnected) return
  const back = await fetch(still, { method: "HEAD", cache: "no-store" }).catch(() => null)
  if (!back?.ok) return setTimeout(look, 2000)
  words.textContent = "The server is back: reload the page to go on where it was."
}
if (still) look()
const reload = told.appendChild(document.createElement("button"))
reload.textContent = "Reload"
reload.addEventListener("click", () => location.reload())  // at its address, which has the state
"""
_TAKE_BACK = 'document.querySelector(".connection-lost")?.remove()'


def build() -> pmui.Page:
    """The whole page, with the bundled sample opened."""
    visitor = visitors.visitor()
    bench = Workbench(visitor)
    sweeping = Sweeping(bench)
    sweep = SweepCard(sweeping)
    pn.config.exception_handler = shared.loosely(bench.report)
    pn.config.design, pn.config.global_css = Design, [HOVER, NOTES]
    dark = is_dark()
    pn.config.theme = "dark" if dark else "default"  # type: ignore[misc]
    sidebar = Sidebar(bench)
    alert = pmui.Alert(
        object="", severity="error", closeable=True, closed=True, variant="filled", margin=0,
        css_classes=["problem"], styles=_OVER_THE_PAGE,
    )  # fmt: skip
    board, closer = MapBoard(bench), Closer(bench)
    Pointing(bench, board.maps)
    address, share, lessons = Address(bench), Share(bench), LessonPanel(bench)
    bar = FitBar(bench, lambda: lessons.guide.leads)
    lessons.guide.param.watch(shared.held(bar.show), "turned")
    later = pn.Column(height=0, margin=0)  # what comes once the page is there
    main = stack(
        alert,
        lessons.view,
        bar.view,
        board.view,
        side_by_side(
            Curves(bench).view, RunTable(bench, board.sheet).view,
            shares="4 10", narrow=1100, margin=(0, 0, GAP, 0),
        ),
        closer.view,
        *([sweep.view] if settings.sweeps_allowed else []),
        Lines(bench).view,
        address.view,
        share.view,
        later,
        lessons.room,
        css=":host { width: auto; align-self: stretch; }",
        margin=12,
    )  # fmt: skip
    page = pmui.Page(
        template=_TEMPLATE,
        title="cainr",
        main=[main],
        sidebar=sidebar.objects,
        sidebar_width=340,
        sidebar_open=not shared.is_narrow(),
        sidebar_resizable=False,
        theme_config=THEME,
        sx=BEHIND_CARDS,
        dark_theme=dark,
        header=[
            pmui.Typography(
                "Context-aware neural compression of climate fields",
                sx={
                    "display": {"xs": "none", "md": "block"},
                    "opacity": 0.85,
                    "ml": 2,
                    "pt": "4px",
                },
            ),
            pmui.layout.Row(sizing_mode="stretch_width"),
            lessons.button,
            share.button,
            *([_sign_out()] if visitor.has_signed_in else []),
        ],
        busy_indicator=None,
    )
    # Every page would follow the whole server's being busy: each then works at each callback of
    # each other one, and none is ever let go. What it follows instead never changes.
    with edit_readonly(page):
        page.busy = _Still().param.busy
    if pn.state.curdoc is not None:
        for code in (_ENTER, script(_NAMING), _HELPING, FOLLOW, SCROLL, COPYING):
            pn.state.curdoc.js_on_event(DocumentReady, CustomJS(code=code))
        pn.state.on_session_destroyed(partial(_forget, bench))
        visitors.guests.enter(visitor, shared.kept_runs().root)
        if visitor.token:
            remember = CustomJS(code=visitors.remember(visitor.token))
            pn.state.curdoc.js_on_event(DocumentReady, remember)
        pn.state.curdoc.js_on_event(ConnectionLost, CustomJS(code=_TELL_LOSS))
        pn.state.curdoc.js_on_event(ClientReconnected, CustomJS(code=_TAKE_BACK))
    _tell_problems(bench, alert)
    bench.list_runs()
    with suppress(CainrError):  # told by the next line
        shared.open_choice(bench.data)  # in memory, so the first picture comes with the page
    bench.open_data()
    address.restore()
    settle = _keep_session_while_fitting(bench)

    def tick() -> None:
        with pn.io.hold():
            bench.poll()
            sweeping.poll()
            closer.poll()
            settle()
            address.tick()

    def loaded() -> None:
        _close_on_phones(page, later)  # not sooner: the page must be there to hear of it
        sidebar.draw()
        closer.open()
        if settings.sweeps_allowed:
            sweep.open()
        address.begin()
        # Bokeh's own, since Panel's makes the whole server busy for a moment at each of them.
        document = pn.state.curdoc
        if document is not None and document.session_context is not None:
            document.add_periodic_callback(shared.held(tick), TICK)
        # The first fit needn't wait for the worker process, nor the first picture for its start.
        pn.state.add_periodic_callback(shared.warm_up, period=WARM, count=1)

    pn.state.onload(loaded)
    return page


def _sign_out() -> pmui.Button:
    return pmui.Button(
        label="Sign out", icon="logout", href=f"{pn.state.base_url}logout", variant="text",
        description=f"Of {pn.state.user}'s library", size="small", sx={"color": "inherit"},
        css_classes=["sign-out"], stylesheets=[TOLD_BELOW_LEFTWARD],
    )  # fmt: skip


class _Still(param.Parameterized):
    busy = param.Boolean(False)


def _keep_session_while_fitting(bench: Workbench) -> Callable[[], None]:
    """Let no session of a fit end that may yet be connected again; to be called regularly."""
    document = pn.state.curdoc
    context = document.session_context if document else None
    blocked, connected = False, clock.monotonic()

    def settle() -> None:
        nonlocal blocked, connected
        session = getattr(context, "session", None)  # there once the page was built
        if session is None:
            return
        if session.connection_count:
            connected = clock.monotonic()
            bench.attend()
        keep = not bench.ended and clock.monotonic() - connected < GRACE
        if blocked != keep:
            session.block_expiration() if keep else session.unblock_expiration()
            blocked = keep

    return settle


def _forget(bench: Workbench, session_context: object) -> None:
    """A session is gone: what it held goes with it, but its fit."""
    bench.uploads.close()
    shared.forget_uploads(bench.uploads)
    visitors.guests.leave(bench.visitor, shared.kept_runs().root)


def _tell_problems(bench: Workbench, alert: pmui.Alert) -> None:
    def tell(*events: object) -> None:
        alert.param.update(object=plain(bench.problem), closed=not bench.problem)
        told, document = bench.problem, pn.state.curdoc

        def forget() -> None:
            if bench.problem == told:
                bench.problem = ""

        if told and document is not None and document.session_context is not None:
            document.add_timeout_callback(shared.held(forget), TOLD)

    def closed(event: object) -> None:
        if alert.closed:
            bench.problem = ""

    bench.param.watch(tell, "problem")
    alert.param.watch(closed, "closed")


def _close_on_phones(page: pmui.Page, place: pn.Column) -> None:
    """The sidebar covers a narrow window, so there it waits to be opened."""
    narrow = pn.Spacer(width=0, height=0)
    switch = pmui.BreakpointSwitcher(
        media_query="(min-width: 700px)", small=narrow, large=pn.Spacer(width=0, height=0), height=0
    )

    def switched(event: object) -> None:
        page.sidebar_open = switch.current is not narrow

    switch.param.watch(switched, "current")
    place.append(switch)
