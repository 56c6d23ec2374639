// A Gaussian q on the surface of the KL that it pays: drag it, or let it slide to the best fit.

export const math = {
  RANGES, DIMENSIONS, LEVELS, SD, SIZE, gridPoint, gaussian, priorKl, logTarget, fitForward, negentropy, forwardKl,
  reverseKl, reverseStep, reversePath, reverseSurface, klSurface, isoline,
};

const CHOICES = { view: ["price", "modes"], direction: ["reverse", "forward"] };
const NAMES = { price: "KL(q ‖ prior)", reverse: "KL(q ‖ p)", forward: "KL(p ‖ q)" };
const nats = (value) => `${fixed(value, 4)} nats`;
const [LOW, HIGH] = RANGES.mean, ACROSS = Array.from({ length: 161 }, (_, i) => LOW + (i * (HIGH - LOW)) / 160);

/** The value of a trait, or an error that says what is wrong with it. */
function check(name, value) {
  const [low, high] = RANGES[name] ?? [], wanted = CHOICES[name]?.join(" or ") ?? `a number from ${low} to ${high}`;
  if (CHOICES[name]?.includes(value) || (typeof value === "number" && value >= low && value <= high)) return value;
  throw new Error(`“${name}” is ${value}, expected ${wanted}`);
}

/** The densities of q and of what it is compared with, `other`, over the same stretch as the surface. */
function drawDensities(screen, colours, q, name, other) {
  const peak = gaussian(q[0], q), y = { min: 0, max: Math.max(0.9, 1.15 * peak), label: "densities", room: 20 };
  const plot = axes(screen, colours, { x: { min: LOW, max: HIGH, label: "z" }, y });
  const values = ACROSS.map(other), top = values.indexOf(Math.max(...values));
  const near = ACROSS.map((u) => q[0] + Math.exp(q[1] / 2) * u), zs = [...ACROSS, ...near].sort((a, b) => a - b);
  plot.frame();
  plot.curve(ACROSS, values, { colour: "ink", dash: [5, 4], fill: 0.06 });
  plot.curve(zs, zs.map((z) => gaussian(z, q)), { colour: "accent", fill: 0.18 });
  plot.rule("x", q[0], { colour: "accent", dash: [2, 3] });
  plot.note(name, ACROSS[top], values[top], { align: "center", dy: -10 });
  plot.note("q", q[0], peak, { colour: "accent", align: "center", dy: -10 });
}

