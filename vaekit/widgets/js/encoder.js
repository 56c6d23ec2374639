// What an encoder with a Gaussian head says of an image, and the terms of the ELBO for binary pixels, in nats;
// a widget asks for this part in its `parts`.

/** q(z|x) from the last sums of an encoder: means and, after them, log-variances that ±`bound` bounds softly. */
function gaussianHead(sums, bound) {
  const half = sums.length / 2, logvar = sums.slice(half).map((raw) => bound * Math.tanh(raw / bound));
  return { mu: sums.slice(0, half), logvar, sigma: logvar.map((v) => Math.exp(v / 2)) };
}

/** KL(q ‖ N(0, I)) of a diagonal Gaussian, in closed form. */
const gaussianRate = ({ mu, logvar }) =>
  mu.reduce((sum, m, j) => sum + 0.5 * (m * m + Math.expm1(logvar[j]) - logvar[j]), 0);

/** −log p(x|z) of pixels in {0, 1}, from the decoder's logits. */
const bernoulliDistortion = (pixels, logits) =>
  logits.reduce((sum, l, i) => sum + ACTIVATIONS.softplus(l) - pixels[i] * l, 0);

/** The same layers, the last without its activation. */
const withoutActivation = (layers) => layers.with(-1, { ...layers.at(-1), activation: "identity" });

/** `forward` for many inputs, four at a time, so that each weight is fetched once for four. */
function forwardAll(layers, inputs) {
  const made = [], at = (i) => inputs[Math.min(i, inputs.length - 1)];
  for (let n = 0; n < inputs.length; n += 4) {
    let four = [at(n), at(n + 1), at(n + 2), at(n + 3)];
    for (const { weight, bias, activation } of layers) {
      const [p, q, r, s] = four, outs = four.map(() => new Float64Array(bias.length)), f = ACTIVATIONS[activation];
      for (let i = 0, k = 0; i < bias.length; i++) {
        let a = bias[i], b = a, c = a, d = a;
        for (let j = 0; j < p.length; j++, k++) {
          const w = weight[k];
          a += w * p[j];
          b += w * q[j];
          c += w * r[j];
          d += w * s[j];
        }
        [a, b, c, d].forEach((sum, m) => (outs[m][i] = f(sum)));
      }
      four = outs;
    }
    made.push(...four);
  }
  return made.slice(0, inputs.length);
}

// Points and weights whose sum is the mean under N(0, I) in two dimensions, exactly for polynomials up to degree 5.
const NODES = [[0, 0, 1 / 2], ...Array.from({ length: 6 }, (_, k) =>
  [2 * Math.cos((k * Math.PI) / 3), 2 * Math.sin((k * Math.PI) / 3), 1 / 12])];

/** For two latents: q(z|x), the terms of −ELBO in nats, and decoder means at the mean of q and at its draws μ + σε. */
function account({ encoder, decoder, bound, eps }, pixels) {
  const q = gaussianHead(forward(encoder, Float64Array.from(pixels)), bound), logits = withoutActivation(decoder);
  const z = [...NODES, ...eps].map((e) => q.mu.map((m, j) => m + q.sigma[j] * e[j])), sums = forwardAll(logits, z);
  const distortion = NODES.reduce((sum, [, , w], k) => sum + w * bernoulliDistortion(pixels, sums[k]), 0);
  const rate = gaussianRate(q), pictures = [sums[0], ...sums.slice(NODES.length)].map((each) => each.map(sigmoid));
  return { ...q, distortion, rate, loss: distortion + rate, pictures };
}
