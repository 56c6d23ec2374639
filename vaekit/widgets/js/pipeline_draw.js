// The drawing of `PipelinePlayer`, made afresh for every pass and layout.

const LAYOUTS = {
  wide: {
    size: [700, 428], x: [4, 40, 104, 104], encoder: [136, 34, 62, 116], code: [224, 36, 98, 112],
    plane: [348, 22, 140, 140], decoder: [514, 34, 62, 116], made: [592, 40, 104, 104], eps: [382, 212, 72, 72],
    sum: [468, 232], slopes: [4, 232], kl: [272, 204, 272, 154], bars: [4, 310, 692],
  },
  narrow: {
    size: [340, 566], x: [2, 24, 88, 88], encoder: [120, 18, 60, 100], code: [210, 20, 128, 96],
    plane: [208, 152, 130, 130], decoder: [120, 167, 60, 100], made: [2, 173, 88, 88], eps: [237, 332, 72, 72],
    sum: [2, 376], slopes: [2, 296], kl: [190, 137, 211, 120], bars: [2, 448, 336],
  },
};
const pair = (values) => `(${Array.from(values, (v) => fixed(v)).join(", ")})`;

/** Middle of a box and the pixels for a unit of the plane that it shows. */
const centre = ([x, y, w, h], extent) => [x + w / 2, y + h / 2, w / 2 / extent];

/** The map from noise to pixels while it flies: from the box of ε (p = 0) to z = μ + σε in the plane (p = 1). */
function flight(at, { q: { mu, sigma }, extent }, p) {
  const [a, b, size] = centre(at.eps, extent), [u, v, unit] = centre(at.plane, extent), start = [size, size, a, b];
  const end = [unit * sigma[0], unit * sigma[1], u + unit * mu[0], v - unit * mu[1]];
  const [right, down, x, y] = start.map((from, i) => from + p * (end[i] - from));
  return [right, 0, 0, down, x, y];
}

/** The SVG of a pass. */
function sketch(at, scene) {
  const { text, lines, name, line, frame, image, show, arrow, path, network } = diagram;
  const { q, made, bank, mean, evidence, slopes, extent, trick, pictures } = scene, snake = at.made[0] < at.plane[0];
  const [u, v, unit] = centre(at.plane, extent), [cx, cy, cw, ch] = at.code, { mu, sigma } = q;
  const [x0, y0, x1, y1] = path(at.plane, at.code, 9), [ex, ey, small] = centre(at.eps, extent);
  const link = (a, b, k) => arrow(path(a, b, -9), k), back = (a, b, k) => show(k, arrow(path(a, b, 9), k, "back"));
  const dots = (all, kind) => line(all.map(([a, b]) => `M${a} ${-b}h0`).join(""), kind);
  const cloud = dots(bank, "bank") + dots([made.eps], "point");
  const moved = (matrix) => `<g transform="matrix(${matrix})">${cloud}</g>`;
  const rings = (box) => [1, 2, 3].map((r) => {
    const [x, y, size] = centre(box, extent);
    return `<circle cx="${x}" cy="${y}" r="${r * size}" class="ring"/>`;
  }).join("");
  const ellipses = (x, y, k) => [1, 2].map((r) => `<ellipse cx="${x}" cy="${y}" rx="${r * k * sigma[0]}" `
    + `ry="${r * k * sigma[1]}" class="cloud"/>`).join("");
  const [a, b] = [u + unit * mu[0], v - unit * mu[1]], power = 25 / 3 / Math.max(...sigma); // a lens over the cloud
  const far = at.plane[2] / 2 - 3, corner = (aside) => (aside ? -far : far - 54);
  const lens = [u + corner(mu[0] > 0), v + corner(mu[1] < 0), 54, 54], [c, e] = centre(lens, 1);
  const bounds = [["this draw", made.elbo], [`mean of ${bank.length} draws`, mean.mean]];
  const numbers = (label, values, y) => text(label, cx + cw / 2, y, "bold") + text(pair(values), cx + cw / 2, y + 18);
  const sum = (j) =>
    `z${"₁₂"[j]} = ${fixed(mu[j])} + ${fixed(sigma[j])} · ${pair([made.eps[j]])} = ${fixed(made.z[j])}`;
  return [
    name("digit x", at.x), image(pictures.x, at.x), frame(at.x, 0),
    link(at.x, at.encoder, 1), name("encoder", at.encoder), network(at.encoder, pictures.encoder, 1, 1),
    link(at.encoder, at.code, 2), name("q(z|x)", at.code), frame(at.code, 2),
    show(2, numbers("μ", mu, cy + ch * 0.2), numbers("σ", sigma, cy + ch * 0.7)),
    text("latent z", at.plane[0], at.plane[1] - 8, "muted", "start"), rings(at.plane), frame(at.plane, 4),
    show(2, ellipses(a, b, unit), line(`M${a} ${b}L${c} ${e}`, "ring"), frame(lens, "", "lens"), ellipses(c, e, power)),
    name("outside: ε ~ N(0, I)", at.eps, true), rings(at.eps), frame(at.eps, 3, "box outside"),
    show(3, moved([small, 0, 0, small, ex, ey])),
    link(at.code, at.plane, 4), arrow(path(at.eps, at.plane), 4),
    show(4, `<g class="flight">${cloud}</g>`, moved([power * sigma[0], 0, 0, power * sigma[1], c, e]),
      text(`${fixed(power / unit, 0)}×`, lens[0] + 4, lens[1] + 13, "muted", "start")),
    lines(at.sum, [4, "z = μ + σ ⊙ ε"], [4, sum(0)], [4, sum(1)]),
    link(at.plane, at.decoder, 5), name("decoder", at.decoder),
    network(at.decoder, pictures.decoder, 5, snake ? 1 : -1, snake),
    link(at.decoder, at.made, 6), name("reconstruction", at.made), show(6, image(pictures.made, at.made)),
    frame(at.made, 6),
    elboBars(at.bars, 7, { bounds, rate: made.rate, low: mean.low, evidence }),
    back(at.made, at.decoder, 8), back(at.decoder, at.plane, 8), show(8, name("→ ∂/∂θ", at.decoder, true)),
    trick ? back(at.plane, at.code, 9) : show(9, text("✕", (x0 + x1) / 2, (y0 + y1) / 2 + 6, "stop")),
    show(9, arrow(at.kl, 9, "back kl"), text("KL", at.kl[0], at.kl[1] + 14)),
    lines(at.slopes, [8, "gradients of −ELBO"], [8, `∂/∂z = ${pair(slopes.z)}`], [9, `∂/∂μ = ${pair(slopes.mu)}`],
      [9, `∂/∂σ = ${pair(slopes.sigma)}`]),
    back(at.code, at.encoder, 10), show(10, name("→ ∂/∂φ", at.encoder, true)),
  ].join("");
}
