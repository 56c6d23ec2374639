// The gap of the ELBO with one latent variable: move q, and see what it does to every term but log p(x).
// The model: z ~ N(0, 1), and x given z ~ N(weight · z, noise), or N(weight · |z|, noise) where it is folded.

const logGauss = (z, mean, variance) => -0.5 * ((z - mean) ** 2 / variance + Math.log(2 * Math.PI * variance));

/** log p(x) in nats. Folded, the two signs of z add up to 2 Φ(a) times the Gaussian marginal (x >= 0). */
function logEvidence({ weight, noise, folded }, x) {
  const total = weight ** 2 + noise, a = (weight * x) / Math.sqrt(noise * total);
  return logGauss(x, 0, total) + (folded ? Math.log1p(erf(a / Math.SQRT2)) : 0);
}

/** log p(x, z) in nats. */
const logJoint = ({ weight, noise, folded }, x, z) =>
  logGauss(z, 0, 1) + logGauss(x, weight * (folded ? Math.abs(z) : z), noise);

/** E|z| for z ~ N(mean, variance). */
function meanSize({ mean, variance }) {
  const spread = Math.exp((-0.5 * mean ** 2) / variance) * Math.sqrt((2 * variance) / Math.PI);
  return spread + mean * erf(mean / Math.sqrt(2 * variance));
}

/** −E_q[log p(x | z)] in nats. */
function distortion({ weight: w, noise, folded }, x, q) {
  const square = x ** 2 - 2 * w * x * (folded ? meanSize(q) : q.mean) + w ** 2 * (q.mean ** 2 + q.variance);
  return 0.5 * (Math.log(2 * Math.PI * noise) + square / noise);
}

/** KL(q ‖ N(0, 1)) in nats. */
const rate = ({ mean, variance }) => 0.5 * (mean ** 2 + variance - 1 - Math.log(variance));
const elbo = (kind, x, q) => -distortion(kind, x, q) - rate(q);

// Points and weights of Gauss and Legendre's rule, three in each panel of 0.05 from −24 to 24, no panel across 0.
const RULE = Array.from({ length: 2880 }, (_, i) =>
  [(Math.floor(i / 3) - 479.5) / 20 + ((i % 3) - 1) * 0.025 * Math.sqrt(0.6), [5, 8, 5][i % 3] / 360]);

/** KL(a ‖ b) in nats of two densities, from their logarithms. */
const divergence = (logA, logB) =>
  RULE.reduce((sum, [z, weight]) => sum + weight * Math.exp(logA(z)) * (logA(z) - logB(z)), 0);

/** Every term, in nats. Both divergences are integrals, so gap = KL(q ‖ p(z|x)) is found here, not assumed. */
function account(kind, x, q) {
  const evidence = logEvidence(kind, x), bound = elbo(kind, x, q);
  const logQ = (z) => logGauss(z, q.mean, q.variance), logP = (z) => logJoint(kind, x, z) - evidence;
  return {
    evidence, elbo: bound, gap: evidence - bound, reverse: divergence(logQ, logP), forward: divergence(logP, logQ),
    distortion: distortion(kind, x, q), rate: rate(q),
  };
}

const MEAN = 3, WIDTH = [0.25, 2], clamp = (v, low, high) => Math.min(high, Math.max(low, v));
const gaussian = (mean, width) => ({ mean: clamp(mean, -MEAN, MEAN), variance: clamp(width, ...WIDTH) ** 2 });

/** Where steps in mean and width lead while each raises the ELBO: a highest point near q, to 1e-7. */
function climb(kind, x, q) {
  for (let step = 0.25; step > 1e-7;) {
    const { mean } = q, width = Math.sqrt(q.variance), moves = [[step, 0], [-step, 0], [0, step], [0, -step]];
    const next = moves.map(([dm, dw]) => gaussian(mean + dm, width + dw));
    const better = next.find((each) => elbo(kind, x, each) > elbo(kind, x, q));
    if (better) q = better; else step /= 2;
  }
  return q;
}

const density = { logGauss, logEvidence, logJoint, meanSize, divergence };
export const math = { ...density, distortion, rate, elbo, account, climb, ticks, scale, marks };

const Z = Array.from({ length: 301 }, (_, i) => (i - 150) / 50), PEAK = 1 / Math.sqrt(2 * Math.PI);
const PLANE = { x: { min: -MEAN, max: MEAN, label: "z" }, y: { min: 0, max: 1.75, label: "density" } };
const CURVES = [{ text: "q", colour: "accent", width: 3, fill: 0.16 }, { text: "posterior", dash: [7, 4] },
  { text: "prior", colour: "muted", dash: [2, 3] }];

/** q, the posterior and the prior over z. */
function drawDensities(plot, kind, x, q) {
  const evidence = logEvidence(kind, x), posterior = (z) => logJoint(kind, x, z) - evidence;
  const logs = [(z) => logGauss(z, q.mean, q.variance), posterior, (z) => logGauss(z, 0, 1)];
  plot.frame();
  plot.key(CURVES);
  logs.forEach((log, i) => plot.curve(Z, Z.map((z) => Math.exp(log(z))), CURVES[i]));
}

