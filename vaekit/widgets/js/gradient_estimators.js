// Gradients of E[f(z)] with respect to μ for z ~ N(μ, σ²): samples of three estimators, and their exact variances.
// The score of a draw z = μ + σε is s = ∂ log q(z)/∂μ = (z − μ)/σ² = ε/σ; E[s] = 0 and E[s²] = 1/σ².

/** Least and greatest value of each trait, and the steps in which a reader changes it. */
const RANGES = {
  mean: [-3, 3, 0.05], scale: [0.2, 2, 0.05], omega: [0.5, 10, 0.1],
  samples: [2, 16, 1], draws: [10, 10000, 1], seed: [0, 2 ** 32 - 1, 1],
};

/**
 * Each function f with its slope f′ and, as functions of μ, the moments M = E[f], N = E[f²] and P = E[f′²], with the
 * derivatives M1 = M′, M2 = M″, N2 = N″ that the scores bring in: E[hs] = E[h]′ and E[hs²] = E[h]″ + E[h]/σ².
 */
const FUNCTIONS = {
  square: {
    f: (z) => z * z,
    slope: (z) => 2 * z,
    moments({ mean: m, scale: s }) {
      const v = s * s;
      return {
        M: m * m + v, M1: 2 * m, M2: 2,
        N: m ** 4 + 6 * m * m * v + 3 * v * v, N2: 12 * (m * m + v), P: 4 * (m * m + v),
      };
    },
  },
  sine: {
    f: (z, w) => Math.sin(w * z),
    slope: (z, w) => w * Math.cos(w * z),
    moments({ mean: m, scale: s, omega: w }) {
      const once = Math.exp(-((w * s) ** 2) / 2), twice = Math.exp(-2 * (w * s) ** 2) * Math.cos(2 * w * m);
      const M = once * Math.sin(w * m), N2 = 2 * w * w * twice;
      const P = (w * w * (1 + twice)) / 2;
      return { M, M1: w * once * Math.cos(w * m), M2: -w * w * M, N: (1 - twice) / 2, N2, P };
    },
  },
  step: { // 1 where z > 0: flat wherever it has a slope, so E[f′] = 0 is not the gradient
    f: (z) => (z > 0 ? 1 : 0),
    slope: () => 0,
    jumps: true,
    moments({ mean: m, scale: s }) {
      const u = m / s, M = (1 + erf(u / Math.SQRT2)) / 2, M1 = Math.exp(-u * u / 2) / (s * Math.sqrt(2 * Math.PI));
      return { M, M1, M2: (-u / s) * M1, N: M, N2: (-u / s) * M1, P: 0 };
    },
  },
};

/**
 * The gradient, and each estimator's variance per draw: a leave-one-out average costs K draws, so its variance counts
 * K times. The average is the sample covariance of f and s, and
 *   K Var = E[(f − M)²s²] − (K − 2)/(K − 1) M′² + Var(f) Var(s)/(K − 1).
 */
function exactGradient(name, setting) {
  const { M, M1, M2, N, N2, P } = FUNCTIONS[name].moments(setting), { jumps } = FUNCTIONS[name];
  const K = setting.samples, information = 1 / setting.scale ** 2, squared = M1 * M1;
  const raw = N2 + N * information, centred = raw - 2 * M * (M2 + M * information) + M * M * information;
  const leaveOneOut = centred - ((K - 2) / (K - 1)) * squared + ((N - M * M) * information) / (K - 1);
  const variances = { pathwise: jumps ? P : P - squared, score: raw - squared, leaveOneOut };
  for (const each in variances) variances[each] = Math.max(0, variances[each]); // rounding may fall below
  return { gradient: M1, variances };
}

/** `count` standard normal numbers: uniform ones by mulberry32, a 32-bit counter scrambled, then Box and Muller. */
function noise(seed, count) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
  const out = new Float64Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(uniform())), angle = 2 * Math.PI * uniform();
    out[i] = radius * Math.cos(angle);
    if (i + 1 < count) out[i + 1] = radius * Math.sin(angle);
  }
  return out;
}

