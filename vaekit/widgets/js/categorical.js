// A choice z among classes with probabilities p: relaxed draws from Gumbel noise, the exact gradient of E[f(z)] with
// respect to the logits, and two estimators of it, by enumeration. `values` are f at each one-hot z, `slopes` its
// gradients there. A widget asks for this part in its `parts`, after random.js.

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** softmax(x / τ). */
function softmax(x, tau = 1) {
  const most = Math.max(...x), e = Array.from(x, (each) => Math.exp((each - most) / tau));
  const sum = e.reduce((all, each) => all + each, 0);
  return e.map((each) => each / sum);
}

/** (diag z − z zᵀ) d: a slope d on its way back through a softmax of value z. */
function throughSoftmax(z, d) {
  const mean = dot(z, d);
  return z.map((each, i) => each * (d[i] - mean));
}

/** `count` rows of Gumbel numbers, one for each class. */
function gumbels(seed, count, classes) {
  const { uniform } = stream(seed), row = () => Array.from({ length: classes }, () => -Math.log(-Math.log(uniform())));
  return Array.from({ length: count }, row);
}

/** The relaxed draws of these Gumbel numbers, their mean, the class nearest to each, and the share of each class. */
function relax(noise, p, tau) {
  const sums = noise.map((g) => g.map((each, i) => each + Math.log(p[i]))), draws = sums.map((x) => softmax(x, tau));
  const nearest = sums.map((x) => x.indexOf(Math.max(...x))), share = 1 / noise.length;
  const mean = p.map((_, i) => draws.reduce((sum, z) => sum + share * z[i], 0));
  return { draws, nearest, mean, shares: p.map((_, i) => share * nearest.filter((k) => k === i).length) };
}

/** The gradient of Σ p f: p (f − E f). */
const exactGradient = (values, p) => throughSoftmax(p, values);

/** Straight-through: ∇f at an exact draw, back through the probabilities. */
function straightThrough(slopes, p) {
  const all = slopes.map((slope) => throughSoftmax(p, slope)), mean = p.map((_, i) => dot(p, all.map((g) => g[i])));
  return { mean, variance: dot(p, all.map((g) => dot(g, g))) - dot(mean, mean) };
}

/** Leave-one-out: K times the variance of the sample covariance of f and the score in K draws. */
function leaveOneOut(values, p, K) {
  const mean = throughSoftmax(p, values), middle = dot(p, values), square = dot(p, p);
  const spread = values.map((f) => (f - middle) ** 2), both = spread.map((f, k) => f * (1 + square - 2 * p[k]));
  const rest = (dot(p, spread) * (1 - square) - (K - 2) * dot(mean, mean)) / (K - 1);
  return { mean, variance: dot(p, both) + rest };
}

/** Bias, s.d., and the root mean square errors of one draw and of the mean of a hundred. */
function judge({ mean, variance }, exact) {
  const off = mean.map((each, i) => each - exact[i]), square = dot(off, off), noise = Math.max(0, variance);
  return [square, noise, square + noise, square + noise / 100].map(Math.sqrt);
}
