// The VAE of `VaeLab`, in float64 and nats. x (2) → tanh layer → μ, log σ² (L) →
// z → tanh layer → mean (2) of N(mean, s² I). `eps` holds K rows of noise for each row of x, draw by draw.
//
//   pathwise  D + β R at z = μ + σε: the gradient flows through z
//   score     the same loss; the encoder's gradient of D is (1/K) Σₖ (Dₖ − bₖ) ∇log q(zₖ), bₖ the mean of the others
//   iwae      −log (1/K) Σₖ wₖ, with log w = log p(x|z) + β (log p(z) − log q(z|x)), through z
//   none      D + β ½‖μ‖² at z = μ: a plain autoencoder with β = 0

const ESTIMATORS = ["pathwise", "iwae", "score", "none"], LOG_TWO_PI = Math.log(2 * Math.PI);
const BOUND = 10; // log σ² = BOUND tanh(raw / BOUND), as in `GaussianHead`

/** A network or its gradient: views of one vector in the order of torch's `parameters()`. */
function makeNet(width, latent, vector = new Float64Array(width * (6 + 3 * latent) + 2 * latent + 3)) {
  const sizes = {
    encoder: 2 * width, encoderBias: width, mu: latent * width, muBias: latent, raw: latent * width, rawBias: latent,
    decoder: latent * width, decoderBias: width, logvar: 1, mean: 2 * width, meanBias: 2,
  };
  const net = { width, latent, vector };
  let start = 0;
  for (const name in sizes) net[name] = vector.subarray(start, (start += sizes[name]));
  return net;
}

/** Weights as torch's `Linear` draws them at first, uniform within ±1/√inputs; and s² = sd². */
function initialise(net, sd, uniform) {
  const inputs = { encoder: 2, mu: net.width, raw: net.width, decoder: net.latent, mean: net.width };
  for (const name in inputs) {
    for (const array of [net[name], net[`${name}Bias`]]) {
      array.forEach((_, i) => (array[i] = (2 * uniform() - 1) / Math.sqrt(inputs[name])));
    }
  }
  net.logvar[0] = 2 * Math.log(sd);
  return net;
}

/** q(z|x) for rows of x: `mu` and `logvar`; and the tanh layer. */
function encode(net, x) {
  const hidden = squash(affine(x, 2, net.encoder, net.encoderBias));
  const mu = affine(hidden, net.width, net.mu, net.muBias), raw = affine(hidden, net.width, net.raw, net.rawBias);
  return { hidden, mu, logvar: raw.map((v) => BOUND * Math.tanh(v / BOUND)) };
}

/** The mean of p(x|z) for rows of z; and the tanh layer. */
function decode(net, z) {
  const hidden = squash(affine(z, net.latent, net.decoder, net.decoderBias));
  return { hidden, mean: affine(hidden, net.width, net.mean, net.meanBias) };
}

/** Rows z = μ + σε of every draw; μ itself for the estimator "none". */
function draw({ mu, logvar }, eps, estimator) {
  if (estimator === "none") return mu;
  return eps.map((e, i) => mu[i % mu.length] + Math.exp(0.5 * logvar[i % mu.length]) * e);
}

/** −log p(x|z) for each row of means; x repeats. */
function distortions(x, mean, logvar) {
  const scale = Math.exp(-logvar), out = new Float64Array(mean.length / 2).fill(LOG_TWO_PI + logvar);
  for (let i = 0; i < mean.length; i++) out[i >> 1] += 0.5 * scale * (x[i % x.length] - mean[i]) ** 2;
  return out;
}

/** KL(N(μ, σ²) ‖ N(0, 1)) of each unit, averaged over the rows. */
function rates({ mu, logvar }, latent) {
  const sums = Array(latent).fill(0);
  mu.forEach((m, i) => (sums[i % latent] += (latent * 0.5 * (m * m + Math.expm1(logvar[i]) - logvar[i])) / mu.length));
  return sums;
}

const total = (values) => values.reduce((sum, v) => sum + v, 0);

/** The importance-weighted bound, averaged over the rows of x, and each draw's share in it. */
function importance(D, z, { mu, logvar }, eps, latent, beta) {
  const rows = mu.length / latent, K = D.length / rows, logs = D.map((d) => -d), shares = new Float64Array(D.length);
  z.forEach((v, i) => {
    logs[Math.floor(i / latent)] += 0.5 * beta * (eps[i] * eps[i] - v * v + logvar[i % mu.length]);
  });
  let bound = 0;
  for (let b = 0; b < rows; b++) {
    let most = -Infinity, sum = 0;
    for (let r = b; r < D.length; r += rows) most = Math.max(most, logs[r]);
    for (let r = b; r < D.length; r += rows) sum += shares[r] = Math.exp(logs[r] - most);
    for (let r = b; r < D.length; r += rows) shares[r] /= sum;
    bound += (most + Math.log(sum / K)) / rows;
  }
  return { bound, shares };
}