function build(page) {
  const { model, root, follow } = page, traits = [...Object.keys(RANGES), ...Object.keys(CHOICES)];
  const read = (...names) => names.map((name) => check(name, model.get(name)));
  read(...traits);
  const plane = make("canvas", { "aria-hidden": "true" }), field = make("div", { class: "vk-chart" }, plane);
  const look = make("canvas", { role: "img", "aria-label": "Densities of q and what it is held against" });
  const announce = announcer(page), save = throttle(80, () => model.save_changes());
  const now = () => read("mean", "logvar"), target = () => read("separation", "weight");
  let path = [], step = 0, stale = true, colours, screen, low, plot, entropy; // q is at path[step] while it slides

  const put = (changes) => {
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    save();
  };
  const keep = (value, [low, high]) => Math.min(high, Math.max(low, value));
  const move = ([m, l]) => put({ mean: keep(m, RANGES.mean), logvar: keep(l, RANGES.logvar) });
  const slide = (direction) => {
    const from = now(), to = fitForward(target()), line = (i) => from.map((v, k) => v + ((to[k] - v) * i) / 30);
    const way = direction === "reverse" ? reversePath(from, target()) : Array.from(Array(31).keys(), line);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    put({ direction });
    [path, step, stale] = [still ? [from, way.at(-1)] : way, 0, true];
    redraw();
  };

  const place = pointHandle(page, field, "q: mean across, log-variance up", {
    drag: (pixel) => move(plot.from(...pixel)),
    nudge: (...by) => move(now().map((v, i) => v + by[i])),
    home: () => move([0, 0]),
  });
  const views = choice(page, "Surface", { price: "price to the prior", modes: "two modes" }, (view) => put({ view }));
  const price = readout(["μ, σ²", "mean part", "variance part", NAMES.price, "in bits", "slope: μ", "slope: log σ²"]);
  const pair = readout(["μ, σ²", `reverse, ${NAMES.reverse}`, `forward, ${NAMES.forward}`]);
  const prices = DIMENSIONS.map((q) => priorKl(q).value), total = nats(prices[0] + prices[1]);
  const sliders = ["separation", "weight"].map((name) => {
    const [min, max] = RANGES[name];
    return slider(page, name, { min, max, step: 0.05 }, (value) => put({ [name]: value }));
  });
  const presets = DIMENSIONS.map((q, i) => button(page, `dimension ${i + 1}: ${nats(prices[i])}`, () => move(q)));
  const fits = CHOICES.direction.map((name) => button(page, `fit ${name}`, () => slide(name)));
  const panels = {
    price: make("div", {}, price.el, make("div", { class: "vk-row" }, ...presets, `together ${total}`)),
    modes: make("div", {}, pair.el, ...sliders.map(({ el }) => el), make("div", { class: "vk-row" }, ...fits)),
  };

  const drawPlane = (view, shown) => {
    plot.frame();
    plot.note(`surface: ${NAMES[shown]} in nats`, HIGH, 3, { align: "right", dy: -17 });
    const values = klSurface(shown, target());
    surface(screen.pen, plot, colours, { values, columns: SIZE, levels: LEVELS, full: 16, tint: "c7" });
    if (shown === "price") DIMENSIONS.forEach((q, i) => plot.note(`× dim ${i + 1}`, ...q, { dx: -4 }));
    views.set(view);
    sliders.forEach(({ set }, i) => set(target()[i]));
    for (const [name, el] of Object.entries(panels)) el.hidden = name !== view;
  };
  const redraw = frames(page, field, (fresh) => {
    if (path.length && String(path[step]) !== String(now())) [path, stale] = [[], true]; // q went elsewhere
    if (step + 1 < path.length) move(path[++step]);
    const q = now(), p = target(), [view, direction] = read("view", "direction"), modes = view === "modes";
    if (fresh) {
      [colours, screen, low] = [palette(root), fit(plane), fit(look)];
      const y = { min: RANGES.logvar[0], max: RANGES.logvar[1], label: "log σ²", room: 20 };
      plot = axes(screen, colours, { x: { min: LOW, max: HIGH, label: "μ" }, y });
    }
    if (fresh || stale) drawPlane(view, modes ? direction : view), ([stale, entropy] = [false, negentropy(p)]);
    const trail = path.slice(0, step + 1), axis = (i) => trail.map((each) => each[i]);
    if (step && path.length) plot.curve(axis(0), axis(1), { colour: "accent" });
    const { value, parts, slopes } = priorKl(q), both = [reverseKl(q, p).value, forwardKl(q, p, entropy)].map(nats);
    const text = `${fixed(q[0])}, ${fixed(Math.exp(q[1]), 3)}`, bits = `${fixed(value / Math.LN2, 4)} bits`;
    price.set([text, ...parts.map(nats), nats(value), bits, ...slopes.map(nats)]);
    pair.set([text, ...both]);
    if (modes) drawDensities(low, colours, q, "p", (z) => Math.exp(logTarget(z, p)[0]));
    else drawDensities(low, colours, q, "prior", (z) => gaussian(z, [0, 0]));
    place(plot.at(...q), q[0].toFixed(2), `mean ${fixed(q[0])}, log-variance ${fixed(q[1])}`);
    announce(modes ? `reverse ${both[0]}, forward ${both[1]}` : `KL ${nats(value)}`);
  });
  const charts = make("div", {}, field, make("div", { class: "vk-chart vk-low" }, look));
  root.append(views.el, make("div", { class: "vk-columns vk-price vk-named" }, charts, ...Object.values(panels)));
  for (const name of traits) {
    follow(name, () => {
      if (!["mean", "logvar"].includes(name)) [path, stale] = [[], true];
      redraw();
    });
  }
}

export default defineWidget(build);
