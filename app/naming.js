// Names for what Material, Bokeh and Tabulator leave without one, or call by its help alone: a
// screen reader then says what a control is. And SENTENCES on what has no help of its own. Runs once
// the page is there, and again after whatever may have brought new controls.
const watched = new WeakSet()
const WAITS = [400, 3000, 10000] // ms after a click or a key: the server may bring more, and late

function* every(root) {
  for (const e of root.querySelectorAll("*")) {
    if (e.shadowRoot) yield* every(e.shadowRoot)
    yield e
  }
}

function put(e, attribute, value) {
  if (e.getAttribute(attribute) !== value) e.setAttribute(attribute, value)
}

// The words on a button, without the names of icons, which are letters too.
function words(e) {
  const copy = e.cloneNode(true)
  copy.querySelectorAll("[class*=material-icons], .MuiIcon-root").forEach((icon) => icon.remove())
  return copy.textContent.trim()
}

// The title of the card that a figure stands in.
function titleOf(e) {
  for (let host = e.getRootNode().host; host; host = host.getRootNode().host) {
    for (const beside of every(host.parentNode)) {
      if (beside.matches(".title:not(.header *)") && beside.textContent) return beside.textContent
    }
  }
  return "Figure"
}

// The sentence on a control, for who points at it and for screen readers.
function help(e) {
  const root = e.getRootNode()
  for (const [component, control, sentence] of SENTENCES)
    if (e.matches(control) && (!component || root.host?.matches(component)))
      put(e, "title", sentence)
  // Material lets the pointer through the label of an empty field, and so through its help.
  const told = e.matches(".MuiTextField-root > * > input[type=text]") &&
    root.querySelector("label span[aria-label]")?.getAttribute("aria-label")
  if (told) put(e, "title", told)
}

function name() {
  for (const e of every(document)) {
    if (e.matches("button, input, [role=button], .tabulator-cell")) help(e)
    if (e.matches(".MuiInputAdornment-root button")) {
      const field = e.closest(".MuiFormControl-root")?.querySelector("label")?.textContent.trim()
      const less = e.closest(".MuiInputAdornment-positionStart")
      put(e, "aria-label", `${field ?? "Number"}: ${less ? "less" : "more"}`)
    } else if (e.matches("button[aria-label=Play], button[aria-label=Pause]")) {
      const player = e.getRootNode().querySelector(".MuiTypography-root")?.textContent.trim()
      if (player) put(e, "aria-label", `${e.getAttribute("aria-label")}: ${player}`) // of the two
    } else if (e.matches("button[aria-label]")) {
      const told = e.getAttribute("aria-label")
      const own = words(e)
      if (own && own !== told) { // a help sentence in place of the words that are seen
        e.removeAttribute("aria-label")
        put(e, "aria-description", told)
      }
    } else if (e.matches(".fold-head")) {
      put(e, "aria-expanded", String(Boolean(e.nextElementSibling?.checkVisibility())))
    } else if (e.matches(".bk-events[tabindex]")) {
      put(e, "role", "img")
      put(e, "aria-label", titleOf(e))
    } else if (e.matches(".bk-OnOffButton, .bk-ClickButton")) {
      put(e, "role", "button")
    } else if (e.matches(".tabulator-row input[type=checkbox]")) {
      const run = e.closest(".tabulator-row").querySelector("[tabulator-field=name]")
      put(e, "aria-label", `Look at ${run?.textContent.trim()}`)
    } else if (e.matches(".tabulator-tableholder")) {
      put(e, "role", "rowgroup")
      put(e, "aria-label", "Rows")
      if (!watched.has(e)) { // rows also come of themselves, as when a fit ends
        watched.add(e)
        new MutationObserver(later).observe(e, { childList: true, subtree: true })
      }
    }
  }
}

let waiting = []
function later() {
  waiting.forEach(clearTimeout)
  waiting = WAITS.map((ms) => setTimeout(() => requestIdleCallback(name, { timeout: 1000 }), ms))
}
for (const event of ["click", "keyup"]) document.addEventListener(event, later, true)
later()
