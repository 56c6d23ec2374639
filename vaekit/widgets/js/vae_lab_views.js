const TERMS = {
  "−ELBO": { read: (entry) => entry.total, colour: "ink", dash: [], width: 2.5 },
  distortion: { read: ({ distortion }) => distortion, colour: "c7", dash: [7, 4] },
  rate: { read: ({ rate }) => rate && total(rate), colour: "c1", dash: [2, 3] },
};
const UNITS = {
  "unit 1": { read: ({ rate }) => rate?.[0], colour: "c4", dash: [] },
  "unit 2": { read: ({ rate }) => rate?.[1], colour: "c9", dash: [6, 4] },
};

/** The decoder's picture of the latents: a curve ± 2 s, or the bent lines z₁, z₂ = −2 … 2. */
function drawDecoder(pen, { css }, { at, unit }, net) {
  const path = new Path2D(), one = net.latent === 1;
  const trace = (values) => {
    const { mean } = decode(net, Float64Array.from(values));
    for (let i = 0; i < mean.length; i += 2) path[i ? "lineTo" : "moveTo"](...at(mean[i], mean[i + 1]));
  };
  if (one) trace(walk(161, 3));
  else for (const c of walk(9, 2)) trace(walk(33, 2).flatMap((z) => [c, z])), trace(walk(33, 2).flatMap((z) => [z, c]));
  const stroke = (alpha, lineWidth) => {
    Object.assign(pen, { lineJoin: "round", lineCap: "round", strokeStyle: css("accent", alpha), lineWidth });
    pen.stroke(path);
  };
  if (one) stroke(0.16, Math.max(1, 4 * Math.exp(0.5 * net.logvar[0]) * unit));
  stroke(one ? 1 : 0.5, one ? 2 : 1);
}

/** Data and, as `shown` says, the decoder's picture, its means at μ, and samples of the model. */
function drawData(target, colours, { net, data: { x, groups }, now, shown }) {
  const { pen } = target, { css } = colours, plane = square(target, colours, EXTENT, ["data space", "x₁", "x₂"]);
  const { at } = plane, lines = new Path2D(), ends = new Path2D(), crosses = new Path2D();
  const stroke = (path, strokeStyle, lineWidth) => (Object.assign(pen, { strokeStyle, lineWidth }), pen.stroke(path));
  if (shown.decoder) drawDecoder(pen, colours, plane, net);
  drawMarks(pen, colours, at, x, groups, { size: 2.6, alpha: shown.reconstructions ? 0.5 : 0.8 });
  const { mean } = decode(net, now.q.mu);
  for (let i = 0; shown.reconstructions && i < mean.length; i += 6) {
    const [u, v] = at(mean[i], mean[i + 1]);
    lines.moveTo(...at(x[i], x[i + 1]));
    lines.lineTo(u, v);
    ends.moveTo(u + 3, v);
    ends.arc(u, v, 3, 0, TURN);
  }
  stroke(lines, css("ink", 0.45), 1);
  pen.fillStyle = css("paper");
  pen.fill(ends);
  stroke(ends, css("ink"), 1.5);
  for (let i = 0; shown.samples && i < now.samples.length; i += 4) {
    const [u, v] = at(now.samples[i], now.samples[i + 1]);
    for (const s of [3.2, -3.2]) crosses.moveTo(u - 3.2, v - s), crosses.lineTo(u + 3.2, v + s);
  }
  stroke(crosses, css("paper", 0.9), 4);
  stroke(crosses, css("c0"), 1.6);
  if (!groups.length) plane.note("Draw here.", ...at(0, 0.5), "center", "ink");
  plane.label();
}

/** Posterior means, some posteriors at one s.d., and the prior's rings. */
function drawLatents(target, colours, { data: { groups }, now: { q: { mu, logvar } }, sampled }) {
  const { pen } = target, { css } = colours, extent = reachOf(mu), rings = new Path2D(), sigmas = [1, 2, 3];
  const { at, unit, label, note } = square(target, colours, extent, ["latent space", "z₁", "z₂"]), [cx, cy] = at(0, 0);
  for (let i = 0; sampled && i < groups.length; i += 12) {
    const [a, b] = [0, 1].map((j) => unit * Math.exp(0.5 * logvar[2 * i + j])), colour = COLOURS[groups[i]];
    Object.assign(pen, { lineWidth: 1, strokeStyle: css(colour, 0.5), fillStyle: css(colour, 0.05) });
    pen.beginPath();
    pen.ellipse(...at(mu[2 * i], mu[2 * i + 1]), a, b, 0, 0, TURN);
    pen.fill();
    pen.stroke();
  }
  drawMarks(pen, colours, at, mu, groups, { size: 2.6, alpha: 0.85 });
  for (const sigma of sigmas) rings.moveTo(cx + sigma * unit, cy), rings.arc(cx, cy, sigma * unit, 0, TURN);
  Object.assign(pen, { strokeStyle: css("ink"), lineWidth: 1.25 });
  pen.setLineDash([2, 4]);
  pen.stroke(rings);
  pen.setLineDash([]);
  if (extent < 9) for (const sigma of sigmas) note(`${sigma}σ`, ...at(sigma * Math.SQRT1_2, sigma * Math.SQRT1_2));
  label();
}

/** One latent: the aggregate posterior and its groups' shares, the prior, and the posterior means below. */
function drawDensities(target, colours, { data: { groups }, now: { q: { mu, logvar } }, sampled }) {
  const extent = reachOf(mu), zs = walk(161, extent), shares = COLOURS.map(() => new Float64Array(161));
  for (let i = 0; sampled && i < mu.length; i++) {
    const precision = Math.exp(-logvar[i]), scale = Math.sqrt(precision / TURN) / mu.length, share = shares[groups[i]];
    for (let b = 0; b < 161; b++) share[b] += scale * Math.exp(-0.5 * precision * (zs[b] - mu[i]) ** 2);
  }
  const q = zs.map((_, b) => shares.reduce((sum, share) => sum + share[b], 0));
  const most = Math.min(4, Math.ceil(2.2 * Math.max(...q, 0.2)) / 2), prior = { dash: [3, 4] };
  const x = { min: -extent, max: extent, label: "z, latent space" };
  const y = { min: -0.12 * most, max: most, label: "density" };
  const plot = axes(target, colours, { x, y });
  plot.frame();
  if (sampled) shares.forEach((share, g) => plot.curve(zs, share, { colour: COLOURS[g], width: 1.25, fill: 0.12 }));
  if (sampled) plot.curve(zs, q, { width: 2.5 });
  plot.curve(zs, zs.map((z) => Math.exp(logNormal([z]))), prior);
  const rows = Array.from(mu).flatMap((m, i) => [m, -most * (0.02 + 0.016 * groups[i])]);
  drawMarks(target.pen, colours, plot.at, rows, groups, { size: 2.4, alpha: 0.85 });
  plot.key([...(sampled ? [{ text: "q(z)" }] : []), { text: "p(z)", ...prior }]);
}
