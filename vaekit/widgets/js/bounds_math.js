// Bounds on one observation: z ~ N(0, 1), x = w z + noise, and K draws from q = N(mean, variance). A weight r is one
// over p(x). θ is w; φ is the mean of q, or its log σ.

const TOY = { weight: 1.5, noise: 0.25, x: 1.2 }, TOTAL = TOY.weight ** 2 + TOY.noise;
const POSTERIOR = { mean: (TOY.weight * TOY.x) / TOTAL, variance: TOY.noise / TOTAL };
const logGauss = (z, { mean, variance }) => -0.5 * ((z - mean) ** 2 / variance + Math.log(2 * Math.PI * variance));
const EVIDENCE = logGauss(TOY.x, { mean: 0, variance: TOTAL }), POWERS = [1, 1, 2]; // θ; φ by the path, and doubly

/** Each φ, at a distance d from the mean: dz/dφ along the path, and the score d log q/dφ. */
const PARAMETERS = { mean: (d, v) => [1, d / v], log_scale: (d, v) => [d, (d * d) / v - 1] };
const ALLOWED = {
  samples: [1, 1000, true], mean: [-0.5, 2], variance: [0.02, 1], seed: [0, 2 ** 32 - 1, true],
  parameter: Object.keys(PARAMETERS),
};

/** Of one draw: r, d log w/dθ, and d log w/dφ through z and q, and through z alone. */
function weigh(q, parameter, z) {
  const d = z - q.mean, [path, score] = PARAMETERS[parameter](d, q.variance), { weight, noise, x } = TOY;
  const through = path * (d / q.variance - (z - POSTERIOR.mean) / POSTERIOR.variance);
  const r = Math.exp(logGauss(z, POSTERIOR) - logGauss(z, q));
  return [r, (z * (x - weight * z)) / noise, through - score, through];
}

/** Var(r): infinite where q has at most half of the posterior's variance. */
function weightVariance({ mean, variance }) {
  const rest = 2 * variance - POSTERIOR.variance, far = (mean - POSTERIOR.mean) ** 2;
  return rest < 1e-9 ? Infinity : (variance / Math.sqrt(POSTERIOR.variance * rest)) * Math.exp(far / rest) - 1;
}

/** `answer(K)`: the gap, and of each gradient mean, s.d. and signal-to-noise ratio, all exact. */
function solve(q, parameter) {
  const sd = Math.sqrt(q.variance), wide = Math.sqrt(POSTERIOR.variance), fine = 0.15 * Math.min(sd, wide), nodes = [];
  const [low, high] = [-8, 8].map((by) => [q.mean + by * sd, POSTERIOR.mean + by * wide]), end = Math.max(...high);
  for (let z = Math.min(...low); z < end; z += fine) {
    nodes.push([fine * Math.exp(logGauss(z, q)), ...weigh(q, parameter, z)]);
  }
  const [mass, r, ...f] = [0, 1, 2, 3, 4].map((k) => Float64Array.from(nodes, (node) => node[k]));
  const ratio = q.variance / POSTERIOR.variance, far = (q.mean - POSTERIOR.mean) ** 2 / POSTERIOR.variance;
  const table = tabulate(mass, r, POWERS.map((n, k) => [n, f[k]]), 30 + 9 * Math.max(1, ratio));
  const one = 0.5 * (ratio + far - 1 - Math.log(ratio)); // KL(q ‖ posterior)
  return (K) => ({ ...exact(table, K), ...(K === 1 && { gap: one }) });
}
