// Gumbel-Softmax over three classes: bias and spread of its gradient of E[f(z)] with respect to the logits.
// A draw z = softmax((log p + g)/τ) has the gradient G(z)/τ with G = (diag z − z zᵀ) ∇f(z); hard: ∇f at its corner.

const RANGES = { tau: [0.05, 5], values: [-10, 10], chance: 0.02, seed: [0, 2 ** 32 - 1] };

/** Each f of a point of the simplex, with its slope ∇f; `v` are three values. */
const FUNCTIONS = {
  linear: { f: (v, z) => dot(v, z), slope: (v) => v },
  square: { f: (v, z) => dot(v, z) ** 2, slope: (v, z, twice = 2 * dot(v, z)) => v.map((each) => twice * each) },
  hill: { f: (v, z) => 1 - dot(z, z), slope: (v, z) => z.map((each) => -2 * each) },
};

/** f, or its slope, at each corner. */
const atCorners = (name, v, which = "f") => CORNERS.map((z) => FUNCTIONS[name][which](v, z));

/**
 * G and |G|² on a lattice, for `moments`. Where class k is the nearest, z ∝ (1, u, w) with u, w in (0, 1]; nodes are
 * those of Gauss in the cube root of u, weights those of −log u. G is 0 in the corner, and its edges are kept apart:
 * G(u, w) − G(u, 0) − G(0, w) falls to 0 with u as with w. Of G two numbers do, as all three add up to 0.
 */
function lattice(name, v, hard = false, size = 32) {
  const rule = gaussLegendre(size), us = rule.map(([x]) => x ** 3), weights = rule.map(([x, w]) => (3 * w) / x);
  const { slope } = FUNCTIONS[name], sectors = [[0, 1, 2], [1, 2, 0], [2, 0, 1]].map(([k, i, j]) => {
    const z = [0, 0, 0], steep = slope(v, CORNERS[k]), inside = new Float64Array(3 * size * size);
    const at = (u, w) => {
      z[k] = 1 / (1 + u + w), z[i] = u * z[k], z[j] = w * z[k];
      const d = hard ? steep : slope(v, z), middle = dot(z, d), x = z[0] * (d[0] - middle), y = z[1] * (d[1] - middle);
      return [x, y, 2 * (x * x + x * y + y * y)];
    };
    const first = us.map((u) => at(u, 0)), second = us.map((w) => at(0, w));
    for (let n = 0; n < size * size; n++) {
      const b = n % size, a = (n - b) / size, G = at(us[a], us[b]);
      for (let m = 0; m < 3; m++) inside[3 * n + m] = G[m] - first[a][m] - second[b][m];
    }
    return { k, i, j, first, second, inside };
  });
  return { us, weights, sectors };
}

/** Mean and total variance of the gradient: with k nearest, P(u < a, w < b) is pₖ/(pₖ + pᵢ a^−τ + pⱼ b^−τ). */
function moments({ us, weights, sectors }, p, tau) {
  const powers = us.map((u) => u ** -tau), parts = powers.map((each, a) => tau * weights[a] * each), sums = [0, 0, 0];
  const add = (density, values, from = 0) => {
    for (let m = 0; m < 3; m++) sums[m] += density * values[from + m];
  };
  for (const { k, i, j, first, second, inside } of sectors) {
    for (let a = 0, from = 0; a < us.length; a++) {
      const whole = 2 * p[0] * p[1] * p[2] * parts[a], base = p[k] + p[i] * powers[a];
      add((p[k] * p[i] * parts[a]) / (p[j] + base) ** 2, first[a]);
      add((p[k] * p[j] * parts[a]) / (p[k] + p[i] + p[j] * powers[a]) ** 2, second[a]);
      for (let b = 0; b < us.length; b++, from += 3) {
        const all = base + p[j] * powers[b];
        add((whole * parts[b]) / (all * all * all), inside, from);
      }
    }
  }
  const [x, y, square] = sums, mean = [x / tau, y / tau, -(x + y) / tau];
  return { mean, variance: Math.max(0, square / tau ** 2 - dot(mean, mean)) };
}

/** A trait as the page may use it, or an error that says what is wrong with it. */
function checked(name, value) {
  const [low, high] = RANGES[name] ?? [], within = (v) => Number.isFinite(v) && v >= low && v <= high;
  const three = (fits) => value?.length === 3 && value.every(fits), sound = {
    function: () => Object.hasOwn(FUNCTIONS, value), values: () => three(within),
    logits: () => three(Number.isFinite) && Math.min(...softmax(value)) >= RANGES.chance - 1e-6,
    seed: () => within(value) && Number.isInteger(value),
  }[name] ?? (() => within(value));
  if (sound()) return value;
  const texts = { function: "linear, square or hill", logits: `three, each probability from ${RANGES.chance}` };
  const wanted = texts[name] ?? `numbers from ${low} to ${high}`;
  throw new Error(`“${name}” is ${JSON.stringify(value)}, expected ${wanted}`);
}
