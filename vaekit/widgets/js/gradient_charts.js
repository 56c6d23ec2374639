// What `GradientRace` draws: the running means, the variances, and f with the slopes at the last draws.

const STYLES = {
  pathwise: { name: "pathwise", colour: "c1", dash: [], border: "solid" },
  score: { name: "score", colour: "c3", dash: [2, 3], border: "dotted" },
  leaveOneOut: { name: "leave-one-out", colour: "c4", dash: [8, 3], border: "dashed" },
};
const [FIRST, LAST] = RANGES.draws, GRID = Array.from({ length: 151 }, (_, i) => Math.round(10 ** (1 + i / 50)));

/** Running means in their funnels of ±1 exact standard error around the exact gradient. */
function drawMeans(target, colours, { exact: { gradient, variances }, sums, jumps, setting: { samples, draws } }) {
  const { pen } = target, widest = Math.sqrt(Math.max(...Object.values(variances)) / FIRST);
  const half = Math.max(1.8 * widest, jumps ? 1.1 * gradient : 0, 0.05);
  const x = { min: FIRST, max: LAST, log: true, label: "draws" };
  const y = { min: gradient - half, max: gradient + half, label: "running mean; bands: ±1 exact standard error" };
  const plot = axes(target, colours, { x, y });
  plot.frame();
  for (const [each, { colour, dash }] of Object.entries(STYLES)) {
    if (!variances[each]) continue;
    const [up, down] = [1, -1].map((sign) => GRID.map((n) => gradient + sign * Math.sqrt(variances[each] / n)));
    pen.fillStyle = colours.css(colour, 0.08);
    pen.beginPath();
    GRID.forEach((n, i) => pen.lineTo(...plot.at(n, up[i])));
    for (let i = GRID.length - 1; i >= 0; i--) pen.lineTo(...plot.at(GRID[i], down[i]));
    pen.fill();
    for (const edge of [up, down]) plot.curve(GRID, edge, { colour, dash, width: 1 });
  }
  plot.rule("y", gradient, { dash: [6, 4], width: 1.5 });
  plot.note("exact", LAST, gradient, { align: "right", dx: -4, dy: 10 });
  const ns = [...GRID.filter((n) => n < draws), draws], path = ns.map((n) => standing(sums, n, samples));
  for (const [each, style] of Object.entries(STYLES)) {
    const known = path.findIndex((now) => Number.isFinite(now[each].mean));
    if (known >= 0) plot.curve(ns.slice(known), path.slice(known).map((now) => now[each].mean), style);
  }
  if (!jumps) return;
  const { colour } = STYLES.pathwise;
  for (let n = 20; n < draws; n = nextStop(n, LAST)) plot.note("✕", n, 0, { colour, align: "center" });
  plot.note("pathwise: 0 on every draw", FIRST, 0, { colour, dx: 6, dy: 14 });
}

/** Variance per draw: measured as a bar, exact as its outline; a cross where there is no estimator. */
function drawBars(target, colours, { exact: { variances }, now, jumps }) {
  const { pen } = target, top = 1.5 * Math.max(...Object.values(variances), 1e-3);
  const x = { min: -0.6, max: 2.6, names: Object.values(STYLES).map(({ name }) => name) };
  const plot = axes(target, colours, { x, y: { min: 0, max: top, label: "variance per draw; outline: exact" } });
  plot.frame();
  Object.entries(STYLES).forEach(([each, { colour }], i) => {
    const exact = variances[each], measured = Math.min(now[each].variance || 0, top);
    if (jumps && each === "pathwise") {
      for (const [from, to] of [[0.2, 0.7], [0.7, 0.2]]) {
        plot.curve([i - 0.3, i + 0.3], [from * top, to * top], { colour, width: 4 });
      }
      return plot.note("no estimator", i, 0.8 * top, { align: "center" });
    }
    const [left, high] = plot.at(i - 0.3, exact), [right, low] = plot.at(i + 0.3, 0);
    plot.bars([{ at: i, to: measured, colour }], 0.6);
    Object.assign(pen, { strokeStyle: colours.css("ink"), lineWidth: 2 });
    pen.strokeRect(left, high, right - left, low - high);
    plot.note(brief(exact), i, exact, { align: "center", dy: -10 });
  });
}

/** f over the density of q, and the last draws, each with the slope that the pathwise estimator reads there. */
function drawFunction(target, colours, { eps, jumps, setting: { function: name, mean, scale: sigma, omega, draws } }) {
  const { f, slope } = FUNCTIONS[name], zs = Array.from({ length: 481 }, (_, i) => (i - 240) / 40);
  const [min, max] = { square: [0, 10], sine: [-1.4, 1.4], step: [-0.2, 1.4] }[name], { pen } = target;
  const y = { min, max, label: `f over q(z); slopes at the last ${FIRST} draws` };
  const plot = axes(target, colours, { x: { min: -6, max: 6, label: "z" }, y });
  plot.frame();
  const density = zs.map((z) => 0.6 * max * Math.exp(-(((z - mean) / sigma) ** 2) / 2));
  plot.curve(zs, density, { colour: "muted", width: 1, fill: 0.2 });
  for (const part of jumps ? [zs.filter((z) => z <= 0), zs.filter((z) => z > 0)] : [zs]) {
    plot.curve(part, part.map((z) => f(z, omega)), { width: 1.5 });
  }
  Object.assign(pen, { strokeStyle: colours.css(STYLES.pathwise.colour), lineWidth: 3 });
  for (const e of eps.subarray(draws - FIRST, draws)) {
    const z = mean + sigma * e, value = f(z, omega), [u, v] = plot.at(z, value);
    if (Math.abs(z) > 6 || value > max) continue;
    const [u1, v1] = plot.at(z + 1, value + slope(z, omega)), turn = Math.atan2(v1 - v, u1 - u);
    const [du, dv] = [12 * Math.cos(turn), 12 * Math.sin(turn)];
    pen.beginPath();
    pen.moveTo(u - du, v - dv);
    pen.lineTo(u + du, v + dv);
    pen.stroke();
  }
}
