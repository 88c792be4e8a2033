"""Ways through a page that is longer than a screen: what scrolls it, and to where."""

from __future__ import annotations

import panel as pn
import panel_material_ui as pmui

from app import shared
from app.style import SMALL
from app.workbench import Workbench

# A button whose class is to-NAME leads to what bears the class NAME; a step of a lesson leads to
# what it is about, which may be far away or, of a closer look, not be there yet. One that is to
# skip what comes next takes the focus there, too.
SCROLL = """
const find = (root, name) => {
  for (const node of root.querySelectorAll("*")) {
    if (node.classList.contains(name)) return node
    const found = node.shadowRoot && find(node.shadowRoot, name)
    if (found) return found
  }
}
// What scrolls it: the window does not.
const scroller = (node) => {
  const scrolls = (page) => page.scrollHeight > page.clientHeight &&
    /auto|scroll/.test(getComputedStyle(page).overflowY)
  while (node && !(node instanceof Element && scrolls(node))) node = node.parentNode ?? node.host
  return node
}
// Into view, below the lessons, which on a phone take the lower half of the screen; `rows`: how
// many times its height has to have room.
const show = (there, panel, rows) => {
  const page = scroller(there)
  if (!page) return
  const told = panel?.getBoundingClientRect(), head = Math.max(page.getBoundingClientRect().top, 0)
  const above = told && getComputedStyle(panel).position == "sticky"
  const [first, last] = above ? [head + told.height, innerHeight] : [head, told?.top ?? innerHeight]
  const { top, height } = there.getBoundingClientRect()
  if (top >= first && top + rows * height <= last) return
  const more = above ? 30 : 8 // px: the text may take a line more by then
  page.scrollBy({ top: top - first - more, behavior: "smooth" })
}
let asks = 0
document.addEventListener("click", (event) => {
  const path = event.composedPath()
  const within = (name) => path.find((node) => node.classList?.contains(name))
  const names = path.flatMap((node) => [...(node.classList ?? [])])
  const asked = names.find((name) => name.startsWith("to-"))?.slice(3)
  if (!asked) return
  const panel = within("lesson-panel"), mine = ++asks
  const rows = asked == "map-a" && panel && innerWidth > 900 ? 2 : 1 // those of B stand below it
  const go = (tries) => {
    const there = find(document, asked)
    if (there?.offsetHeight) {
      show(there, panel, rows)
      if (within("skip")) { there.tabIndex = -1; there.focus({ preventScroll: true }) }
      const place = () => there.getBoundingClientRect().top + scroller(there)?.scrollTop
      const before = place() // maps may come or go above it while the page moves
      const moved = () => mine == asks && Math.abs(place() - before) > 2
      setTimeout(() => moved() && show(there, panel, rows), 800)
    } else if (tries) setTimeout(() => go(tries - 1), 100)
    else if (asked == "map-a") show(find(document, "boards"), panel, 1) // of one large map
  }
  go(20)
})
// Maps that come or go above what is read, as those of B when a lesson's fit ends, do not move it:
// browsers see to that themselves, but not all, and not each time.
const steady = (maps, page, before = maps.offsetHeight, scrolled = 0) => {
  page.addEventListener("scroll", () => { scrolled = page.scrollTop })
  new ResizeObserver(() => {
    const more = maps.offsetHeight - before
    before += more
    const above = maps.getBoundingClientRect().bottom - more - page.getBoundingClientRect().top
    const still = () => page.scrollTop == scrolled
    // 90 px: where nothing of them is read any more
    if (above < 90 && still()) requestAnimationFrame(() => still() && (page.scrollTop += more))
  }).observe(maps)
}
const settle = () => {
  const maps = find(document, "boards")
  maps?.offsetHeight ? steady(maps, scroller(maps)) : setTimeout(settle, 500)
}
settle()
// A closer look that is less high than the one before would let the page end above its foot, and
// the tabs slip away from under the pointer: before it comes the card is made as high as they need.
document.addEventListener("click", (event) => {
  const path = event.composedPath()
  const card = path.find((node) => node.classList?.contains("closer"))
  const page = path.find((node) => node.scrollTop > 0)
  if (!card || !page || !path.some((node) => node.getAttribute?.("role") == "tab")) return
  const { top, bottom } = card.getBoundingClientRect()
  const first = page == document.scrollingElement ? 0 : page.getBoundingClientRect().top
  const below = page.scrollHeight - page.scrollTop - (bottom - first)
  card.style.minHeight = `${Math.max(0, Math.floor(first + page.clientHeight - below - top))}px`
}, true)
"""


# For keys alone: seen while it has the focus.
_SKIP = """
button { position: absolute; left: 12px; top: -6px; z-index: 5; padding: 6px 14px; font: inherit;
  font-size: .85rem; border-radius: 6px; border: 1px solid currentColor; color: inherit;
  background: var(--panel-surface-color); }
button:not(:focus-visible) { clip-path: inset(50%); pointer-events: none; }
"""


def skip(told: str, place: str) -> pn.pane.HTML:
    """A way for who comes by Tab, past many things to what bears the class `place`."""
    return pn.pane.HTML(
        f'<button class="skip to-{place}" title="Go on behind it">{told}</button>',
        stylesheets=[_SKIP], height=0, margin=0, sizing_mode="stretch_width",
        styles={"overflow": "visible", "position": "relative"},
    )  # fmt: skip


def to_the_maps(workbench: Workbench) -> pmui.Button:
    """A button beside points that a click opens, for the maps of what is picked stand far above."""
    button = pmui.Button(
        label="See the maps", description="Scroll up to the maps of what is picked",
        icon="arrow_upward", variant="outlined", size="small", margin=SMALL,
        css_classes=["to-map-a"], visible=False,
    )  # fmt: skip

    def show(*events: object) -> None:
        button.visible = bool(workbench.picked_runs)

    workbench.param.watch(shared.held(show), "picked")
    show()
    return button
