"""Ways through a page that is longer than a screen: what scrolls it, and to where."""

from __future__ import annotations

import panel_material_ui as pmui

from app import shared
from app.style import SMALL
from app.workbench import Workbench

# What a step of a lesson is about are the maps or, of few, the gain or a closer look: whoever asks
# for it may have scrolled away from the former, and has yet to find the latter.
SCROLL = """
const turns = ["lesson-offer", "lesson-next", "lesson-back", "to-maps"]
const find = (root, name) => {
  for (const node of root.querySelectorAll("*")) {
    if (node.classList.contains(name)) return node
    const found = node.shadowRoot && find(node.shadowRoot, name)
    if (found) return found
  }
}
document.addEventListener("click", (event) => {
  const path = event.composedPath()
  const within = (name) => path.find((node) => node.classList?.contains(name))
  const panel = within("lesson-panel")
  const covered = panel && getComputedStyle(panel).position == "sticky" ? panel.offsetHeight : 0
  const map = panel && find(document, "map-a")
  if (!turns.some(within) && !(map && within("lesson-fit"))) return
  const place = ["closer", "map-gain"].find((name) => within(`to-${name}`))
  if (place) {
    const there = find(document, place)
    const above = (covered || 24) + 40 // the text may take a line more by then
    there.style.scrollMarginTop = `${above}px`
    there.scrollIntoView({ behavior: "smooth" })
  } else if (map) { // on a phone above the text, which takes the lower half of such a screen
    const { top, bottom, height } = map.getBoundingClientRect()
    const free = covered && top > panel.getBoundingClientRect().bottom
    if (free && bottom + height < innerHeight) return // there is room for two rows of maps
    map.style.scrollMarginTop = `${covered ? covered + 30 : 64}px`
    map.scrollIntoView({ behavior: "smooth" })
  } else {
    for (const node of path) if (node.scrollTop > 0) node.scrollTo({ top: 0, behavior: "smooth" })
  }
})
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


def to_the_maps(workbench: Workbench) -> pmui.Button:
    """A button beside points that a click opens, for the maps of what is picked stand far above."""
    button = pmui.Button(
        label="See the maps", description="Scroll up to the maps of what is picked",
        icon="arrow_upward", variant="outlined", size="small", margin=SMALL,
        css_classes=["to-maps"], visible=False,
    )  # fmt: skip

    def show(*events: object) -> None:
        button.visible = bool(workbench.picked)

    workbench.param.watch(shared.held(show), "picked")
    show()
    return button