/** Every estimate from the draws z = μ + σε: one a draw, and a leave-one-out average of each whole K of them. */
function estimates(name, { mean, scale, omega, samples: K }, eps) {
  const { f, slope } = FUNCTIONS[name], count = eps.length, groups = Math.floor(count / K);
  const pathwise = new Float64Array(count), score = new Float64Array(count), leaveOneOut = new Float64Array(groups);
  for (let k = 0, i = 0; i < count; k++) {
    let sum = 0, values = 0, scores = 0;
    const end = Math.min(i + K, count);
    for (; i < end; i++) {
      const z = mean + scale * eps[i], s = eps[i] / scale, value = f(z, omega);
      pathwise[i] = slope(z, omega);
      score[i] = value * s;
      sum += score[i];
      values += value;
      scores += s;
    }
    if (k < groups) leaveOneOut[k] = (sum - (values * scores) / K) / (K - 1); // Σ (f − mean of the others) s / K
  }
  return { pathwise, score, leaveOneOut };
}

/** Running sums of the values and of their squares, each from the first value on: equal values differ by exactly 0. */
function runningSums(values) {
  const first = new Float64Array(values.length + 1), second = new Float64Array(values.length + 1), centre = values[0];
  values.forEach((value, i) => {
    first[i + 1] = first[i] + value - centre;
    second[i + 1] = second[i] + (value - centre) ** 2;
  });
  return { first, second, centre };
}

/** Mean of the first `count` values, its standard error, and their variance; NaN where there are too few. */
function measure({ first, second, centre }, count) {
  const variance = count > 1 ? Math.max(0, second[count] - first[count] ** 2 / count) / (count - 1) : NaN;
  return { mean: count ? centre + first[count] / count : NaN, error: Math.sqrt(variance / count), variance };
}

/** Where each estimator stands after n draws: mean, standard error, and variance per draw; `sums` of `runningSums`. */
function standing(sums, n, K) {
  const { leaveOneOut, ...single } = sums, average = measure(leaveOneOut, Math.floor(n / K));
  const now = { leaveOneOut: { ...average, variance: K * average.variance } };
  for (const name in single) now[name] = measure(single[name], n);
  return now;
}

/** The next of 10, 20, 50, 100, … after n draws, at most `last`. */
function nextStop(n, last) {
  const power = 10 ** Math.floor(Math.log10(n) + 1e-9);
  return Math.min(last, [2, 5, 10].map((m) => m * power).find((stop) => stop > n));
}

/** A trait as the page may use it, or an error that says what is wrong with it. */
function checked(name, value) {
  const [low, high, step] = RANGES[name] ?? [], named = name === "function";
  const fits = Number.isFinite(value) && value >= low && value <= high && (step < 1 || Number.isInteger(value));
  if (named ? Object.hasOwn(FUNCTIONS, value) : fits) return value;
  const wanted = named ? Object.keys(FUNCTIONS).join(", ") : `a number from ${low} to ${high}`;
  throw new Error(`“${name}” is ${JSON.stringify(value)}, expected ${wanted}`);
}

/** Three significant digits, at most four after the point, never an exponent. */
function brief(x) {
  const digits = 2 - Math.floor(Math.log10(Math.abs(x) || 1));
  return Number.isFinite(x) ? fixed(x, Math.max(0, Math.min(4, digits))) : "–";
}

/** A mean and its standard error, with digits down to the second of the error, at most three after the point. */
function withError({ mean, error }) {
  const digits = error ? Math.max(0, Math.min(3, 1 - Math.floor(Math.log10(error)))) : 0;
  return Number.isFinite(error) ? `${fixed(mean, digits)} ± ${fixed(error, digits)}` : "–";
}
