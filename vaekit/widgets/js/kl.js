// The mathematics of KlPrice: KLs in nats of a Gaussian q = N(m, e^l) and the prior N(0, 1) or a target p with two
// modes. `q` is [m, l], `p` is [d, w]: weight w on N(-d/2, SD²), the rest on N(d/2, SD²).

const RANGES = { mean: [-4, 4], logvar: [-6, 3], separation: [0, 6], weight: [0.05, 0.95] };
const SD = 0.6, DIMENSIONS = [[2, Math.log(0.25)], [0, Math.log(4)]], LEVELS = [0.1, 0.5, 1, 2, 4, 8];
const SIZE = 49, LOG_2PI = Math.log(2 * Math.PI); // a surface has SIZE rows and columns
const gridPoint = (i, [low, high]) => low + (i * (high - low)) / (SIZE - 1);
const gaussian = (x, [m, l]) => Math.exp(-0.5 * ((x - m) ** 2 * Math.exp(-l) + LOG_2PI + l));

/** KL(q ‖ prior): the parts of mean and variance, their sum, and the slopes. */
function priorKl([m, l]) {
  const excess = Math.expm1(l), parts = [0.5 * m * m, 0.5 * (excess - l)]; // expm1 keeps the digits near the prior
  return { value: parts[0] + parts[1], parts, slopes: [m, 0.5 * excess] };
}

/** log p(x) and its first two derivatives. */
function logTarget(x, [d, w]) {
  const v = SD * SD, away = x + d / 2, odds = Math.log((1 - w) / w) + (x * d) / v, right = sigmoid(odds);
  const log = Math.log(w) - 0.5 * (LOG_2PI + Math.log(v) + (away * away) / v) + ACTIVATIONS.softplus(odds);
  return [log, (right * d - away) / v, (right * (1 - right) * d * d) / (v * v) - 1 / v];
}

/** The minimum of KL(p ‖ q): q with the mean and the variance of p. */
function fitForward([d, w]) {
  return [d * (0.5 - w), Math.log(SD * SD + d * d * w * (1 - w))];
}

/** ∫ p log p by the trapezoidal rule. */
function negentropy(p) {
  const end = p[0] / 2 + 9 * SD, h = end / 300;
  let sum = 0;
  for (let i = -300; i <= 300; i++) {
    const [log] = logTarget(i * h, p);
    sum += h * Math.exp(log) * log;
  }
  return sum;
}

/** KL(p ‖ q), given ∫ p log p. */
function forwardKl([m, l], p, known = negentropy(p)) {
  const [mean, logvar] = fitForward(p);
  return known + 0.5 * (LOG_2PI + l + (Math.exp(logvar) + (mean - m) ** 2) * Math.exp(-l));
}

/** KL(q ‖ p) with its slopes and its curvatures [mm, ml, ll], by the trapezoidal rule over x = m + s e. */
function reverseKl([m, l], p) {
  const s = Math.exp(l / 2), h = 1 / 64, sum = [0, 0, 0, 0, 0, 0];
  for (let e = -9; e <= 9; e += h) {
    const weight = h * gaussian(e, [0, 0]), [log, first, second] = logTarget(m + s * e, p), bend = 0.5 * s * e;
    const terms = [log, first, first * bend, second, second * bend, (second * bend + 0.5 * first) * bend];
    for (let i = 0; i < 6; i++) sum[i] -= weight * terms[i];
  }
  const [cross, across, up, ...curves] = sum;
  return { value: cross - 0.5 * (1 + LOG_2PI + l), slopes: [across, up - 0.5], curves };
}

/** A step down KL(q ‖ p), at most 0.15 long: Newton's, the curvatures raised until they are convex. */
function reverseStep(q, p) {
  const { value, slopes: [a, b], curves: [mm, ml, ll] } = reverseKl(q, p);
  const raise = Math.max(0, 0.02 + Math.hypot((mm - ll) / 2, ml) - (mm + ll) / 2), u = mm + raise, v = ll + raise;
  const det = u * v - ml * ml, step = [(ml * b - v * a) / det, (ml * a - u * b) / det];
  let scale = Math.min(1, 0.15 / Math.hypot(...step));
  const to = () => step.map((v, i) => q[i] + scale * v);
  while (scale > 1e-9 && reverseKl(to(), p).value > value) scale /= 2;
  return to();
}

/** The way from q to the minimum of KL(q ‖ p) below it. */
function reversePath(q, p) {
  const path = [q];
  for (let moved = 1; moved > 1e-9 && path.length < 500; path.push(q)) {
    const to = reverseStep(q, p);
    moved = Math.hypot(to[0] - q[0], to[1] - q[1]);
    q = to;
  }
  return path;
}

/** KL(q ‖ p) over the grid, for the eye: log p from a table. */
function reverseSurface(p) {
  const cell = 1 / 24, end = 27, values = new Float64Array(SIZE * SIZE);
  const table = Float64Array.from({ length: (2 * end) / cell + 2 }, (_, k) => logTarget(k * cell - end, p)[0]);
  for (let j = 0, row = 0; j < SIZE; j++, row += SIZE) {
    const l = gridPoint(j, RANGES.logvar), s = Math.exp(l / 2);
    values.fill(-0.5 * (1 + LOG_2PI + l), row, row + SIZE);
    for (let e = -5; e <= 5; e += 0.2) {
      const place = (RANGES.mean[0] + s * e + end) / cell, first = Math.floor(place), part = place - first;
      const weight = 0.2 * gaussian(e, [0, 0]);
      for (let i = 0, k = first; i < SIZE; i++, k += 4) { // the columns are 4 cells apart
        values[row + i] -= weight * ((1 - part) * table[k] + part * table[k + 1]);
      }
    }
  }
  return values;
}

/** The KL called "price" (of q to the prior), "reverse" or "forward" over the grid, row by row upwards. */
function klSurface(name, p) {
  if (name === "reverse") return reverseSurface(p);
  const known = negentropy(p);
  return Float64Array.from({ length: SIZE * SIZE }, (_, k) => {
    const q = [gridPoint(k % SIZE, RANGES.mean), gridPoint(Math.floor(k / SIZE), RANGES.logvar)];
    return name === "price" ? priorKl(q).value : forwardKl(q, p, known);
  });
}
