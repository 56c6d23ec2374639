// The temperature of Gumbel-Softmax: where its draws lie, and what their gradients are worth.

export const math = {
  RANGES, FUNCTIONS, dot, gaussLegendre, gumbels, softmax, relax, throughSoftmax, lattice, moments, atCorners,
  exactGradient, straightThrough, leaveOneOut, judge, checked, toChances, toPlace, triangle,
};

const LABELS = { linear: "v·z", square: "(v·z)²", hill: "1 − |z|²" }, DRAWS = 500, AVERAGED = 4;
const NOTE = `Ring: p. Cross: mean of the ${DRAWS} draws, marked by nearest corners. Stronger tint: higher f. Hard: f `
  + "at the nearest corner, slope of the draw. Bias: length of mean − exact gradient; s.d.: root of the variances, "
  + `summed over logits; error: root mean square. Leave-one-out takes ${AVERAGED} draws and counts ${AVERAGED} times.`;

function build(page) {
  const { model, root, follow } = page, setting = {}, announce = announcer(page);
  const save = throttle(80, () => model.save_changes()), put = (name, value) => (model.set(name, value), save());
  const canvases = [0, 1, 2].map(() => make("canvas", { "aria-hidden": "true" }));
  const [simplex, low, high] = canvases.map((canvas) => make("div", { class: "vk-chart" }, canvas));
  let noise, tables, ground, curves, targets, colours, plot, start;

  const [least, most] = RANGES.tau, hint = "Arrow keys move it, with Shift further; Home goes back to the start.";
  const turn = (tau) => put("tau", Number(Math.min(most, Math.max(least, tau)).toPrecision(3)));
  const move = (place) => put("logits", toChances(place, RANGES.chance).map(Math.log));
  const ring = pointHandle(page, simplex, "Probabilities of the classes A, B, C", {
    drag: (pixel) => move(triangle(targets[0]).from(pixel)), home: () => put("logits", start.logits),
    nudge: (...by) => move(toPlace(setting.p).map((v, k) => v + 0.2 * by[k])), hint, valuemin: 0, valuemax: 1,
  });
  const knob = pointHandle(page, low, "Temperature τ on the curve of the bias", {
    drag: (pixel) => turn(plot.from(...pixel)[0]), home: () => put("tau", start.tau),
    nudge: (dx, dy) => turn(setting.tau * 10 ** (dx + dy)), hint, valuemin: least, valuemax: most,
    roledescription: null, // it moves along one line
  });
  const dial = logSlider(page, "τ", RANGES.tau, turn);
  const kind = choice(page, "f", LABELS, (name) => put("function", name));
  const renew = button(page, "New draws", () => put("seed", (setting.seed + 1) % 2 ** 32));
  const logits = grid("Gradient", ["logit", "exact", "mean, Gumbel-Softmax"], CLASSES);
  const head = ["estimator", "bias", "s.d.", "error, 1 draw", "error, 100 draws"];
  const worth = grid("Estimators", head, STYLES);

  const prepare = () => {
    noise ??= gumbels(setting.seed, DRAWS, 3);
    tables ??= [false, true].map((hard) => lattice(setting.function, setting.values, hard));
  };
  const redraw = frames(page, root, (fresh) => {
    const { function: name, values: v, p, tau } = setting, three = (x) => fixed(x, Math.abs(x) < 10 ? 3 : 1);
    if (fresh) [targets, colours, ground] = [canvases.map((canvas) => fit(canvas)), palette(root), null];
    prepare();
    ground ??= bands((z) => FUNCTIONS[name].f(v, z), colours.colour("ink"));
    const values = atCorners(name, v), exact = exactGradient(values, p), estimators = [
      ...tables.map((table) => (at) => moments(table, p, at)),
      () => straightThrough(atCorners(name, v, "slope"), p), () => leaveOneOut(values, p, AVERAGED),
    ];
    const judged = (at) => estimators.map((made) => judge(made(at), exact)), verdicts = judged(tau);
    const { mean } = estimators[0](tau), [bias, sd] = verdicts[0];
    curves ??= TAUS.map(judged);
    const facts = { p, tau, values, ground, curves, verdicts, cloud: relax(noise, p, tau) };
    drawSimplex(targets[0], colours, facts);
    drawCurves(targets[2], colours, 1, "s.d. of the gradient, one draw", facts);
    plot = drawCurves(targets[1], colours, 0, "bias of the gradient", facts);
    const chances = CLASSES.map((each, k) => `${each.name} ${fixed(p[k])}`).join(", ");
    const temperature = `τ = ${short(tau)}, bias ${three(bias)}, standard deviation ${three(sd)}`;
    ring(triangle(targets[0]).at(p).map(Math.round), p[0].toFixed(2), chances);
    knob(plot.at(tau, bias).map(Math.round), tau, temperature);
    dial.set(tau);
    kind.set(name);
    kind.el.firstChild.textContent = `Function f, with v = (${v.map((x) => fixed(x, 1)).join(", ")})`;
    logits.set(exact.map((each, k) => [each, mean[k]].map(three)));
    worth.set(verdicts.map((each) => each.map(three)));
    announce(`${temperature}; probabilities ${chances}`);
  });

  const tune = make("div", {}, dial.el, kind.el, renew, logits.el), note = make("p", { class: "vk-small" }, NOTE);
  const end = make("div", { class: "vk-wide" }, worth.el, note);
  root.append(make("div", { class: "vk-columns vk-gumbel" }, simplex, tune, low, high, end));
  for (const name of ["function", "values", "logits", "tau", "seed"]) {
    follow(name, (value) => {
      setting[name] = checked(name, value);
      if (name === "logits") setting.p = softmax(value);
      if (name === "seed") noise = null;
      else if (name !== "tau") curves = null;
      if (name === "function" || name === "values") tables = ground = null;
      redraw();
    });
  }
  start = { ...setting };
  page.guard(prepare)(); // here, to relieve the first frame
}

export default defineWidget(build);
