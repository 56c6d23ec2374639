// A small VAE that trains in the page.

export const math = {
  RANGES, CHOICES, ILLS, stream, affine, affineBack, adam, makeData, makeNet, initialise, encode, decode, draw,
  distortions, rates, importance, backward, makeTrainer, nextBatch, update, measure, activeUnits, thin, marginalKl,
  logEvidence, generate, shareOff, checked, writeLink, readLink, makeHistory, horizon, limits, reachOf, sectors,
};

const WARM = 400, BUDGET = 6, EACH = 16; // updates at first; ms of training a frame; draws for log p(x)
const PACES = { slow: 1, normal: 5, fast: Infinity }; // updates in a frame

function build(page) {
  const { model, root, follow, on } = page, presets = Object.fromEntries(model.get("presets"));
  const all = Object.keys(presets), setting = {}, changed = new Set(), lab = div("vk-lab");
  const shown = { decoder: true, reconstructions: true, samples: false };
  const place = document.querySelectorAll(".vk-lab").length + 1, still = matchMedia("(prefers-reduced-motion: reduce)");
  const onPage = Boolean(document.querySelector('script[type="application/vnd.jupyter.widget-state+json"]'));
  const announce = announcer(page), save = throttle(80, () => model.save_changes());
  const put = (name, value) => (model.set(name, value), save());
  let trainer, history, data, noise, now, slow = {}, targets, colours, trouble = "", warned = "";
  let playing = false, goal = 0, pace = "normal", anew = WARM; // anew: start with this many updates
  let awake = false, stale = true, blurred = true, looked = 0; // what was measured is of an earlier network

  const run = (go) => {
    playing = go && !still.matches;
    goal = go && still.matches ? trainer.updates + 500 : 0;
    ui.go.textContent = still.matches ? "Train 500 updates" : playing ? "Pause" : "Train";
    redraw();
  };
  const load = (name) => {
    put("preset", name);
    for (const [key, value] of Object.entries(presets[name].settings)) put(key, value);
    anew = WARM, redraw();
  };
  const say = (text) => ((ui.status.textContent = text), announce(text));
  const adopt = () => { // the settings in the page's address, if they are for this lab
    try {
      const found = readLink(place, location.hash, all);
      if (!found) return;
      if (found.preset) load(found.preset);
      for (const [name, value] of Object.entries(found)) put(name, value);
      lab.scrollIntoView({ block: "nearest" });
      say("These settings come from the link.");
    } catch (error) {
      say(`The link is damaged and changed nothing: ${error.message}.`);
    }
  };
  const copy = async () => {
    const end = writeLink(place, setting), whole = location.href.split("#")[0] + end;
    window.history.replaceState(null, "", end);
    const done = await navigator.clipboard?.writeText(whole).then(() => true, () => false);
    say(done ? "Copied: the link opens the page with these settings." : "The page’s address now holds the settings.");
  };
  const field = div("vk-plane vk-lab-field"), pen = sprayer(page, field, {
    extent: EXTENT, most: MOST, say, read: () => setting.points, change: (points) => put("points", points),
  });
  const ui = controls(page, {
    setting, shown, presets: all, put, copy: onPage && copy,
    press: () => run(!playing), pace: (name) => (pace = name), redraw: () => redraw(),
    step: () => (run(false), (goal = trainer.updates + 1)),
    renew: () => ((anew = 0), put("seed", (setting.seed + 1) % 2 ** 32)),
    pick: (name) => (load(name), run(true)),
  });

  const prepare = () => { // what follows from the settings that changed
    const has = (...names) => names.some((name) => changed.has(name)), latent = setting.latent_dim;
    if (has("data", "points")) data = makeData(setting.data, setting.points);
    if (has("width", "latent_dim", "seed")) anew ??= WARM;
    if (has("preset")) shown.samples = presets[setting.preset].samples;
    if (anew !== null) {
      [trainer, history, goal] = [makeTrainer(setting), makeHistory(), anew];
      const { normals } = stream(1);
      noise = { z: normals(200 * latent), x: normals(400), many: normals(EACH * MOST * latent) };
    } else for (const name of changed) history.mark(trainer.updates, name, ui.brief(name));
    if (!setting.learn_noise || has("noise_sd")) trainer.net.logvar[0] = 2 * Math.log(setting.noise_sd);
    if (changed.size || anew !== null) [stale, blurred, looked, trouble] = [true, true, 0, ""];
    anew = null, changed.clear();
    pen.allow(setting.data === "drawn");
    ui.set();
  };
  const train = () => {
    const start = performance.now(), most = playing ? PACES[pace] : goal - trainer.updates;
    stale = blurred = true;
    for (let n = 0; n < most && performance.now() - start < BUDGET; n++) {
      if (Number.isFinite(update(trainer, data.x, setting))) continue;
      trouble = `Training broke down at update ${trainer.updates}: restart with a lower learning rate.`;
      return run(false);
    }
  };
  const look = (closely) => {
    const { net } = trainer, { x, groups: { length } } = data;
    const eps = (rows) => noise.many.subarray(0, rows * net.latent);
    if (stale) {
      now = length ? measure(net, x, eps(2 * length), setting.estimator) : { q: encode(net, x) };
      now.samples = generate(net, noise.z, noise.x);
      if (length) history.add({ n: trainer.updates, ...now });
    }
    stale = false;
    if (!closely || !blurred) return;
    [blurred, looked, slow] = [false, performance.now(), length ? { off: shareOff(now.samples, x, 0.3) } : {}];
    if (!now.rate) return;
    const some = thin(x, 2, 192);
    slow.hole = marginalKl(encode(net, some), eps(some.length / 2), net.latent);
    slow.evidence = logEvidence(net, x, eps(EACH * length));
  };
  const tell = () => {
    const nats = (v) => (Number.isFinite(v) ? `${fixed(v)} nats` : "–"), rate = nats(now.rate && total(now.rate));
    const off = Number.isFinite(slow.off) ? `${fixed(100 * slow.off, 0)} %` : "–", elbo = nats(now.total);
    const count = trainer.updates.toLocaleString("en"), active = `${now.active ?? 0} of ${setting.latent_dim}`;
    const points = data.groups.length, few = `Draw at least ${LEAST} points: there are ${points}.`;
    ui.facts.set([count, active, elbo, nats(-slow.evidence), nats(now.distortion), nats(slow.hole), rate, off]);
    const ill = ILLS[setting.preset]?.({ ...now, ...slow, setting }) ?? true;
    ui.tell(presets[setting.preset], !ill && trainer.updates > WARM, Math.exp(0.5 * trainer.net.logvar[0]));
    const warning = trouble || (points < LEAST ? few : "");
    if (warning !== warned) ui.status.textContent = warned = warning;
    if (!playing) announce(`${count} updates, −ELBO ${elbo}, rate ${rate}, ${active} units active. ${trouble}`);
  };
  const paint = () => {
    const scene = { net: trainer.net, data, now, shown, sampled: setting.estimator !== "none" };
    drawData(targets[0], colours, scene);
    (setting.latent_dim === 2 ? drawLatents : drawDensities)(targets[1], colours, scene);
    drawCurves(targets[2], colours, history, TERMS, "nats");
    drawCurves(targets[3], colours, { ...history, events: [] }, UNITS, "rate, nats");
  };
  const redraw = frames(page, lab, (fresh) => {
    const first = !colours, busy = () => awake && data.groups.length >= LEAST && (playing || trainer.updates < goal);
    prepare();
    if (busy()) train();
    const more = busy();
    if (fresh) [targets, colours] = [ui.canvases.map((canvas) => fit(canvas)), palette(root)];
    look(!first && (!more || (playing && performance.now() - looked > 400)));
    if (playing || fresh || !more) paint(), tell(); // not on the way to a goal
    if (first) setTimeout(() => ((awake = true), redraw()), 100); // off screen it knows by then
    if (more) redraw();
  });

  root.append(ui.fill(lab, field));
  for (const name of ["preset", "points", ...NAMES]) {
    follow(name, (value) => {
      if (name === "preset" && trainer) anew = WARM;
      setting[name] = checked(name, value, all);
      changed.add(name);
      redraw();
    });
  }
  if (onPage) adopt(), on(window, "hashchange", adopt);
  on(still, "change", () => run(false)), run(false);
}

export default defineWidget(build);
