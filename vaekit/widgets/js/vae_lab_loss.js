// The loss of `VaeLab` and its gradient, by hand.

/** The loss, a mean over the rows of x; `slopes`, a net, is overwritten by its gradient. */
function backward(net, x, eps, { beta, estimator }, slopes = makeNet(net.width, net.latent)) {
  const { width, latent } = net, iwae = estimator === "iwae", none = estimator === "none", rows = x.length / 2;
  const q = encode(net, x), z = draw(q, eps, estimator), { hidden, mean } = decode(net, z), { mu, logvar } = q;
  const D = distortions(x, mean, net.logvar[0]), count = D.length, K = count / rows, scale = Math.exp(-net.logvar[0]);
  const { bound, shares } = iwae ? importance(D, z, q, eps, latent, beta) : { shares: D.map(() => 1 / K) };
  slopes.vector.fill(0);
  const dMean = mean.map((m, i) => {
    const error = x[i % x.length] - m, weight = shares[i >> 1] / rows;
    slopes.logvar[0] += 0.5 * weight * (1 - scale * error * error);
    return -weight * scale * error;
  });
  const dHidden = squashBack(affineBack(dMean, hidden, width, net.mean, slopes.mean, slopes.meanBias), hidden);
  const dz = affineBack(dHidden, z, latent, net.decoder, slopes.decoder, slopes.decoderBias);
  const dMu = mu.map((m) => (iwae ? 0 : (beta * m) / rows)); // of the rate
  const dLogvar = logvar.map((v) => (iwae || none ? 0 : (0.5 * beta * Math.expm1(v)) / rows));
  dz.forEach((slope, i) => { // from the draws to the encoder
    const r = Math.floor(i / latent), at = i % mu.length, sigma = Math.exp(0.5 * logvar[at]), e = eps[i];
    if (estimator === "score") {
      let gain = K > 1 ? (D[r] * K) / (K - 1) : D[r]; // D − mean of the others = (D − mean of all) K / (K − 1)
      for (let k = r % rows; k < count && K > 1; k += rows) gain -= D[k] / (K - 1);
      dMu[at] += (gain * e) / (sigma * count);
      dLogvar[at] += (0.5 * gain * (e * e - 1)) / count;
      return;
    }
    const through = slope + (iwae ? (beta * shares[r] * z[i]) / rows : 0);
    dMu[at] += through;
    if (!none) dLogvar[at] += 0.5 * through * e * sigma;
    if (iwae) dLogvar[at] -= (0.5 * beta * shares[r]) / rows;
  });
  dLogvar.forEach((v, i) => (dLogvar[i] = v * (1 - (logvar[i] / BOUND) ** 2)));
  const back = affineBack(dMu, q.hidden, width, net.mu, slopes.mu, slopes.muBias);
  affineBack(dLogvar, q.hidden, width, net.raw, slopes.raw, slopes.rawBias).forEach((v, i) => (back[i] += v));
  affineBack(squashBack(back, q.hidden), x, 2, net.encoder, slopes.encoder, slopes.encoderBias);
  const price = none ? (0.5 * total(mu.map((m) => m * m))) / rows : total(rates(q, latent));
  return { loss: iwae ? -bound : total(D) / count + beta * price, slopes };
}
