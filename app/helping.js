// The sentence on a control, which its icon tells whoever points at it, for those who come there by
// Tab and rest.
const REST = 800 // ms
const ICON = 'svg:has(> path[d^="M11 7h2v2h-2z"]):not(legend svg)' // Material's, of what is told

let waiting = 0
let pointed = null // the icon whose sentence is shown

function point(icon, event) {
  icon?.dispatchEvent(new MouseEvent(event, { bubbles: true, composed: true }))
}

function leave() {
  clearTimeout(waiting)
  point(pointed, "mouseout")
  pointed = null
}

function rest() {
  let field = document.activeElement
  while (field?.shadowRoot?.activeElement) field = field.shadowRoot.activeElement
  if (!(field?.getRootNode() instanceof ShadowRoot)) return
  pointed = field.getRootNode().querySelector(ICON)
  point(pointed, "mouseover")
}

// What is clicked needs no sentence any more, which would lie over what the click brings; nor does
// what comes to lie under the pointer, as Fit does when a fit ends, until this is moved.
const tell = document.documentElement.style // tooltips go by it (app/style.py)
let [x, y] = [0, 0]
document.addEventListener("pointerdown", (event) => {
  point(event.composedPath()[0], "mouseout")
  tell.setProperty("--told", "hidden")
  ;[x, y] = [event.screenX, event.screenY]
}, true)
document.addEventListener("pointermove", ({ screenX, screenY }) => {
  if (Math.hypot(screenX - x, screenY - y) > 2) tell.removeProperty("--told")
}, true)
document.addEventListener("keydown", () => tell.removeProperty("--told"), true)
for (const event of ["keydown", "pointerdown"]) document.addEventListener(event, leave, true)
document.addEventListener("keyup", (event) => {
  if (event.key === "Tab") waiting = setTimeout(rest, REST)
}, true)
