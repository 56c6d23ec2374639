// A path between two points of the latent plane: the images on the way, and the densities that it runs through.

/** The point at t between a and b. Spherical: the distance from 0 goes linearly, the direction turns steadily. */
function pathPoint(path, a, b, t) {
  const [from, to] = [a, b].map((z) => Math.hypot(...z));
  if (path === "straight" || !from || !to) return a.map((v, i) => (1 - t) * v + t * b[i]);
  const angle = Math.atan2(a[1], a[0]), turn = Math.atan2(a[0] * b[1] - a[1] * b[0], a[0] * b[0] + a[1] * b[1]);
  const radius = (1 - t) * from + t * to, way = angle + t * turn;
  return [radius * Math.cos(way), radius * Math.sin(way)];
}

/** How long the path is, by 200 chords. */
function pathLength(path, a, b) {
  const at = (k) => pathPoint(path, a, b, k / 200);
  return Array.from({ length: 200 }, (_, k) => {
    const [from, to] = [at(k), at(k + 1)];
    return Math.hypot(to[0] - from[0], to[1] - from[1]);
  }).reduce((sum, chord) => sum + chord, 0);
}

const shared = { forward, logNormal, unpackLayers, half };
export const math = { ...shared, ...planeMath, ...densityMath, ...stripMath, pathPoint, pathLength };

const PATHS = { straight: "straight", spherical: "spherical" }, IMAGES = 9, STEPS = 64, BUDGET = 2; // milliseconds
const TS = Array.from({ length: STEPS + 1 }, (_, k) => k / STEPS);

