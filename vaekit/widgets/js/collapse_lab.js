// Which latents of a linear VAE stay alive: theory's threshold on the spectrum, and training that ends where it says.

const LABELS = { noise_var: "noise σ²", beta: "weight β", latent_dim: "units L" };
const SPEEDS = { slow: 20, normal: 60, fast: 240 }, PATIENCE = 120; // steps a second; calm steps until it rests

export const math = {
  normals, kick, blank, start, moments, total, terms, account, gradients, descend, optimum, growth, checked,
  readSpectrum, training, RANGES,
};

function build(page) {
  const { model, root, follow, on } = page, { data, limits } = readSpectrum((name) => model.get(name));
  const setting = { ...data }, nats = (x) => fixed(x, 3);
  for (const name in FIELDS) setting[FIELDS[name]] = checked(name, model.get(name), limits[name]);
  const lab = training(setting), first = setting.beta;
  const save = throttle(80, () => model.save_changes()), announce = announcer(page);
  const put = (name, value) => {
    const [low, high] = limits[name];
    model.set(name, Math.min(high, Math.max(low, value)));
    save();
  };
  const weigh = (beta) => put("beta", Number(beta.toFixed(3)));
  const canvases = [1, 2, 3].map(() => make("canvas", { "aria-hidden": "true" }));
  const [field, sizes, rates] = canvases.map((canvas) => make("div", { class: "vk-chart" }, canvas));
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let playing = false, last, due = 0, speed = SPEEDS.normal, colours, targets, plot;

  const run = (go) => {
    playing = go;
    press.textContent = still.matches ? "Train 100 steps" : playing ? "Pause" : "Play";
    once.style.display = pace.el.style.display = still.matches ? "none" : "";
    last = performance.now();
    redraw();
  };
  const ahead = (count) => (lab.train(count), run(false));
  const press = button(page, "", () => (still.matches ? ahead(100) : run(!playing)));
  const once = button(page, "Step", () => ahead(10));
  const again = button(page, "Restart", () => put("seed", (setting.seed + 1) % 2 ** 32));
  const paces = { slow: "slow", normal: "normal", fast: "fast" };
  const pace = choice(page, "Speed", paces, (name) => (speed = SPEEDS[name]));
  const sliders = Object.entries(LABELS).map(([name, label]) => {
    const [low, max, step] = limits[name], min = step * Math.ceil(low / step - 1e-9);
    const digits = Math.max(0, Math.ceil(-Math.log10(step)));
    return { name, ...slider(page, label, { min, max, step, digits }, (value) => put(name, value)) };
  });
  const sums = ["−ELBO: distortion + rate", "loss: distortion + β rate"];
  const rows = ["active units", "rate", "distortion", ...sums].map((name) => ({ name }));
  const table = grid("Training and theory", ["nats per example", "now", "theory"], rows);
  const facts = readout(["steps", "loss above theory’s", "weakest unit: ×e in"]);
  const place = pointHandle(page, field, "Threshold βσ², moved by β", {
    drag: ([u, v]) => weigh(plot.from(u, v)[1] / setting.noise), home: () => weigh(first),
    nudge: (right, up) => weigh(setting.beta + right + up),
    roledescription: null, orientation: "vertical", valuemin: RANGES.beta[0], valuemax: RANGES.beta[1],
  });

  const tell = ({ now, goal, step }) => {
    const gap = now.loss - goal.loss, weakest = data.values[goal.active - 1];
    const rows = [({ active }) => active, ({ rate }) => nats(rate), ({ distortion }) => nats(distortion),
      ({ distortion, rate }) => nats(distortion + rate), ({ loss }) => nats(loss)];
    table.set(rows.map((row) => [row(now), row(goal)]));
    const fold = goal.active ? `${fixed(1 / Math.log(growth(weakest, setting)), 0)} steps` : "–";
    facts.set([step.toLocaleString("en"), `${fixed(gap, 4)} nats`, fold]);
    announce(`${step} steps, ${now.active} units active, theory ${goal.active}, loss ${fixed(gap, 4)} above theory’s`);
    for (const { name, set } of sliders) set(setting[FIELDS[name]]);
  };
  const redraw = frames(page, field, (fresh) => {
    const time = performance.now(), busy = playing && lab.calm < PATIENCE;
    due = busy ? due + (speed * Math.min(50, time - last)) / 1000 : 0;
    lab.train(Math.floor(due));
    due %= 1;
    last = time;
    if (fresh) [targets, colours] = [canvases.map((canvas) => fit(canvas)), palette(root)];
    const drawn = drawSpectrum(targets[0], colours, lab.state, setting, lab.goal), { threshold } = lab.goal;
    plot = drawn.plot;
    place(drawn.at, setting.beta, `β ${fixed(setting.beta)}, threshold ${+threshold.toPrecision(3)}`);
    drawLines(targets[1], colours, "sizes", "size of each unit, ‖w‖²", lab, 0.05 * data.values[0]);
    drawLines(targets[2], colours, "rates", "rate of each unit in nats", lab, 0.1);
    tell(lab);
    if (busy) redraw();
  });

  const note = make("p", { class: "vk-small" }, "Above the line a bar fills with what its unit has captured, in theory "
    + "up to the top. Hatched: no unit, in theory. At first more units stir, share a direction, and yield it. Only the "
    + "loss is minimised, so where β is not 1 the ELBO may get worse. A unit at exactly 0 has slope 0: small kicks, "
    + "like the noise of training, tip it off.");
  const row = make("div", { class: "vk-row" }, press, once, again, pace.el);
  const tune = make("div", { class: "vk-named" }, ...sliders.map(({ el }) => el), row);
  const end = make("div", {}, facts.el, note);
  root.append(make("div", { class: "vk-columns vk-collapse" }, field, tune, sizes, rates, table.el, end));
  pace.set("normal");
  for (const name in FIELDS) {
    follow(name, (value) => {
      const before = setting[FIELDS[name]];
      setting[FIELDS[name]] = checked(name, value, limits[name]);
      if (value === before) return;
      if (name === "seed" || name === "latent_dim") lab.restart();
      else lab.retarget();
      redraw();
    });
  }
  on(still, "change", () => run(false));
  run(false);
}

export default defineWidget(build);
