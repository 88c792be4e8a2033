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

// What comes to lie under a pointer that rests, as Fit does when a fit ends, tells nothing.
let last = { screenX: NaN, screenY: NaN, timeStamp: 0 } // where the pointer moved
document.addEventListener("pointermove", (event) => { last = event }, true)
document.addEventListener("mouseover", (event) => {
  const { screenX, screenY, timeStamp, isTrusted } = event
  const rests = screenX === last.screenX && screenY === last.screenY
  if (isTrusted && rests && timeStamp - last.timeStamp > 100) event.stopPropagation()
}, true)

// What is clicked needs no sentence any more, which would lie over what the click brings.
document.addEventListener("pointerdown", (event) => point(event.composedPath()[0], "mouseout"), true)
for (const event of ["keydown", "pointerdown"]) document.addEventListener(event, leave, true)
document.addEventListener("keyup", (event) => {
  if (event.key === "Tab") waiting = setTimeout(rest, REST)
}, true)
