// One digit's way through a trained VAE, stage by stage, and the way of the gradients back.

const PERIOD = 1.5, LAST = { off: 7, trick: 10, sampled: 10 }; // seconds a stage; the last stage of each way
const formulas = { gaussianHead, bernoulliDistortion, gaussianRate, posterior, drawOnce, gradients, meanElbo, tensors };
const shared = { ACTIVATIONS, NODES, SLOPES, account, forwardAll, passThrough, pullBack, unpackLayers };
export const math = { ...formulas, ...shared, progress, nextStop, flight };

async function build(page) {
  const { model, root, follow } = page, [rows, columns] = model.get("image_shape"), size = rows * columns;
  const labels = model.get("labels"), captions = model.get("captions"), known = model.get("log_evidence");
  const rest = () => new Promise(setTimeout).then(() => page.signal.throwIfAborted()); // no long task
  const encoder = await loadLayers(page, "encoder"), decoder = await rest().then(() => loadLayers(page, "decoder"));
  const ends = [encoder, decoder].flatMap((all) => [all[0].weight.length / all[0].bias.length, all.at(-1).bias.length]);
  const wanted = [size, 4, 2, size];
  if (`${ends}` !== `${wanted}`) throw new Error(`the networks have the widths ${ends}, expected ${wanted}`);
  const vectors = (name, count, width) => {
    const all = readArray(model.get(name), Float32Array, count * width, name);
    return Array.from({ length: count }, (_, i) => all.subarray(width * i, width * (i + 1)));
  };
  const number = (name, high, value = model.get(name)) => {
    if (Number.isFinite(value) && value >= 0 && value <= high) return value;
    throw new Error(`“${name}” is ${value}, expected a number from 0 to ${high}`);
  };
  const mode = (name = model.get("backward")) => {
    if (Object.hasOwn(LAST, name)) return name;
    throw new Error(`“backward” is ${name}, expected ${Object.keys(LAST).join(", ")}`);
  };
  const digits = vectors("digits", labels.length, size), bank = vectors("eps", model.get("draws"), 2), means = [];
  await rest();
  const qs = digits.map((x) => posterior(encoder, number("bound", 100), x));
  const extent = Math.max(3.3, ...qs.flatMap(({ mu, sigma }) => Array.from(mu, (m, j) => Math.abs(m) + 2 * sigma[j])));
  const announce = announcer(page), save = throttle(80, () => model.save_changes());
  const put = (values) => (model.set(values), save());
  const field = make("div", { class: "vk-diagram", role: "group", "aria-label": "Drawing", tabindex: 0 });
  const caption = make("p", { class: "vk-caption" }), table = tensorTable("Tensors"), ofMean = `mean of ${bank.length}`;
  const facts = readout(["distortion", "rate", "ELBO, this draw", "gap, this draw", `ELBO, ${ofMean}`, `gap, ${ofMean}`,
    "log p(x)"]);
  const meanOf = (i) => (means[i] ??= meanElbo(decoder, digits[i], qs[i], bank));
  let zoom = 1, seen, scene, at, svg;

  await rest().then(() => meanOf(number("digit", digits.length - 1)));
  /** The pass of the chosen digit and draw. */
  const renew = () => {
    const digit = number("digit", digits.length - 1), x = digits[digit], q = qs[digit], evidence = known[digit];
    const made = drawOnce(decoder, x, q, bank[number("draw", bank.length - 1)]), trick = mode() !== "sampled";
    const mean = meanOf(digit), slopes = gradients(decoder, x, q, made, trick);
    const above = (v) => (evidence === undefined ? "unknown" : fixed(evidence - v));
    scene = { x, q, made, bank, extent, trick, evidence, mean, slopes };
    facts.set([fixed(made.distortion), fixed(made.rate), fixed(made.elbo), above(made.elbo),
      `${fixed(mean.mean)} ± ${fixed(mean.error)}`, above(mean.mean), above(0)]);
    pick.set(String(digit));
    backward.set(mode());
  };
  const paint = () => {
    const colours = palette(root), { x, q, made } = scene, wide = field.clientWidth >= 600;
    const [read, drawn] = [q, made].map(({ hidden }) => hidden.map((h) => diagram.paint(h, h.length, colours)));
    const [digit, means] = [x, made.pixels].map((image) => diagram.paint(image, rows, colours));
    at = LAYOUTS[wide ? "wide" : "narrow"];
    scene.pictures = { x: digit, encoder: read, decoder: drawn, made: means };
    field.innerHTML = `<svg viewBox="0 0 ${at.size.join(" ")}" role="img">${sketch(at, scene)}</svg>`;
    svg = field.firstChild;
    svg.style.width = `${zoom * Math.min(field.clientWidth, wide ? 800 : 440)}px`;
    seen = null;
  };
  const film = timeline(page, field, {
    period: PERIOD, save: (time) => put({ time }),
    draw(time, fresh) {
      if (!scene) renew();
      if (fresh) paint();
      const now = Math.ceil(time / PERIOD - 1e-6), text = captions[now + (now > 7 && !scene.trick ? 3 : 0)];
      const r = progress(time, PERIOD, 11);
      diagram.update(svg, now, r);
      svg.querySelector(".flight").setAttribute("transform", `matrix(${flight(at, scene, r[4])})`);
      caption.textContent = `t = ${fixed(time, 1)} s · ${text}`;
      if (now === seen) return;
      seen = now;
      table.set(tensors(scene, now));
      svg.setAttribute("aria-label", text);
      announce(text);
    },
  });
  const again = () => ((scene = null), film.redraw(true));
  const pick = choice(page, "Digit", { ...labels }, (i) => put({ digit: Number(i) }));
  const other = button(page, "New draw of ε", () => put({ draw: (model.get("draw") + 1) % bank.length }));
  const enlarge = zoomChoice(page, (to) => ((zoom = to), film.redraw(true)));
  const kinds = { off: "off", trick: "with the trick", sampled: "without" };
  const backward = choice(page, "Backward pass", kinds, (to) => put({ backward: to, time: PERIOD * LAST[to] }));
  const showTensors = (yes) => (table.el.style.display = yes ? "" : "none");
  const steps = choice(page, "Play", { through: "through", single: "step by step, with tensors" }, (to) =>
    showTensors(film.single = to === "single"));
  steps.set("through");
  showTensors(false);
  root.append(make("div", { class: "vk-row vk-settings" }, pick.el, other), field, caption, film.el,
    make("div", { class: "vk-row vk-settings" }, steps.el, backward.el, film.pace, enlarge), table.el,
    make("div", { class: "vk-two" }, facts.el));
  for (const name of ["digit", "draw"]) follow(name, again);
  follow("backward", () => (film.end(PERIOD * LAST[mode()]), again()));
  follow("time", () => film.go(number("time", PERIOD * LAST.trick)));
}

export default defineWidget(build);