/** From 0 down by distortion and rate to the ELBO, and beside them the gap that leads back up to log p(x). */
function drawAccount(sheet, colours, { evidence, elbo: bound, gap, distortion: d, rate: r }) {
  const room = (size) => 2 ** Math.ceil(Math.log2(Math.max(1, 1.1 * size))), high = Math.max(evidence, -d);
  const x = { min: -0.5, max: 3.3, names: ["distortion", "rate", "gap"] }, align = "right";
  const y = { min: -room(Math.max(-bound, 1.5 - evidence)), max: high > 0 ? room(high) : 0, label: "nats" };
  const plot = axes(sheet, colours, { x, y });
  plot.frame();
  plot.rule("y", bound, { colour: "accent", width: 2 });
  plot.bars([
    { at: 0, to: -d, colour: "c7", text: fixed(d) }, { at: 1, from: -d, to: bound, colour: "c1", text: fixed(r) },
    { at: 2, from: evidence, to: bound, colour: "c3", text: fixed(gap) },
  ], 0.7);
  plot.rule("y", evidence, { width: 2, dash: [7, 4] });
  plot.note("log p(x)", x.max, evidence, { align, dy: -10 });
  plot.note("ELBO", x.max, bound, { colour: "accent", align, dy: 12 });
}

function build(page) {
  const { model, root, follow } = page;
  const number = (name, low, high, value = model.get(name)) => {
    if (value >= low && value <= high) return value;
    throw new Error(`“${name}” is ${value}, expected a number from ${low} to ${high}`);
  };
  const limit = number("x_limit", 0, 1e6), weight = number("weight", 1e-6, 1e6), noise = number("noise_var", 1e-6, 1e6);
  const read = () => {
    const name = model.get("model"), folded = name === "folded", x = number("x", folded ? 0 : -limit, limit);
    if (!folded && name !== "gaussian") throw new Error(`“model” is ${name}, expected gaussian or folded`);
    const q = { mean: number("mean", -MEAN, MEAN), variance: number("variance", 0.0625, 4) };
    return { kind: { weight, noise, folded }, x, q, width: Math.sqrt(q.variance) };
  };
  const start = read().q, save = throttle(80, () => model.save_changes()), announce = announcer(page);
  const change = (values) => (model.set(values), save()), move = (mean, width) => change(gaussian(mean, width));
  const canvas = make("canvas", { "aria-hidden": "true" }), field = make("div", { class: "vk-chart" }, canvas);
  const bars = make("canvas", { role: "img", "aria-label": "Distortion, rate and gap as bars" });
  const chart = make("div", { class: "vk-chart" }, bars);
  let colours, plot, sheets;
  const place = pointHandle(page, field, "Mean and width of q; up is narrower", {
    drag: ([u, v]) => move(plot.from(u, v)[0], PEAK / plot.from(u, v)[1]), home: () => change(start),
    nudge: (right, up) => move(read().q.mean + right, read().width - up),
  });
  const sliders = [
    slider(page, "mean of q", { min: -MEAN, max: MEAN, step: 0.01 }, (v) => move(v, read().width)),
    slider(page, "width σ of q", { min: WIDTH[0], max: WIDTH[1], step: 0.01 }, (v) => move(read().q.mean, v)),
    slider(page, "observed x", { min: -limit, max: limit, step: 0.01 }, (v) =>
      change({ x: read().kind.folded ? Math.max(0, v) : v })),
  ];
  const given = (z) => `N(${+weight.toPrecision(4)} ${z}, ${+noise.toPrecision(4)})`;
  const kinds = choice(page, "z ~ N(0, 1), and x given z ~", { gaussian: given("z"), folded: given("|z|") }, (kind) =>
    change({ model: kind, x: kind === "folded" ? Math.abs(read().x) : read().x }));
  const raise = button(page, "Raise the ELBO from here", () => change(climb(read().kind, read().x, read().q)));
  const facts = readout(["log p(x)", "ELBO", "gap", "KL(q ‖ p(z|x))", "KL(p(z|x) ‖ q)", "distortion", "rate"]);
  const redraw = frames(page, field, (fresh) => {
    const { kind, x, q, width } = read(), found = account(kind, x, q), at = [q.mean, PEAK / width];
    if (fresh) [colours, sheets] = [palette(root), [fit(canvas), fit(bars)]];
    plot = axes(sheets[0], colours, PLANE);
    drawDensities(plot, kind, x, q);
    drawAccount(sheets[1], colours, found);
    facts.set(Object.values(found).map((value) => fixed(value, 4)));
    place(plot.at(...at), q.mean.toFixed(2), `mean ${fixed(q.mean)}, standard deviation ${fixed(width)}`);
    [q.mean, width, x].forEach((value, i) => sliders[i].set(value));
    kinds.set(model.get("model"));
    announce(`log evidence ${fixed(found.evidence)}, ELBO ${fixed(found.elbo)}, gap ${fixed(found.gap)} nats`);
  });
  const sum = make("div", {}, facts.el, make("p", { class: "vk-tip" }, "In nats: ELBO + gap = log p(x)."));
  const tune = make("div", { class: "vk-named" }, ...sliders.map(({ el }) => el), raise);
  root.append(kinds.el, make("div", { class: "vk-columns", style: "--vk-share: 1.25fr" }, field, chart, tune, sum));
  for (const name of ["mean", "variance", "x", "model"]) follow(name, () => redraw());
}

export default defineWidget(build);
