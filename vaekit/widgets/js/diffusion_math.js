// What `DiffusionPlayer` computes of a diffusion in the plane. t counts steps of noise: 0 is the data, T the noise; the
// network and the schedule's arrays belong to the step that leads to t, and so have the index t − 1.

/** For every t ≥ 1 the shares of signal ᾱ and noise 1 − ᾱ, and those of x₀ and xₜ in the mean of q(xₜ₋₁|xₜ, x₀). */
function schedule(betas) {
  let log = 0, before = 0;
  return betas.map((beta) => {
    const kept = Math.exp(log), alpha = 1 - beta;
    log += Math.log1p(-beta);
    const noise = -Math.expm1(log), xt = (Math.sqrt(alpha) * before) / noise, x0 = (Math.sqrt(kept) * beta) / noise;
    before = noise;
    return { beta, signal: Math.exp(log), noise, x0, xt };
  });
}

/** Sines, then cosines, of t − 1 times the frequencies. */
function timeFeatures(t, frequencies) {
  const angles = frequencies.map((f) => f * (t - 1));
  return [...angles.map(Math.sin), ...angles.map(Math.cos)];
}

/** A denoiser of (x, features of t) at one t: layers that read x alone, the features being part of the bias. */
function layersAt([{ weight, bias, activation }, ...rest], features) {
  const columns = 2 + features.length, first = new Float64Array(2 * bias.length);
  const moved = Float64Array.from(bias, (sum, i) => {
    for (const j of [0, 1]) first[2 * i + j] = weight[columns * i + j];
    return features.reduce((all, feature, j) => all + weight[columns * i + 2 + j] * feature, sum);
  });
  return [{ weight: first, bias: moved, activation }, ...rest];
}

/** E[ε|xₜ] for a mixture of round Gaussians, [weight, mean, mean, variance] each. */
function mixtureNoise(mixture, x, { signal, noise }) {
  const parts = mixture.map(([weight, a, b, v]) => {
    const offset = [x[0] - Math.sqrt(signal) * a, x[1] - Math.sqrt(signal) * b], variance = signal * v + noise;
    const log = Math.log(weight) - (offset[0] ** 2 + offset[1] ** 2) / (2 * variance) - Math.log(variance);
    return { offset, variance, log };
  });
  const most = Math.max(...parts.map(({ log }) => log)), beliefs = parts.map(({ log }) => Math.exp(log - most));
  const total = beliefs.reduce((a, b) => a + b);
  return [0, 1].map((j) => Math.sqrt(noise)
    * parts.reduce((sum, { offset, variance }, k) => sum + (beliefs[k] / total / variance) * offset[j], 0));
}

/** One prediction in every parameterisation, the centre √ᾱ x̂₀, and the mean of the step back. */
function views(noise, x, at) {
  const sd = Math.sqrt(at.noise), map = (f) => [0, 1].map(f);
  const centre = map((j) => x[j] - sd * noise[j]), x0 = centre.map((v) => v / Math.sqrt(at.signal));
  const mean = map((j) => at.x0 * x0[j] + at.xt * x[j]);
  return { noise: Array.from(noise), score: map((j) => -noise[j] / sd), x0, centre, mean };
}

/** States 0 to T of data that become noise: arrays of x, y, x, y, … */
function noisePath(data, betas, seed) {
  const { normal } = stream(seed), states = [Float64Array.from(data)];
  for (const beta of betas) {
    states.push(states.at(-1).map((v) => Math.sqrt(1 - beta) * v + Math.sqrt(beta) * normal()));
  }
  return states;
}

/**
 * Ancestral samples, made while there is time: `reach(t, enough)` goes on until state t is there or `enough()` says so,
 * and returns the lowest t so far. `predict(t)` gives the function that finds the noise in x at t.
 */
function samplePath(count, steps, reverseVar, predict, seed) {
  const { normal, normals } = stream(seed), last = steps.length, states = [];
  let t = last, i = 0, next = null;
  states[last] = normals(2 * count);
  const reach = (goal, enough = () => false) => {
    while (t > goal) {
      const from = states[t], noise = predict(t), sd = Math.sqrt(reverseVar[t - 1]);
      next ??= new Float64Array(2 * count);
      for (; i < count; i++) {
        if (i % 8 === 0 && enough()) return t;
        const x = from.subarray(2 * i, 2 * i + 2), { mean } = views(noise(x), x, steps[t - 1]);
        for (const j of [0, 1]) next[2 * i + j] = mean[j] + sd * normal();
      }
      states[--t] = next;
      [next, i] = [null, 0];
    }
    return t;
  };
  return { states, reach };
}

/** Points between two states, `share` of the way. */
const between = (a, b, share) => (share ? a.map((v, i) => v + share * (b[i] - v)) : a);
const diffusionMath = { schedule, timeFeatures, layersAt, mixtureNoise, views, noisePath, samplePath, between };
