// Importance weights, one batch of them and exact averages over all; a widget asks for this part in its `parts`.
// r stands for relative weights, of mean 1. A gradient is Σ vⁿ f over K draws, with v = r / Σ r and a power n, 1 or 2.

/** Normalised weights, the effective sample size, and log of the average of the first 1, 2, …, K. */
function weights(r) {
  const path = [];
  const sum = r.reduce((before, each, k) => (path.push(Math.log((before + each) / (k + 1))), before + each), 0);
  const shares = r.map((each) => each / sum);
  return { shares, path, ess: 1 / shares.reduce((all, v) => all + v * v, 0) };
}

/**
 * Averages over one draw, for `exact`: `mass` and `r` on a grid, `gradients` as [n, f]. For every s of a grid in log s,
 * up to `end`, and t = s r: E[exp(−t)]; of each gradient E[tⁿ f exp(−t)] and E[(tⁿ f)² exp(−t)].
 */
function tabulate(mass, r, gradients, end, step = 0.35) {
  const over = (f) => mass.reduce((sum, m, i) => sum + m * f(i), 0), size = r.length, rows = [];
  const first = gradients.map(([, f]) => [over((i) => f[i]), over((i) => f[i] * f[i])]);
  const t = new Float64Array(size), e = new Float64Array(size);
  for (let log = -28; log < end; log += step) {
    const s = Math.exp(log);
    let p = 0;
    for (let i = 0; i < size; i++) {
      t[i] = s * r[i];
      p += e[i] = t[i] < 50 ? mass[i] * Math.exp(-t[i]) : 0;
    }
    const parts = gradients.map(([n, f]) => {
      let one = 0, two = 0;
      for (let i = 0; i < size; i++) {
        if (!e[i]) continue;
        const g = f[i] * (n === 1 ? t[i] : t[i] * t[i]);
        one += e[i] * g, two += e[i] * g * g;
      }
      return [one, two];
    });
    rows.push({ s, p, log: Math.log(p), parts });
  }
  return { first, rows, step, powers: gradients.map(([n]) => n) };
}

/** Exact for K draws: the mean of −log of the average of r, if K > 1; of each gradient mean, s.d. and their ratio. */
function exact({ first, rows, step, powers }, K) {
  const sums = first.map((each) => (K === 1 ? [...each] : [0, 0]));
  let gap = 0;
  for (const { s, p, log, parts } of K === 1 ? [] : rows) {
    const pair = step * K * Math.exp((K - 2) * log), rest = pair * p; // K φ^(K − 2) and K φ^(K − 1)
    if (!(pair > 1e-30)) break; // φ falls with s
    gap += (rest * p) / K - step * Math.exp(-K * s);
    for (let k = 0; k < powers.length; k++) {
      const [one, two] = parts[k];
      sums[k][0] += rest * one;
      sums[k][1] += (rest * two + (K - 1) * pair * one * one) / (powers[k] === 1 ? 1 : 6); // (2n − 1)!
    }
  }
  const gradients = sums.map(([sum, square]) => {
    const sd = Math.sqrt(Math.max(0, square - sum * sum)), mean = Math.abs(sum) < 1e-9 * (sd + 1) ? 0 : sum;
    return { mean, sd, snr: sd < 1e-9 ? NaN : Math.abs(mean) / sd };
  });
  return { gap, gradients };
}

/**
 * Measures on draws, each [r, f of every gradient], what `answer(K)` says exactly. `advance(count)` returns how many
 * there are by now; `read()` gives for each of the `sizes`, of which each divides the next, moments of the log of the
 * average of r, then of every gradient, with the sign that makes its exact mean positive.
 */
function survey(draw, powers, sizes, answer) {
  const size = powers.length + 1, sums = sizes.map(() => new Float64Array(size)), exactly = sizes.map(answer);
  const signs = exactly.map(({ gradients }) => gradients.map(({ mean }) => Math.sign(mean) || 1));
  const made = exactly.map(({ gap, gradients }) =>
    [makeMoments(-gap), ...gradients.map(({ mean, sd }) => makeMoments(Math.abs(mean), sd || 1))]);
  const close = (l) => { // a group of this size is full
    const group = sums[l], [r] = group, next = sums[l + 1];
    made[l][0].add(Math.log(r / sizes[l]));
    for (let k = 1; k < size; k++) made[l][k].add((signs[l][k - 1] * group[k]) / r ** powers[k - 1]);
    for (let k = 0; next && k < size; k++) next[k] += group[k];
    group.fill(0);
  };
  let count = 0;
  const advance = (more) => {
    for (const end = count + more; count < end;) {
      const values = draw(), [r] = values;
      sums[0][0] = r;
      for (let k = 1; k < size; k++) sums[0][k] = values[k] * (powers[k - 1] === 1 ? r : r * r);
      count++;
      for (let l = 0; count % sizes[l] === 0; l++) close(l);
    }
    return count;
  };
  return { advance, read: () => made.map((each) => each.map((moments) => moments.read())) };
}
