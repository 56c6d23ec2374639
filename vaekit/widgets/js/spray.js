// A square plane to spray points on, by mouse, finger and keys; a widget asks for this part after pad.js and random.js.
//
//   const spray = sprayer(page, field, { extent: 3, most: 400, read: () => points, change: (points) => …, say });
//   spray.allow(true);                      from now on; until then, and after allow(false), the field is a picture

/** A stroke leaves a point every 0.06, some 0.08 beside it; points are x, y, x, y, … within [−extent, extent]². */
function sprayer(page, field, { extent, most, read, change, say }) {
  const { normal } = stream(1), keep = (v) => Math.max(-extent, Math.min(extent, v)), side = 20 * extent;
  const names = ["tabindex", "role", "aria-label", "aria-describedby"];
  let last = null, allowed = null;
  const spray = (pixels) => {
    if (!allowed) return;
    const all = [...read()];
    for (let i = 0; i < pixels.length; i += 2) {
      const to = [pixels[i] / 10 - extent, extent - pixels[i + 1] / 10], from = last ?? to;
      const count = last ? Math.min(100, Math.floor(Math.hypot(to[0] - from[0], to[1] - from[1]) / 0.06)) : 3;
      for (let k = 1; k <= count; k++) {
        for (const j of [0, 1]) all.push(keep(from[j] + ((to[j] - from[j]) * k) / count + 0.08 * normal()));
      }
      if (count) last = to;
    }
    if (all.length > 2 * most) say(`The drawing is full: ${most} points.`);
    change(all.slice(0, 2 * most));
  };
  drawingPad(page, field, [side, side], { start: (...at) => ((last = null), spray(at)), extend: spray });
  const values = names.map((name) => field.getAttribute(name));
  const allow = (is) => {
    if (is === allowed) return;
    field.dataset.draw = allowed = is;
    names.forEach((name, i) => (is ? field.setAttribute(name, values[i]) : field.removeAttribute(name)));
  };
  return { allow };
}
