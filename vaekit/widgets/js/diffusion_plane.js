// What `DiffusionPlayer` draws: the field of its denoiser, the points, and one prediction to scale.

const CELLS = 11, LONGEST = 2, TRAILS = 4; // a grid of 11 × 11 arrows; the length of a vector that fills its cell
const MODEL = { colour: "ink", alpha: 0.75, width: 1.25, head: 3.5 };
const TRUTH = { colour: "c3", alpha: 0.4, width: 4, head: 5 };

/** The points of the grid, x, y, x, y, … */
function gridPoints(extent) {
  const cell = (2 * extent) / CELLS, place = (i) => (i + 0.5) * cell - extent;
  return Float64Array.from({ length: 2 * CELLS * CELLS }, (_, k) =>
    place(k % 2 ? Math.floor(k / 2 / CELLS) : Math.floor(k / 2) % CELLS));
}

function addArrow(path, [x, y], [u, v], head) {
  const length = Math.hypot(u - x, v - y), size = Math.min(head, 0.6 * length);
  if (length < 0.5) return;
  const a = ((x - u) / length) * size, b = ((y - v) / length) * size;
  path.moveTo(x, y);
  path.lineTo(u, v);
  path.moveTo(u + a - 0.6 * b, v + b + 0.6 * a);
  path.lineTo(u, v);
  path.lineTo(u + a + 0.6 * b, v + b - 0.6 * a);
}

/** The predictions `noises` at the points `nodes`, in a view: arrows from each node, or threads from it to x̂₀. */
function drawField(pen, { css }, { at, unit }, nodes, noises, step, view, { colour, alpha, width, head }) {
  const path = new Path2D(), ends = new Path2D(), cell = (nodes[2] - nodes[0]) * unit;
  for (let k = 0; k < nodes.length; k += 2) {
    const x = [nodes[k], nodes[k + 1]], made = views([noises[k], noises[k + 1]], x, step), from = at(...x);
    if (view === "x0") {
      const to = at(...made.x0);
      path.moveTo(...from);
      path.lineTo(...to);
      ends.moveTo(...to);
      ends.arc(...to, 0.6 * head, 0, TURN);
      continue;
    }
    const [a, b] = made[view], scale = (0.92 * cell) / Math.max(LONGEST, Math.hypot(a, b));
    addArrow(path, from, [from[0] + scale * a, from[1] - scale * b], head);
  }
  Object.assign(pen, { strokeStyle: css(colour, view === "x0" ? 0.35 * alpha : alpha), lineWidth: width });
  pen.stroke(path);
  pen.fillStyle = css(colour, alpha);
  pen.fill(ends);
}

/** A few points' last steps, from t = `from` to `to`. */
function drawTrails(pen, { css }, at, states, from, to) {
  const path = new Path2D();
  for (let i = 0; i < TRAILS; i++) {
    const line = new Path2D();
    for (let t = from; t <= to; t++) line.lineTo(...at(states[t][2 * i], states[t][2 * i + 1]));
    path.addPath(line);
  }
  Object.assign(pen, { strokeStyle: css("accent", 0.8), lineWidth: 1.25, lineJoin: "round" });
  pen.stroke(path);
}

/** At xₜ: the noise, the score or x̂₀ to scale, and the Gaussian of the step back as two rings. */
function drawPrediction(pen, { css }, { at, unit }, x, made, sd, view) {
  const here = at(...x), centre = at(...made.centre), mean = at(...made.mean), path = new Path2D();
  const rings = new Path2D(), ends = { noise: [centre, here], score: [here, centre], x0: [here, at(...made.x0)] };
  addArrow(path, ...ends[view], 9);
  for (const k of [1, 2]) rings.moveTo(mean[0] + k * sd * unit, mean[1]), rings.arc(...mean, k * sd * unit, 0, TURN);
  pen.fillStyle = css("c4", 0.2);
  pen.fill(rings);
  for (const [ink, lineWidth, shape] of [["c4", 1.5, rings], ["paper", 6, path], ["c7", 2.5, path]]) {
    Object.assign(pen, { strokeStyle: css(ink), lineWidth });
    pen.stroke(shape);
  }
}

const WORDS = {
  noise: "Arrows: the noise ε̂ that the denoiser finds in xₜ. At your point it leads, times √(1−ᾱ), from √ᾱ x̂₀ to xₜ.",
  score: "Arrows: the score −ε̂/√(1−ᾱ), uphill in log density. Times 1−ᾱ it leads from your point to √ᾱ x̂₀.",
  x0: "Threads: from xₜ to the guess x̂₀ = (xₜ − √(1−ᾱ) ε̂)/√ᾱ of where it began, the mean of all that may have been.",
};
/** What is seen at t. */
function caption(view, t) {
  return t ? `${WORDS[view]} Green rings: the Gaussian of the step back, one and two standard deviations.`
    : "At t = 0 no noise is left, and there is nothing to predict. Move t, and the field appears.";
}
