// Two maps in one place: parted by a divider, or shown in turn; or their difference alone.

const STEP = 2 // percent of the width that an arrow key moves the divider
const PAGE = 10
const TURN = 667 // ms that each of two maps is seen: one and a half changes a second
const WIDTHS = 120 // px: the server hears of the width in such steps

export function render({model, el}) {
  const stage = element("div", "stage")
  const maps = {}
  for (const name of ["right", "left", "difference"]) {
    maps[name] = element("div", `map map-${name}`)
    maps[name].append(model.get_child(name))
    stage.append(maps[name])
  }
  const tags = {left: element("div", "tag tag-left"), right: element("div", "tag tag-right")}
  const divider = element("div", "divider", {role: "slider", tabindex: 0, "aria-valuemin": 0,
    "aria-valuemax": 100, "aria-orientation": "horizontal"})
  divider.append(element("div", "grip"))
  const hold = element("button", "hold", {type: "button"})
  const other = element("button", "other", {type: "button"})
  const buttons = element("div", "buttons")
  buttons.append(hold, other)
  stage.append(tags.left, tags.right, divider, buttons)

  let at = model.at
  let seen = "left" // in turn
  let held = matchMedia("(prefers-reduced-motion: reduce)").matches
  let timer = null

  const move = (percent) => {
    at = Math.min(100, Math.max(0, percent))
    stage.style.setProperty("--at", `${at}%`)
    divider.setAttribute("aria-valuenow", Math.round(at))
    divider.setAttribute("aria-valuetext",
      `${Math.round(at)} % ${model.left_name}, ${Math.round(100 - at)} % ${model.right_name}`)
  }
  const keep = () => { model.at = Math.round(at) }
  const turn = () => {
    seen = seen == "left" ? "right" : "left"
    stage.dataset.seen = seen
  }
  const run = () => {
    clearInterval(timer)
    const running = model.mode == "flicker" && !held && model.right_name != ""
    timer = running ? setInterval(turn, TURN) : null
    hold.textContent = held ? "Go on" : "Hold"
    hold.setAttribute("aria-pressed", held)
  }
  const tell = () => {
    stage.dataset.mode = model.right_name == "" ? "alone" : model.mode
    stage.dataset.seen = seen
    for (const side of ["left", "right"]) {
      const dot = element("i", "dot")
      dot.style.background = model[`${side}_colour`]
      dot.hidden = !model[`${side}_colour`]
      const [letter, ...name] = model[`${side}_name`].split(/(?=: )/) // A: what it is called
      const rest = element("span", "rest")
      rest.textContent = name.join("")
      tags[side].replaceChildren(dot, letter, rest)
    }
    divider.setAttribute("aria-label", `Divider between ${model.left_name} and ${model.right_name}`)
    other.textContent = "Show the other"
    stage.style.setProperty("--aspect", model.aspect)
    move(at)
    run()
  }
  const pause = (holding) => {
    held = holding
    run()
  }

  divider.addEventListener("keydown", (event) => {
    const steps = {ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP,
      PageDown: -PAGE, PageUp: PAGE, Home: -100, End: 100}
    const step = steps[event.key]
    if (step === undefined) return
    event.preventDefault()
    event.stopPropagation()
    move(at + step)
    keep()
  })
  divider.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return
    event.preventDefault()
    divider.focus({preventScroll: true})
    divider.setPointerCapture(event.pointerId)
  })
  divider.addEventListener("pointermove", (event) => {
    if (!divider.hasPointerCapture(event.pointerId)) return
    const box = stage.getBoundingClientRect()
    move(100 * (event.clientX - box.left) / box.width)
  })
  divider.addEventListener("lostpointercapture", keep)
  hold.addEventListener("click", () => pause(!held))
  other.addEventListener("click", () => { pause(true); turn() })

  const sized = new ResizeObserver(() => {
    const pixels = stage.clientWidth * Math.min(2, window.devicePixelRatio)
    const rounded = WIDTHS * Math.ceil(pixels / WIDTHS)
    if (pixels > 0 && rounded != model.pixels) model.pixels = rounded
  })
  sized.observe(stage)
  for (const name of ["mode", "aspect", "left_name", "right_name", "left_colour", "right_colour"])
    model.on(name, tell)
  model.on("at", () => { if (model.at != Math.round(at)) move(model.at) })
  model.on("remove", () => { clearInterval(timer); sized.disconnect() })
  tell()
  return stage
}

function element(kind, classes, attributes = {}) {
  const made = document.createElement(kind)
  made.className = classes
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  return made
}
