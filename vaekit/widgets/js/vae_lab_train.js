// Training in `VaeLab`, and what is measured.

const BATCH = 64, ACTIVE = 0.01; // a unit is active if its mean varies more over the data (Burda et al., 2016)

function makeTrainer({ width, latent_dim: latent, noise_sd: sd, seed }) {
  const source = stream(seed), net = initialise(makeNet(width, latent), sd, source.uniform);
  return { net, source, slopes: makeNet(width, latent), memory: {}, updates: 0, order: [], at: 0 };
}

/** The next rows of a shuffled pass over the data, BATCH of them or all; then the next pass. */
function nextBatch(trainer, x) {
  const count = x.length / 2, size = Math.min(BATCH, count);
  if (trainer.order.length !== count || trainer.at + size > count) {
    const order = Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = Math.floor((i + 1) * trainer.source.uniform());
      [order[i], order[j]] = [order[j], order[i]];
    }
    Object.assign(trainer, { order, at: 0 });
  }
  const rows = trainer.order.slice(trainer.at, (trainer.at += size));
  return Float64Array.from(rows.flatMap((i) => [x[2 * i], x[2 * i + 1]]));
}

/** One update; returns the loss before it. If that is not finite, nothing changes. */
function update(trainer, x, setting) {
  const { net, source, slopes, memory } = trainer, batch = nextBatch(trainer, x), { estimator, samples } = setting;
  const count = estimator === "none" ? 0 : (samples * batch.length * net.latent) / 2;
  const { loss } = backward(net, batch, source.normals(count), setting, slopes);
  if (!Number.isFinite(loss)) return loss;
  adam(net.vector, slopes.vector, memory, setting.lr);
  const [low, high] = RANGES.noise_sd, sd = setting.learn_noise ? Math.exp(0.5 * net.logvar[0]) : setting.noise_sd;
  net.logvar[0] = 2 * Math.log(Math.min(high, Math.max(low, sd)));
  trainer.updates++;
  return loss;
}

/** The terms over all rows, with any number of draws for each, and the active units. */
function measure(net, x, eps, estimator) {
  const q = encode(net, x), D = distortions(x, decode(net, draw(q, eps, estimator)).mean, net.logvar[0]);
  const distortion = total(D) / D.length, rate = rates(q, net.latent), active = activeUnits(q.mu, net.latent);
  return { q, distortion, active, ...(estimator === "none" ? {} : { rate, total: distortion + total(rate) }) };
}

function activeUnits(mu, latent) {
  const units = Array.from({ length: latent }, (_, j) => mu.filter((_, i) => i % latent === j));
  return units.filter((values) => {
    const mean = total(values) / values.length;
    return total(values.map((v) => (v - mean) ** 2)) / (values.length - 1) > ACTIVE;
  }).length;
}

/** At most `most` rows, spread over all of them. */
function thin(rows, wide, most) {
  const each = Math.ceil(rows.length / wide / most);
  return rows.filter((_, i) => Math.floor(i / wide) % each === 0);
}

/** KL(q(z) ‖ p(z)) of the aggregate posterior of the rows, at one draw z = μ + σε of each. */
function marginalKl({ mu, logvar }, eps, latent) {
  const z = draw({ mu, logvar }, eps), n = mu.length / latent, precision = logvar.map((v) => Math.exp(-v));
  let sum = 0;
  for (let i = 0; i < mu.length; i += latent) {
    let density = 0;
    for (let m = 0; m < mu.length; m += latent) {
      let log = 0; // the constants of q and p are the same
      for (let j = 0; j < latent; j++) log -= 0.5 * (logvar[m + j] + (z[i + j] - mu[m + j]) ** 2 * precision[m + j]);
      density += Math.exp(log) / n;
    }
    for (let j = 0; j < latent; j++) sum += 0.5 * z[i + j] ** 2;
    sum += Math.log(density);
  }
  return sum / n;
}

/** The importance-weighted bound on log p(x), a mean over the rows. */
function logEvidence(net, x, eps) {
  const q = encode(net, x), z = draw(q, eps), D = distortions(x, decode(net, z).mean, net.logvar[0]);
  return importance(D, z, q, eps, net.latent, 1).bound;
}

/** Draws x ~ p(x|z), z ~ p(z), made of the given noise. */
function generate(net, epsZ, epsX) {
  return decode(net, epsZ).mean.map((m, i) => m + Math.exp(0.5 * net.logvar[0]) * epsX[i]);
}

/** The share of rows farther than `reach` from every row of x. */
function shareOff(rows, x, reach) {
  let off = 0;
  for (let i = 0; i < rows.length; i += 2) {
    let j = 0;
    while (j < x.length && Math.hypot(rows[i] - x[j], rows[i + 1] - x[j + 1]) > reach) j += 2;
    if (j >= x.length) off++;
  }
  return (2 * off) / rows.length;
}
