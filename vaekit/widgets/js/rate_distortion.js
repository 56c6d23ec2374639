// Along a measured rate-distortion curve: one trained model for each β, and nothing in between.

export const math = { ...curveMath, tile, verdict };

/** The measured models and their images, checked. */
function readModels({ model }) {
  const get = (name) => model.get(name), betas = get("betas"), rates = get("rate"), active = get("active_units");
  const [rows, columns] = get("image_shape"), [originals, samples] = get("counts"), reference = get("reference");
  const size = betas?.length || 1, count = reference?.[0]?.length, one = rates?.length || 1;
  const expect = (name, down, across = size, table = get(name)) => {
    if (table?.length === down && table.every((row) => row?.length === across && row.every(Number.isFinite))) return;
    throw new Error(`“${name}” does not hold ${down} × ${across} numbers`);
  };
  expect("betas", 1, size, [betas]);
  expect("rate", one);
  expect("distortion", one);
  if (active?.length) expect("active_units", 1, size, [active]);
  if (count) expect("reference", 2, count);
  const total = originals + size * (originals + samples);
  const images = readArray(get("images"), Uint8Array, total * rows * columns, "images");
  const { seeds, models } = gather(rates, get("distortion")), name = get("reference_name"), best = cheapest(1, models);
  const numbers = { betas, seeds, models, best, active, reference, name, ...extents(betas, seeds, models) };
  return { ...numbers, images, originals, samples, rows, columns };
}

/** What model number `now`'s line says about the others. */
function verdict({ betas, seeds, models }, now) {
  const least = cheapest(betas[now], models), { nats, count } = saving(betas[now], seeds, now, least);
  const price = `At the price β = ${priceText(betas[now])}`, other = priceText(betas[least]);
  const { length } = seeds, large = length > 1 ? "large " : "";
  if (nats <= 0) return `${price} this model has the least D + βR: no ${large}dot lies below its line.`;
  const share = length > 1 ? ` (lower in ${count} of ${length} seeds)` : "";
  return `${price} the model trained with β = ${other} does better: ${fixed(nats)} nats below the line${share}.`;
}

function build(page) {
  const { model, root, follow } = page, data = readModels(page);
  const { betas, seeds: { length }, models, active, originals, samples } = data;
  const read = () => {
    const now = betas.indexOf(model.get("beta"));
    if (now < 0) throw new Error(`“beta” is ${model.get("beta")}, expected one of ${betas.map(priceText).join(", ")}`);
    return now;
  };
  const start = read(), announce = announcer(page);
  const go = (to) => {
    if (to === read() || !(to in betas)) return;
    model.set("beta", betas[to]);
    model.save_changes();
  };
  const canvas = make("canvas", { "aria-hidden": "true" }), field = make("div", { class: "vk-chart" }, canvas);
  const says = make("p", { class: "vk-small vk-verdict" });
  let colours, sheet, plot;
  const rates = models.map(({ rate }) => rate);
  const place = pointHandle(page, field, "Model on the curve: right is more rate, less distortion", {
    drag: (pixel) => go(nearestPlace(pixel, models.map((each) => plot.at(each.rate, each.distortion)))),
    nudge: (right, up) => go(read() + Math.sign(up - right)), home: () => go(start),
    hint: "Arrow keys step from model to model; Home goes back to the first one shown.",
    roledescription: null, // it moves along one line
    valuemin: Math.min(...rates).toFixed(2), valuemax: Math.max(...rates).toFixed(2),
  });
  const prices = slider(page, "β", { min: 0, max: betas.length - 1, step: 1 }, go);
  const [, input, output] = prices.el.children;
  const names = ["rate R", "distortion D", "D + βR", "−ELBO = D + R", "◆ best −ELBO", "active units"];
  const facts = readout(names.slice(0, active.length ? 6 : 5));
  const [given, back, drawn] = [originals, originals, samples].map((count) => gallery(data, count, originals));
  const hidden = "whose own small dots may hide behind them. The images are of one seed. ";
  const means = length > 1 ? `Large dots: means over ${length} seeds, ${hidden}` : "";
  const note = make("p", { class: "vk-small" }, means, "In nats. Between models nothing is interpolated.");
  const box = make("div", { class: "vk-curve" }, make("div", {}, field, says),
    make("div", { class: "vk-curve-facts" }, facts.el, note), prices.el,
    make("div", { class: "vk-curve-images" }, ...given.parts, ...back.parts, ...drawn.parts));
  root.append(box);
  const redraw = frames(page, box, (fresh) => {
    const now = read(), { rate, distortion } = models[now], price = priceText(betas[now]), here = `β = ${price}`;
    if (fresh) [colours, sheet] = [palette(root), fit(canvas)];
    plot = drawModels(sheet, colours, data, now);
    const first = originals + now * (originals + samples);
    given.show(0, "test images", colours);
    back.show(first, `reconstructions at ${here}`, colours);
    drawn.show(first + originals, `samples from the prior at ${here}`, colours);
    const nats = [rate, distortion, lossAt(betas[now], models[now]), rate + distortion].map((v) => fixed(v));
    const units = active.slice(now, now + 1).map((v) => fixed(v, 1));
    facts.set([...nats, `at β = ${priceText(betas[data.best])}`, ...units]);
    const text = `${here}, rate ${nats[0]}, distortion ${nats[1]} nats`;
    place(plot.at(rate, distortion), rate.toFixed(2), text);
    prices.set(now);
    output.textContent = price;
    input.setAttribute("aria-valuetext", price);
    says.textContent = verdict(data, now);
    announce(`${text}. ${says.textContent}`);
  });
  follow("beta", () => redraw());
}

export default defineWidget(build);
