// The linear VAE of CollapseLab, in the eigenbasis of centred data: z ~ N(0, I), x|z ~ N(W z, s² I) and
// q(z|x) = N(V x, diag v). The mean of distortion + β · rate, in nats, needs the eigenvalues of their covariance alone.
// A setting: { values, rest, dimensions, noise, beta, units }: the M largest eigenvalues, the sum of the others, D, s²,
// β and L <= M. A state: { W (M, L), V (L, M), logv (L) }, row by row. The other D − M rows of W and columns of V stay
// 0 where they start there, and are 0 at the optimum: leaving them out is exact.

const RATE = 0.3, MOMENTUM = 0.8, START = 0.003, KICK = 2e-5; // sizes where the largest eigenvalue is 1
const ACTIVE = 0.01; // least variance of an active unit's posterior mean (Burda et al., 2016)

/** Standard normal numbers, one a call: a counter scrambled by multiplications, then Box and Muller. */
function normals(seed) {
  let counter = seed >>> 0;
  const scramble = (h, shift, factor) => Math.imul(h ^ (h >>> shift), factor);
  const uniform = () => {
    counter = (counter + 0x9e3779b9) >>> 0;
    const h = scramble(scramble(counter, 16, 0x85ebca6b), 13, 0xc2b2ae35);
    return (((h ^ (h >>> 16)) >>> 0) + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** Add noise to W and V. */
function kick({ W, V }, { values: [top] }, normal, size = KICK) {
  for (let i = 0; i < W.length; i++) W[i] += size * Math.sqrt(top) * normal();
  for (let i = 0; i < V.length; i++) V[i] += (size / Math.sqrt(top)) * normal();
}

const blank = ({ values: { length: M }, units: L }) =>
  ({ W: new Float64Array(M * L), V: new Float64Array(L * M), logv: new Float64Array(L) });

/** A small random state, at rest: the posterior almost the prior. */
function start(setting, normal) {
  const state = { ...blank(setting), motion: blank(setting) };
  kick(state, setting, normal, START);
  return state;
}

/** G = WᵀW and the covariance A = V Λ Vᵀ of the posterior means, both (L, L). */
function moments({ W, V }, { values, units: L }) {
  const G = new Float64Array(L * L), A = new Float64Array(L * L), M = values.length;
  for (let j = 0; j < L; j++) {
    for (let k = 0; k <= j; k++) {
      let g = 0, a = 0;
      for (let i = 0; i < M; i++) {
        g += W[i * L + j] * W[i * L + k];
        a += V[j * M + i] * values[i] * V[k * M + i];
      }
      G[j * L + k] = G[k * L + j] = g;
      A[j * L + k] = A[k * L + j] = a;
    }
  }
  return { G, A };
}

const total = (list) => list.reduce((sum, each) => sum + each, 0);

/** Terms in nats from E‖x − W z‖² and the units' rates. */
function terms({ dimensions, noise, beta }, square, rates) {
  const distortion = 0.5 * (dimensions * Math.log(2 * Math.PI * noise) + square / noise), rate = total(rates);
  return { distortion, rate, loss: distortion + beta * rate, rates };
}

/** Where a state stands: its terms, and each unit's ‖w‖². */
function account(state, setting) {
  const { values, rest, units: L } = setting, { W, V, logv } = state, M = values.length;
  const { G, A } = moments(state, setting), diagonal = (S) => Array.from(logv, (_, j) => S[j * (L + 1)]);
  const sizes = diagonal(G), spread = diagonal(A);
  let square = rest + total(values) + total(G.map((g, k) => g * A[k]));
  square += total(sizes.map((g, j) => g * Math.exp(logv[j])));
  for (let i = 0; i < M; i++) for (let j = 0; j < L; j++) square -= 2 * W[i * L + j] * V[j * M + i] * values[i];
  const rates = spread.map((a, j) => 0.5 * (a + Math.expm1(logv[j]) - logv[j]));
  return { ...terms(setting, square, rates), sizes, active: spread.filter((a) => a > ACTIVE).length };
}

/** The slopes of the loss in W, V and log v. */
function gradients(state, setting) {
  const { values, noise, beta, units: L } = setting, { W, V, logv } = state, M = values.length;
  const { G, A } = moments(state, setting), v = logv.map(Math.exp), slopes = blank(setting);
  for (let j = 0; j < L; j++) {
    slopes.logv[j] = 0.5 * ((v[j] * G[j * (L + 1)]) / noise + beta * (v[j] - 1));
    for (let i = 0; i < M; i++) {
      const w = W[i * L + j], u = V[j * M + i];
      let down = v[j] * w - values[i] * u, up = -w;
      for (let k = 0; k < L; k++) {
        down += W[i * L + k] * A[k * L + j];
        up += G[j * L + k] * V[k * M + i];
      }
      slopes.W[i * L + j] = down / noise;
      slopes.V[j * M + i] = (up / noise + beta * u) * values[i];
    }
  }
  return slopes;
}

/** A step of gradient descent with momentum on s² · loss, the data scaled to a largest eigenvalue of 1. */
function descend(state, setting) {
  const slopes = gradients(state, setting), [top] = setting.values, size = RATE * setting.noise;
  for (const [name, scaled] of [["W", size], ["V", size / top ** 2], ["logv", size / top]]) {
    const to = state[name], by = state.motion[name];
    for (let k = 0; k < to.length; k++) to[k] += by[k] = MOMENTUM * by[k] - scaled * slopes[name][k];
  }
}

/** The best that L units can do: unit i serves eigenvalue i where that exceeds the threshold β s². */
function optimum(setting) {
  const { values, rest, noise, beta, units } = setting, threshold = beta * noise;
  const served = values.map((value, i) => i < units && value > threshold);
  const each = (yes, no) => values.map((value, i) => (served[i] ? yes(value) : no(value)));
  const rates = each((value) => 0.5 * Math.log(value / threshold), () => 0);
  const made = terms(setting, rest + total(each(() => threshold, Number)), rates);
  const sizes = each((value) => value - threshold, () => 0);
  return { ...made, threshold, served, sizes, active: served.filter(Boolean).length };
}

/**
 * The factor by which a small unit along an eigenvector grows at each step: the larger root of
 * r² − (1 + MOMENTUM − RATE c) r + MOMENTUM, with c the lower eigenvalue of the curvature at 0, [[1, −λ], [−λ, tλ]] for
 * t = β s². Above 1 exactly where λ > t.
 */
function growth(value, { values: [top], noise, beta }) {
  const l = value / top, t = (beta * noise) / top, c = (1 + t * l) / 2 - Math.hypot((1 - t * l) / 2, l);
  const b = (1 + MOMENTUM - RATE * c) / 2;
  return b * b < MOMENTUM ? Math.sqrt(MOMENTUM) : b + Math.sqrt(b * b - MOMENTUM);
}
