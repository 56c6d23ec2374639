// More draws: what they do to the bound, and to the gradients.

export const math = {
  TOY, POSTERIOR, EVIDENCE, ALLOWED, COUNTS, logGauss, weigh, weightVariance, solve, weights, tabulate, exact, survey,
  histogram, stream, makeMoments, checkTrait,
};

const ALL = 2 ** 20, CHUNK = 2 ** 12; // draws to measure, in all, in a frame
const NOTE = "SNR: |mean| / s.d. Discs: shares of the weight. Lines and table: exact. Marks: measured on";
const clamp = (v, [low, high]) => Math.min(high, Math.max(low, v));
const brief = (v) => (v ? v.toPrecision(3).replace("-", "−") : v === 0 ? "0" : "–");

function build(page) {
  const { model, root, follow } = page, setting = {}, announce = announcer(page);
  const save = throttle(80, () => model.save_changes()), change = (values) => (model.set(values), save());
  const canvases = [0, 1, 2, 3].map(() => make("canvas", { "aria-hidden": "true" }));
  const fields = canvases.map((canvas) => make("div", { class: "vk-chart" }, canvas));
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let colours, targets, bound, density, start, noise, solved, facts, poll, count, stale;

  const width = () => Math.sqrt(setting.variance);
  const draw = (K) => change({ samples: clamp(Math.round(K), ALLOWED.samples) });
  const step = (K, by) => draw(by < 0 ? Math.min(K - 1, K * 10 ** by) : Math.max(K + 1, K * 10 ** by));
  const move = (mean, sd) => change({ mean: clamp(mean, ALLOWED.mean), variance: clamp(sd * sd, ALLOWED.variance) });
  const knob = pointHandle(page, fields[0], "Draws K", {
    drag: (pixel) => draw(bound.from(...pixel)[0]), nudge: (dx, dy) => step(setting.samples, dx + dy),
    home: () => draw(start.samples),
  });
  const peak = pointHandle(page, fields[2], "Mean and width of q; up is narrower", {
    drag: (pixel) => move(density.from(...pixel)[0], PEAK / Math.max(0.1, density.from(...pixel)[1])),
    nudge: (dx, dy) => move(setting.mean + dx, width() - dy), home: () => move(start.mean, Math.sqrt(start.variance)),
  });
  const [handle, hint] = [...fields[0].children].slice(-2);
  handle.removeAttribute("aria-roledescription");
  hint.textContent = "Arrow keys change K by a quarter, with Shift threefold; Home resets.";
  [ALLOWED.samples, ALLOWED.mean].forEach((ends, i) => ["min", "max"].forEach((end, k) =>
    fields[2 * i].children[1].setAttribute(`aria-value${end}`, ends[k])));
  const range = ([min, max]) => ({ min, max, step: 0.01 }), dial = stopSlider(page, "draws K", COUNTS, draw);
  const mean = slider(page, "mean of q", range(ALLOWED.mean), (v) => move(v, width()));
  const sd = slider(page, "width σ of q", range([0.14, 1]), (v) => move(setting.mean, v));
  const kind = choice(page, "φ is q’s", { mean: "mean", log_scale: "log σ" }, (parameter) => change({ parameter }));
  const renew = button(page, "New draws", () => change({ seed: (setting.seed + 1) % 2 ** 32 }));
  const list = readout(["log p(x)", "bound", "gap", "L of the batch", "effective draws", "their share, K → ∞"]);
  const rows = STYLES.map(({ text, ...style }) => ({ name: text, ...style }));
  const table = grid("Gradients", ["gradient of L", "mean", "s.d.", "SNR"], rows);
  const note = make("p", { class: "vk-small" });

  const prepare = ({ mean: m, variance, parameter, seed }, scale = width()) => { // all but K
    const q = { mean: m, variance }, { normal } = stream(~seed), answer = solve(q, parameter);
    const place = (eps) => m + scale * eps, read = (z) => weigh(q, parameter, z);
    poll = survey(() => read(place(normal())), POWERS, MEASURED, answer);
    count = 0;
    return { q, place, read, answer, curve: COUNTS.map(answer), share: 1 / (1 + weightVariance(q)) };
  };
  const gather = ({ place, read }, K) => {
    const z = Array.from(noise.subarray(0, K), place);
    return { ...solved, K, z, ...weights(z.map((each) => read(each)[0])) };
  };
  const tell = ({ K, q, share, path, ess, answer }) => {
    const { gap, gradients } = answer(K), drawn = `${fixed(ess, 1)} of ${K}`, lead = `K = ${K}, gap ${fixed(gap, 3)}`;
    const nats = [EVIDENCE, EVIDENCE - gap, gap, EVIDENCE + path[K - 1]].map((v) => fixed(v, 4));
    list.set([...nats, drawn, `${fixed(100 * share, 1)}%`]);
    table.set(gradients.map(({ mean: m, sd: s, snr }) => [m, s, snr].map(brief)));
    knob(bound.at(K, EVIDENCE - gap), K, `${lead} nats`);
    const spread = width(), told = `mean ${fixed(q.mean)}, standard deviation ${fixed(spread)}`;
    peak(density.at(q.mean, PEAK / spread), q.mean.toFixed(2), told);
    [[dial, K], [mean, q.mean], [sd, spread], [kind, setting.parameter]].forEach(([each, value]) => each.set(value));
    const ratios = rows.map(({ name }, k) => `${name} ${brief(gradients[k].snr)}`).join("; ");
    announce(`${lead} nats, ${drawn} draws effective. SNR: ${ratios}`);
  };
  const redraw = frames(page, root, (fresh) => {
    const changed = fresh || stale;
    if (fresh) [targets, colours] = [canvases.map((canvas) => fit(canvas)), palette(root)];
    noise ??= stream(setting.seed).normals(MOST);
    solved ??= prepare(setting);
    if (changed) facts = gather(solved, setting.samples);
    else if (count < ALL) count = poll.advance(CHUNK);
    if (changed || count >= ALL || !still.matches) {
      const measured = poll.read();
      bound = drawBound(targets[0], colours, facts, measured);
      drawRatios(targets[1], colours, facts, measured);
      note.textContent = `${NOTE} ${count.toLocaleString("en")} draws, ± one standard error.`;
    }
    if (changed) {
      density = drawDensities(targets[2], colours, facts);
      drawWeights(targets[3], colours, facts.shares);
      tell(facts);
    }
    stale = false;
    if (count < ALL) redraw();
  });

  const box = (name, ...inside) => make("div", { class: `vk-${name}` }, ...inside);
  const parts = [box("q", mean.el, sd.el, kind.el), box("q", list.el, renew), box("wide", table.el, note)];
  root.append(box("columns vk-bounds", box("wide", dial.el), ...fields, ...parts));
  for (const name in ALLOWED) {
    follow(name, (value) => {
      setting[name] = checkTrait(name, value, ALLOWED[name]);
      if (name === "seed") noise = null;
      if (name !== "samples") solved = null;
      stale = true;
      redraw();
    });
  }
  start = { ...setting };
}

export default defineWidget(build);
