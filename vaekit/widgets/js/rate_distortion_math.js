// Models on a rate-distortion curve, and the lines along which D + βR stays the same; in nats.

/** D + βR of a model `{ rate, distortion }`. */
const lossAt = (beta, model) => model.distortion + beta * model.rate;

/** Distortion at `rate` on the line of slope −β through a model; at rate 0 it is the model's D + βR. */
const lineAt = (beta, model, rate) => lossAt(beta, model) - beta * rate;

/** Index of the model with the least D + βR, the first of equals. */
function cheapest(beta, models) {
  const losses = models.map((each) => lossAt(beta, each));
  return losses.indexOf(Math.min(...losses));
}

/** The models as `seeds[seed][model]`, and as means over seeds; `rates` and `distortions` are `(S, P)`. */
function gather(rates, distortions) {
  const seeds = rates.map((row, s) => row.map((rate, p) => ({ rate, distortion: distortions[s][p] })));
  const mean = (p, name) => seeds.reduce((sum, row) => sum + row[p][name], 0) / seeds.length;
  return { seeds, models: rates[0].map((_, p) => ({ rate: mean(p, "rate"), distortion: mean(p, "distortion") })) };
}

/** By how many nats model j is below i in D + βR, on average over seeds, and in how many of these. */
function saving(beta, seeds, i, j) {
  const each = seeds.map((row) => lossAt(beta, row[i]) - lossAt(beta, row[j]));
  return { nats: each.reduce((sum, v) => sum + v, 0) / each.length, count: each.filter((v) => v > 0).length };
}

/** Index of the pixel among `places` that is nearest to `pixel`. */
function nearestPlace([x, y], places) {
  const distances = places.map(([u, v]) => Math.hypot(u - x, v - y));
  return distances.indexOf(Math.min(...distances));
}

/** The axes: all models fit, and where the line of slope −β of each meets D. */
function extents(betas, seeds, models) {
  const all = seeds.flat(), ds = all.map((each) => each.distortion), low = Math.min(...ds);
  const high = Math.max(...ds, ...models.map((each, p) => lossAt(betas[p], each))), room = 0.07 * (high - low || 1);
  const x = { min: 0, max: 1.08 * Math.max(...all.map((each) => each.rate)) || 1, label: "rate, nats" };
  return { x, y: { min: low - room, max: high + room, label: "distortion, nats", room: 54 } };
}

const curveMath = { lossAt, lineAt, cheapest, gather, saving, nearestPlace, extents };
