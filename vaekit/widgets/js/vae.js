// One pass through a VAE with Gaussian q, prior N(0, I) and Bernoulli pixels, forward and backward; a widget asks for
// this part in its `parts`, after encoder.js and backward.js. All in nats.

/** q(z|x) and the encoder's hidden layers. */
function posterior(encoder, bound, x) {
  const { sums, outputs } = passThrough(encoder, x);
  return { hidden: outputs.slice(0, -1), ...gaussianHead(sums.at(-1), bound) };
}

/** One draw z = μ + σε and all that follows from it, with the KL in closed form. */
function drawOnce(decoder, x, q, eps) {
  const z = q.mu.map((m, j) => m + q.sigma[j] * eps[j]), { sums, outputs } = passThrough(decoder, z);
  const logits = sums.at(-1), pixels = outputs.pop();
  const distortion = bernoulliDistortion(x, logits), rate = gaussianRate(q);
  return { eps, z, sums, hidden: outputs, logits, pixels, distortion, rate, elbo: -distortion - rate };
}

/**
 * Gradients of −ELBO. That of the distortion arrives at z; as μ + σε, z hands it on to μ and, times ε, to σ. Without
 * the trick it stops at z, and μ and σ hear of the rate alone.
 */
function gradients(decoder, x, { mu, sigma }, { eps, sums, pixels }, trick) {
  const z = pullBack(decoder, sums, pixels.map((p, i) => p - x[i])), through = z.map((g) => (trick ? g : 0));
  const passed = { mu: through, sigma: through.map((g, j) => g * eps[j]) };
  const own = { mu, sigma: sigma.map((s) => s - 1 / s) };
  return { z, mu: own.mu.map((g, j) => g + passed.mu[j]), sigma: own.sigma.map((g, j) => g + passed.sigma[j]) };
}

/** Mean over the draws in `bank` of −distortion − rate, with its standard error and the lowest of them. */
function meanElbo(decoder, x, q, bank) {
  const all = bank.map((eps) => drawOnce(decoder, x, q, eps).elbo), n = all.length;
  const mean = all.reduce((sum, each) => sum + each, 0) / n;
  const square = all.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  return { mean, error: Math.sqrt(square / (n - 1) / n), low: Math.min(...all) };
}

/** Every tensor of a pass that is made by stage `now`, from 0 (x) to 9 (the gradients): its name and its numbers. */
function tensors({ x, q, made, slopes }, now) {
  const hidden = (name, layers, k) => layers.map((h, i) => [`${name} layer ${i + 1}`, k, h]);
  const all = [
    ["x", 0, x], ...hidden("encoder", q.hidden, 1), ["μ", 2, q.mu], ["log σ²", 2, q.logvar], ["σ", 2, q.sigma],
    ["ε", 3, made.eps], ["z", 4, made.z], ...hidden("decoder", made.hidden, 5), ["logits", 6, made.logits],
    ["pixel means", 6, made.pixels], ["distortion, rate, ELBO", 7, [made.distortion, made.rate, made.elbo]],
    ["∂/∂z", 8, slopes.z], ["∂/∂μ", 9, slopes.mu], ["∂/∂σ", 9, slopes.sigma],
  ];
  return all.filter(([, k]) => k <= now).map(([name, , values]) => [name, values]);
}
