// A latent space of many dimensions: a plane for two of them, and a row of images for each of several.

export const math = { forward, logNormal, unpackLayers, half, ...planeMath, ...stripMath };

const COUNT = 7, LOW = -3, HIGH = 3, BUDGET = 2; // milliseconds of a frame

/** A list to choose one of `options`, pairs of a value and its text; `set(value)` moves it silently. */
function picker({ on }, label, options, change) {
  const id = uid(), el = make("select", { id, class: "vk-button", "data-lm-suppress-shortcuts": "true" },
    ...options.map(([value, text]) => make("option", { value }, text)));
  on(el, "change", () => change(el.value));
  return { el: make("div", { class: "vk-select" }, make("label", { for: id }, label), el), set: (v) => (el.value = v) };
}

async function build(page) {
  const { model, root, follow } = page, space = await readCodes(page), { extent, decode, rows, columns, size } = space;
  const order = model.get("order"), rates = model.get("rates"), count = rates.length;
  const whole = (k) => Number.isInteger(k) && k >= 0 && k < size;
  if (!order.length || !order.every(whole)) throw new Error("“order” names a dimension that is not there");
  if (count && count !== size) throw new Error(`“rates” holds ${count} numbers, expected ${size}`);
  const canvas = make("canvas", { "aria-hidden": "true" }), field = make("div", { class: "vk-plane" }, canvas);
  const box = make("div"), layer = document.createElement("canvas");
  const picture = greyImage(rows, columns, "What the decoder makes of z");
  const facts = readout(["plane", "radius |z|", "log p(z)", "nearest code"]), announce = announcer(page);
  const save = throttle(80, () => model.save_changes()), seen = {};
  root.append(box); // any part of it on screen keeps the frames coming: on a phone the rows are far from the plane
  let z, pair, base, kind = "opened", colours, pen, width, turned = 0;

  const put = (changes) => {
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    save();
  };
  const move = (to) => put({ z: space.clip(to) });
  const set = (...pairs) => move(Object.assign([...z], Object.fromEntries(pairs)));
  const place = pointHandle(page, field, "Point z in the plane of two dimensions", {
    drag: (pixel, w, h) => set(...toPlane(pixel, extent, w, h).map((v, i) => [pair[i], v])),
    nudge: (...by) => set(...by.map((v, i) => [pair[i], z[pair[i]] + v])),
    home: () => set(...pair.map((k) => [k, base[k]])),
  });
  const all = Array.from({ length: size }, (_, k) => [k, dimension(k)]);
  const turn = (i) => (value) => { // the dimension that the other shows: they change places
    const k = Number(value), next = [...pair];
    if (k === pair[1 - i]) next[1 - i] = pair[i];
    next[i] = k;
    put({ pair: next });
  };
  const axesOf = ["across", "up"].map((label, i) => picker(page, label, all, turn(i)));

  /** Start from the origin, from where z was at first, or from the next code of a class. */
  const opened = readPoint(page, "z", size, extent), fixedStarts = { origin: Array(size).fill(0), opened };
  base = opened;
  const from = (name) => {
    const members = [...space.labels.keys()].filter((i) => String(space.labels[i]) === name);
    seen[name] = (seen[name] ?? -1) + 1;
    const i = members[seen[name] % members.length];
    base = fixedStarts[(kind = name)] ?? space.clip(space.codes.subarray(size * i, size * (i + 1)));
    move(base);
  };
  const present = [...new Set(space.labels)].sort((a, b) => a - b).map((k) => [k, `a ${space.classes[k]}`]);
  const start = picker(page, "start from", [["opened", "as it opened"], ["origin", "the origin"], ...present], from);
  const another = button(page, "another one", () => from(kind));

  const strips = order.map((k) => {
    const label = `${dimension(k)}, traversed from ${fixed(LOW, 0)} to ${HIGH}`, range = [-extent, extent];
    const change = (v) => set([k, v]), image = (v) => decode(Object.assign([...z], { [k]: v }));
    const spec = { label, count: COUNT, low: LOW, high: HIGH, range, step: 0.1, rows, columns };
    const strip = imageSlider(page, spec, image, change), value = make("span");
    const rate = make("span", {}, count ? `rate ${fixed(rates[k])} nats` : "");
    return { ...strip, k, value, row: make("div", {}, make("div", { class: "vk-walk-head" }, value, rate), strip.el) };
  });
  const redraw = frames(page, box, (fresh) => {
    if (fresh) {
      colours = palette(root);
      ({ pen, width } = fit(canvas));
      drawPlane(fit(layer, canvas).pen, width, colours, space, { pair });
      for (const strip of strips) strip.stale();
    }
    const until = performance.now() + BUDGET, point = pair.map((k) => z[k]), near = space.near(z);
    const at = toPixel(point, extent, width, width), log = `${fixed(logNormal(z))} nats`;
    pen.clearRect(0, 0, width, width);
    pen.drawImage(layer, 0, 0, width, width);
    const code = pair.map((k) => near.code[k]);
    drawLink(pen, at, toPixel(code, extent, width, width), colours);
    picture.draw(decode(z), colours);
    facts.set([`(${point.map((v) => fixed(v)).join(", ")})`, fixed(Math.hypot(...z)), log, near.text]);
    place(at, point[0].toFixed(2), pair.map((k) => `${dimension(k)} ${fixed(z[k])}`).join(", "));
    for (const { set: mark, k, value } of strips) {
      value.textContent = `${dimension(k)} = ${fixed(z[k])}`;
      mark(z[k], fixed(z[k]));
    }
    announce(`${pair.map((k) => `${dimension(k)} ${fixed(z[k])}`).join(", ")}, nearest code ${near.text}`);
    turned++; // each frame begins with another row, so that all get on while z moves
    if (!strips.every((_, i) => strips[(turned + i) % strips.length].paint(colours, until))) redraw();
  });
  const look = make("div", { class: "vk-look" }, picture.el, facts.el);
  const tune = make("div", { class: "vk-tune" }, ...axesOf.map(({ el }) => el), start.el, another);
  const rowsBox = make("div", { class: "vk-walks" }, ...strips.map(({ row }) => row));
  box.append(make("div", { class: "vk-explorer" }, look, field, tune), rowsBox);
  follow("pair", (to) => {
    if (to?.length !== 2 || to[0] === to[1] || !to.every(whole)) throw new Error("“pair” names no two dimensions");
    pair = to;
    axesOf.forEach((each, i) => each.set(pair[i]));
    if (z) redraw(true);
  });
  follow("z", () => {
    const before = z;
    z = readPoint(page, "z", size, extent);
    const changed = [...z.keys()].filter((k) => z[k] !== before?.[k]);
    for (const { k, stale } of strips) if (changed.some((j) => j !== k)) stale();
    redraw();
  });
}

export default defineWidget(build);
