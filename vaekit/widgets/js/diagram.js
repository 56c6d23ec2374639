// Boxes and arrows as SVG; a widget asks for this part after choices.js and images.js. A box is [left, top, width,
// height]. What belongs to stage k of a story appears with the CSS variable --r<k>, from 0 to 1, set by `update`.

const diagram = {
  text: (words, x, y, kind = "", anchor = "middle") =>
    `<text x="${x}" y="${y}" text-anchor="${anchor}" class="${kind}">${words}</text>`,
  name: (words, [x, y, w, h], under) => diagram.text(words, x + w / 2, under ? y + h + 15 : y - 8, "muted"),
  line: (d, kind, k = "") => `<path d="${d}" class="${kind}" data-k="${k}"/>`,
  frame: ([x, y, w, h], k, kind = "box") => diagram.line(`M${x} ${y}h${w}v${h}h${-w}z`, kind, k),
  image: (href, [x, y, w, h]) =>
    `<image x="${x}" y="${y}" width="${w}" height="${h}" preserveAspectRatio="none" href="${href}"/>`,
  /** What stage k brings. */
  show: (k, ...parts) => `<g style="opacity: var(--r${k})">${parts.join("")}</g>`,
  /** Lines of text, each with its stage, the first in bold. */
  lines: ([x, y], ...all) => all.map(([k, words], i) =>
    diagram.show(k, diagram.text(words, x, y + 18 * i, i ? "" : "bold", "start"))).join(""),
  /** An arrow in one stroke, so that it can grow with stage k. */
  arrow([x, y, u, v], k, kind = "flow") {
    const turn = Math.atan2(v - y, u - x), wing = (a) => `${u - 8 * Math.cos(turn + a)} ${v - 8 * Math.sin(turn + a)}`;
    const d = `M${x} ${y}L${u} ${v}L${wing(0.5)}L${u} ${v}L${wing(-0.5)}`;
    return `<path d="${d}" pathLength="1" class="${kind}" style="--r: var(--r${k})"/>`;
  },
  /** From the edge of a box to that of the next, `shift` beside the second's middle. */
  path(a, b, shift = 0) {
    const i = a[0] + a[2] < b[0] || b[0] + b[2] < a[0] ? 0 : 1, ahead = a[i] < b[i], from = [], to = [];
    from[i] = ahead ? a[i] + a[2 + i] + 4 : a[i] - 4;
    to[i] = ahead ? b[i] - 4 : b[i] + b[2 + i] + 4;
    from[1 - i] = to[1 - i] = b[1 - i] + b[3 - i] / 2 + shift;
    return [...from, ...to];
  },
  /** The address of a picture of numbers in [0, 1], or of a layer's numbers by size, scaled to the largest. */
  paint(values, rows, colours) {
    const top = Math.max(1, ...values.map(Math.abs)), image = greyImage(rows, values.length / rows, "");
    image.draw(values.map((v) => Math.abs(v) / top), colours);
    return image.el.toDataURL();
  },
  /** A network as a trapezoid with its tip at the right (1) or left (-1), its layers' pictures as strips in it. */
  network([x, y, w, h], layers, k, tip, reversed) {
    const cut = (u) => (h / 4) * (tip > 0 ? u : 1 - u), n = layers.length, [left, right] = [cut(0), cut(1)];
    const d = `M${x} ${y + left}L${x + w} ${y + right}V${y + h - right}L${x} ${y + h - left}z`;
    return diagram.line(d, "box", k) + diagram.show(k, ...layers.map((href, i) => {
      const u = (reversed ? n - i : i + 1) / (n + 1), inset = cut(u) + 5;
      return diagram.image(href, [x + u * w - 5, y + inset, 10, h - 2 * inset]);
    }));
  },
  update(svg, now, r) {
    r.forEach((value, k) => svg.style.setProperty(`--r${k}`, value));
    for (const el of svg.querySelectorAll(".box")) el.classList.toggle("now", el.dataset.k === String(now));
  },
};

/** Some numbers of a tensor: all of a short one, those in the middle of a long one. */
function middle(values, count = 4) {
  const start = Math.max(0, (values.length - count) >> 1), some = Array.from(values).slice(start, start + count);
  return some.map((v) => fixed(v)).join("  ") + (values.length > count ? "  …" : "");
}

/** Tensors as a table: `set([[name, values], …])`. */
function tensorTable(label) {
  const el = make("table", { class: "vk-table", "aria-label": label }), cell = (text) =>
    make("td", { style: "white-space: normal" }, text);
  const head = ["tensor", "shape", "numbers (of a long one those in the middle)"];
  const top = make("thead", {}, make("tr", {}, ...head.map((text) => make("th", { scope: "col" }, text))));
  const set = (rows) => el.replaceChildren(top, make("tbody", {}, ...rows.map(([name, values]) =>
    make("tr", {}, make("th", { scope: "row" }, name), cell(`(${values.length},)`), cell(middle(values))))));
  return { el, set };
}

/** How large a drawing is shown, from 1 to 2. */
function zoomChoice(page, change) {
  const { el, set } = choice(page, "Zoom", { "1.0": "1×", 1.5: "1.5×", "2.0": "2×" }, (to) => change(Number(to)));
  set("1.0");
  return el;
}
