// Three estimators of one gradient race on the same draws; their exact variances say who must win.

export const math = {
  erf, RANGES, FUNCTIONS, exactGradient, noise, estimates, runningSums, measure, standing, nextStop, checked, brief,
  withError,
};

const LABELS = { square: "z²", sine: "sin ωz", step: "step at 0" };
const SPEEDS = { slow: 0.1, normal: 0.3, fast: 1 }; // powers of ten a second

function build(page) {
  const { model, root, follow, on } = page, setting = {}, charts = [drawMeans, drawBars, drawFunction];
  const canvases = charts.map(() => make("canvas", { "aria-hidden": "true" }));
  const [means, bars, shape] = canvases.map((canvas) => make("div", { class: "vk-chart" }, canvas));
  const facts = readout(["draws", "exact gradient", "lowest variance"]);
  const table = grid("Standings", ["estimator", "mean ± standard error", "variance", "exact"], Object.values(STYLES));
  const note = make("p", { class: "vk-small" });
  const announce = announcer(page), save = throttle(80, () => model.save_changes());
  const put = (name, value) => (model.set(name, value), save());
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let race, playing = false, place, last, speed = SPEEDS.normal, targets, colours;

  const run = (go) => {
    playing = go;
    press.textContent = still.matches ? "Draw more" : playing ? "Pause" : "Play";
    step.style.display = still.matches ? "none" : "";
    last = performance.now();
    if (playing && setting.draws === LAST) place = Math.log10(FIRST);
    if (playing) redraw();
    else put("draws", setting.draws);
  };
  const advance = () => (run(false), put("draws", setting.draws < LAST ? nextStop(setting.draws, LAST) : FIRST));
  const press = button(page, "", () => (still.matches ? advance() : run(!playing)));
  const step = button(page, "Step", advance), reset = button(page, "Reset", () => (run(false), put("draws", FIRST)));
  const renew = button(page, "New draws", () => put("seed", (setting.seed + 1) % 2 ** 32));
  const paces = { slow: "slow", normal: "normal", fast: "fast" };
  const pace = choice(page, "Speed", paces, (name) => (speed = SPEEDS[name]));
  const kind = choice(page, "Function f", LABELS, (name) => put("function", name));
  const sliders = Object.entries({ mean: "μ", scale: "σ", samples: "K", omega: "ω" }).map(([name, label]) => {
    const [min, max, by] = RANGES[name], range = { min, max, step: by, digits: by < 1 ? 2 : 0 };
    return { name, ...slider(page, label, range, (value) => put(name, value)) };
  });

  const prepare = () => {
    const { seed, function: name } = setting, eps = noise(seed, LAST), exact = exactGradient(name, setting), sums = {};
    const made = estimates(name, setting, eps), { jumps } = FUNCTIONS[name];
    for (const each in made) sums[each] = runningSums(made[each]);
    return { setting, eps, exact, sums, jumps };
  };
  const tell = ({ exact: { gradient, variances }, now, jumps }) => {
    const count = setting.draws.toLocaleString("en"), K = setting.samples;
    const rivals = Object.keys(STYLES).filter((each) => !(jumps && each === "pathwise"));
    const winner = STYLES[rivals.reduce((a, b) => (variances[b] < variances[a] ? b : a))].name;
    const numbers = (each) => [withError(now[each]), brief(now[each].variance), brief(variances[each])];
    const none = ["0 on every draw", "none", "none"];
    table.set(Object.keys(STYLES).map((each) => (rivals.includes(each) ? numbers(each) : none)));
    table.rows[0].classList.toggle("vk-wrong", Boolean(jumps));
    facts.set([count, brief(gradient), winner]);
    note.textContent = "Variance per draw, at equal cost: a leave-one-out average takes "
      + `K = ${K} draws and counts ${K} times.`;
    announce(`${count} draws, exact gradient ${brief(gradient)}, lowest variance per draw: ${winner}`);
    for (const { name, set, el } of sliders) {
      set(setting[name]);
      if (name === "omega") el.style.display = setting.function === "sine" ? "" : "none";
    }
    kind.set(setting.function);
  };
  const redraw = frames(page, means, (fresh) => {
    if (playing) {
      const time = performance.now();
      place = Math.min(Math.log10(LAST), place + speed * Math.min(0.05, (time - last) / 1000));
      last = time;
      setting.draws = Math.round(10 ** place);
      if (setting.draws === LAST) run(false);
    }
    race ??= prepare();
    if (fresh) [targets, colours] = [canvases.map((canvas) => fit(canvas)), palette(root)];
    race.now = standing(race.sums, setting.draws, setting.samples);
    charts.forEach((draw, i) => draw(targets[i], colours, race));
    tell(race);
    if (playing) redraw();
  });

  const row = make("div", { class: "vk-row vk-wide" }, press, step, reset, renew, pace.el);
  const tune = make("div", {}, ...sliders.map(({ el }) => el), facts.el);
  shape.classList.add("vk-low");
  const end = make("div", { class: "vk-wide" }, table.el, note);
  root.append(kind.el, make("div", { class: "vk-columns vk-race" }, means, bars, row, shape, tune, end));
  pace.set("normal");
  for (const name of ["function", ...Object.keys(RANGES)]) {
    follow(name, (value) => {
      setting[name] = checked(name, value);
      if (name === "draws") place = Math.log10(value);
      else race = null;
      redraw();
    });
  }
  on(still, "change", () => run(false));
  run(false);
}

export default defineWidget(build);
