// Rows of images that are sliders, drawn little by little so that dragging stays smooth.

/** The value under the pixel `x` of a row `width` wide, whose `count` images show `low` … `high` in equal steps. */
function valueAt(x, width, count, low, high, [least, most]) {
  const value = low + (((x / width) * count - 0.5) / (count - 1)) * (high - low);
  return Math.min(most, Math.max(least, value));
}

/** Where a value lies on the row, from 0 to 1: the inverse of the above. */
function shareAt(value, count, low, high) {
  return (((value - low) / (high - low)) * (count - 1) + 0.5) / count;
}

const stripMath = { valueAt, shareAt };

/**
 * A row of `count` images that is a slider for a value in `range`; `decode(value)` makes an image, `change(value)`
 * hears the reader. `set(value, text)` moves the mark; `stale()` asks for new images; `paint(colours, until)` draws
 * one, and more until that time, then tells whether all are done.
 */
function imageSlider({ on }, { label, count, low, high, range, step, rows, columns }, decode, change) {
  const images = Array.from({ length: count }, () => greyImage(rows, columns, ""));
  const knob = make("div", { class: "vk-walk-mark" });
  const el = make("div", {
    class: "vk-walk", tabindex: 0, role: "slider", "aria-label": label, "aria-valuemin": range[0],
    "aria-valuemax": range[1], "data-lm-suppress-shortcuts": "true", style: `--vk-count: ${count}`,
  }, ...images.map((image) => image.el), knob);
  for (const image of images) image.el.removeAttribute("role"), image.el.removeAttribute("aria-label");
  let active = null, down = null, now = low, waiting = count, next = 0;
  const follow = ({ clientX }) => {
    const { left, width } = el.getBoundingClientRect();
    change(valueAt(clientX - left, width, count, low, high, range));
  };
  on(el, "pointerdown", (event) => {
    if (event.button || active !== null) return;
    active = event.pointerId;
    el.setPointerCapture(active);
    down = event.pointerType === "touch" ? event : null; // a finger may be about to scroll the page
    if (!down) follow(event);
  });
  on(el, "pointermove pointerup", (event) => {
    if (event.pointerId !== active) return;
    const [across, along] = down ? [event.x - down.x, event.y - down.y].map(Math.abs) : [];
    if (down && (event.type === "pointerup" ? across + along > 10 : across < 6 || across < along)) return;
    if (event.type === "pointermove") down = null;
    follow(event);
  });
  on(el, "pointerup pointercancel lostpointercapture", () => (active = null));
  on(el, "keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key] * step * (event.shiftKey ? 5 : 1);
    const to = { Home: range[0], End: range[1] }[event.key] ?? now + by;
    if (Number.isNaN(to) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    change(Math.min(range[1], Math.max(range[0], to)));
  });
  return {
    el,
    stale: () => (waiting = count),
    set(value, text) {
      now = value;
      knob.style.left = `${100 * Math.min(1, Math.max(0, shareAt(value, count, low, high)))}%`;
      el.setAttribute("aria-valuenow", value.toFixed(2));
      el.setAttribute("aria-valuetext", text);
    },
    paint(colours, until) {
      if (!waiting) return true;
      do {
        images[next].draw(decode(low + (next * (high - low)) / (count - 1)), colours);
        next = (next + 1) % count;
      } while (--waiting && performance.now() < until);
      el.setAttribute("aria-busy", waiting > 0);
      return !waiting;
    },
  };
}