async function build(page) {
  const { model, root, follow } = page, space = await readCodes(page, 2), { extent, decode, rows, columns } = space;
  const grid = readAggregate(page), canvas = make("canvas", { "aria-hidden": "true" });
  const field = make("div", { class: "vk-plane" }, canvas), layer = document.createElement("canvas");
  const picture = greyImage(rows, columns, "What the decoder makes of z(t)");
  const look = make("canvas", { role: "img", "aria-label": "Log densities along the path" });
  const names = ["t", "z(t)", "radius |z|", "log p(z)"], other = ["nearest code", "length of path"];
  const facts = readout([...names, ...(grid ? ["log q(z)"] : []), ...other]), announce = announcer(page);
  const save = throttle(80, () => model.save_changes()), ends = {};
  const box = make("div"); // any part of it on screen keeps the frames coming: on a phone the row is below the plane
  let t, path, colours, size, pen, sheet;

  root.append(box);

  const put = (changes) => {
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    save();
  };
  const home = { start: model.get("start"), end: model.get("end") };
  const handles = Object.entries({ start: "A", end: "B" }).map(([name, mark]) => {
    const over = make("div", { class: "vk-float" });
    const move = (to) => put({ [name]: space.clip(to) });
    const place = pointHandle(page, over, `${mark}, ${name} of the path`, {
      drag: (pixel, width, height) => move(toPlane(pixel, extent, width, height)),
      nudge: (dx, dy) => move([ends[name][0] + dx, ends[name][1] + dy]),
      home: () => move(home[name]),
    });
    over.querySelector(".vk-handle").dataset.mark = mark;
    field.append(over);
    return { name, place };
  });
  page.on(canvas, "click", ({ offsetX, offsetY }) => { // the nearer end comes
    const to = toPlane([offsetX, offsetY], extent, size, size);
    const far = ({ name }) => Math.hypot(to[0] - ends[name][0], to[1] - ends[name][1]);
    put({ [handles.reduce((a, b) => (far(b) < far(a) ? b : a)).name]: to });
  });
  const at = (u) => pathPoint(path, ends.start, ends.end, u);
  const strip = imageSlider(page, {
    label: "t, how far along the path", count: IMAGES, low: 0, high: 1, range: [0, 1], step: 0.02, rows, columns,
  }, (u) => decode(at(u)), (u) => put({ t: u }));
  const paths = choice(page, "Path", PATHS, (to) => put({ path: to }));
  const snap = button(page, "A and B to their nearest codes", () => put(Object.fromEntries(
    Object.entries(ends).map(([name, z]) => [name, space.clip(space.near(z).code)]))));

  const drawPath = () => {
    const line = new Path2D(), dots = new Path2D(), spot = (u) => toPixel(at(u), extent, size, size);
    for (const u of TS) line.lineTo(...spot(u));
    for (let k = 0; k < IMAGES; k++) {
      const [x, y] = spot(k / (IMAGES - 1));
      dots.moveTo(x, y);
      dots.arc(x, y, 3.5, 0, 2 * Math.PI);
    }
    const [x, y] = spot(t), now = new Path2D();
    now.arc(x, y, 7, 0, 2 * Math.PI);
    for (const [colour, width] of [["paper", 6], ["accent", 2.5]]) {
      Object.assign(pen, { strokeStyle: colours.css(colour), lineWidth: width, lineJoin: "round" });
      pen.stroke(line);
    }
    pen.fillStyle = colours.css("accent");
    pen.fill(dots);
    pen.fill(now);
    Object.assign(pen, { strokeStyle: colours.css("paper"), lineWidth: 2 });
    pen.stroke(now);
  };
  const drawDensities = () => {
    const y = { min: -10, max: 0, label: "nats" };
    const plot = axes(sheet, colours, { x: { min: 0, max: 1, label: "t, from A to B" }, y });
    plot.frame();
    const prior = { text: "log p(z)", colour: "ink", dash: [6, 4] }, aggregate = { text: "log q(z)", colour: "accent" };
    plot.key(grid ? [aggregate, prior] : [prior]);
    plot.rule("x", t, { colour: "accent", dash: [2, 3], width: 2 });
    plot.curve(TS, TS.map((u) => logNormal(at(u))), prior);
    if (grid) plot.curve(TS, TS.map((u) => lookUp(grid, at(u), extent)), aggregate);
  };
  const redraw = frames(page, box, (fresh) => {
    if (fresh) {
      [colours, sheet] = [palette(root), fit(look)];
      ({ pen, width: size } = fit(canvas));
      drawPlane(fit(layer, canvas).pen, size, colours, space);
      strip.stale();
    }
    const until = performance.now() + BUDGET, z = at(t), near = space.near(z);
    const point = z.map((v) => fixed(v)).join(", ");
    const more = grid ? [`${fixed(lookUp(grid, z, extent), 1)} nats`] : [], log = `${fixed(logNormal(z))} nats`;
    const end = [near.text, fixed(pathLength(path, ends.start, ends.end))];
    pen.clearRect(0, 0, size, size);
    pen.drawImage(layer, 0, 0, size, size);
    drawPath();
    drawDensities();
    picture.draw(decode(z), colours);
    facts.set([fixed(t), `(${point})`, fixed(Math.hypot(...z)), log, ...more, ...end]);
    for (const { name, place } of handles) {
      const text = ends[name].map((v, i) => `z${i + 1} ${fixed(v)}`).join(", ");
      place(toPixel(ends[name], extent, size, size), ends[name][0].toFixed(2), text);
    }
    strip.set(t, `${fixed(t)}, nearest code ${near.text}`);
    announce(`t ${fixed(t)}, nearest code ${near.text}, log density ${log}`);
    if (!strip.paint(colours, until)) redraw();
  });
  const chart = make("div", { class: "vk-chart", style: "--vk-height: 11rem" }, look);
  const view = make("div", { class: "vk-look" }, picture.el, facts.el);
  const tune = make("div", { class: "vk-tune" }, paths.el, snap);
  box.append(make("div", { class: "vk-explorer" }, view, field, tune), strip.el, chart);
  for (const name of ["start", "end"]) {
    follow(name, () => {
      ends[name] = readPoint(page, name, 2, extent);
      strip.stale();
      if (t !== undefined) redraw();
    });
  }
  follow("path", (to) => {
    if (!(to in PATHS)) throw new Error(`“path” is ${to}, expected ${Object.keys(PATHS).join(" or ")}`);
    paths.set((path = to));
    strip.stale();
    if (t !== undefined) redraw();
  });
  follow("t", (to) => {
    if (!(to >= 0 && to <= 1)) throw new Error(`“t” is ${to}, expected a number from 0 to 1`);
    t = to;
    redraw();
  });
}

export default defineWidget(build);
