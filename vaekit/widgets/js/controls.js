// Controls that widgets share: for mouse, finger and keyboard, with names and values for screen readers.

/**
 * A point to move on `field` by mouse, finger and arrow keys: `drag([x, y], width, height)` in pixels,
 * `nudge(dx, dy)`, `home()`; also a `hint` and ARIA attributes, where the defaults do not fit (null: none). Returns the
 * function that puts it at a pixel and tells its value.
 * A finger on the field may be scrolling the page: it drags by the handle; elsewhere a tap moves the point.
 */
function pointHandle({ on }, field, label, { drag, nudge, home, hint, ...aria }) {
  const id = uid(), handle = make("div", {
    class: "vk-handle", tabindex: 0, role: "slider", "aria-label": label, "aria-describedby": id,
    "data-lm-suppress-shortcuts": "true",
  });
  const help = hint ?? "Arrow keys move by 0.1, with Shift by 0.5; Home resets.";
  for (const [name, value] of Object.entries({ roledescription: "two-dimensional slider", ...aria })) {
    if (value !== null) handle.setAttribute(`aria-${name}`, value);
  }
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  const mayDrag = ({ pointerType, target }) => pointerType !== "touch" || target === handle;
  let active = null, tap = null, grip = [0, 0]; // from the handle's middle to where it was taken hold of
  const move = ({ clientX, clientY }) => {
    const box = field.getBoundingClientRect();
    drag([clientX - box.left - grip[0], clientY - box.top - grip[1]], box.width, box.height);
  };
  on(field, "pointerdown", (event) => {
    tap = mayDrag(event) ? null : event;
    if (event.button || tap) return;
    const { left, top, width, height } = handle.getBoundingClientRect(), held = event.target === handle;
    active = event.pointerId;
    grip = held ? [event.clientX - left - width / 2, event.clientY - top - height / 2] : [0, 0];
    field.setPointerCapture(active);
    handle.focus({ preventScroll: true });
    if (!held) move(event);
  });
  on(field, "pointermove", (event) => event.pointerId === active && move(event));
  on(field, "pointerup", (event) => { // not a click: browsers swallow that of a tap soon after a drag
    if (tap?.pointerId !== event.pointerId || Math.hypot(event.x - tap.x, event.y - tap.y) > 10) return;
    grip = [0, 0];
    move(event);
  });
  on(field, "pointerup pointercancel lostpointercapture", () => (active = tap = null));
  on(handle, "keydown", (event) => {
    const step = steps[event.key], length = event.shiftKey ? 0.5 : 0.1;
    if ((!step && event.key !== "Home") || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    if (step) nudge(length * step[0], length * step[1]);
    else home();
  });
  field.append(handle, make("span", { id, hidden: "" }, help));
  return ([x, y], now, text) => {
    handle.style.transform = `translate(${x}px, ${y}px)`;
    handle.setAttribute("aria-valuenow", now);
    handle.setAttribute("aria-valuetext", text);
  };
}

/** A labelled range input with its value beside it; `set(value)` moves it silently. */
function slider({ on }, label, { min, max, step, digits = 2 }, change) {
  const id = uid(), value = make("output", { for: id, "aria-hidden": "true" });
  const input = make("input", { id, type: "range", min, max, step, "data-lm-suppress-shortcuts": "true" });
  on(input, "input", () => change(Number(input.value)));
  const set = (x) => {
    input.value = x;
    value.textContent = fixed(x, digits);
    input.setAttribute("aria-valuetext", fixed(x, digits));
  };
  return { el: make("div", { class: "vk-slider" }, make("label", { for: id }, label), input, value), set };
}

/** Named values in a list; `set(texts)` fills them in. */
function readout(names) {
  const values = names.map(() => make("dd"));
  const el = make("dl", { class: "vk-facts" }, ...names.flatMap((name, i) => [make("dt", {}, name), values[i]]));
  return { el, set: (texts) => texts.forEach((text, i) => (values[i].textContent = text)) };
}

/** Tells screen readers politely, when nothing has changed for a moment. */
function announcer({ root, signal }) {
  const region = make("div", { class: "vk-quiet", "aria-live": "polite" });
  let timer = 0;
  root.append(region);
  signal.addEventListener("abort", () => clearTimeout(timer));
  return (text) => {
    clearTimeout(timer);
    timer = setTimeout(() => (region.textContent = text), 600);
  };
}
