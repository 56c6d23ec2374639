// What `GumbelDial` draws: the simplex with its draws, and a number of each estimator over the temperature.

const STYLES = [
  { name: "Gumbel-Softmax", colour: "accent", border: "solid" },
  { name: "the same, hard", colour: "c9", border: "double" },
  { name: "straight-through", colour: "c3", dash: [2, 3], border: "dotted" },
  { name: "leave-one-out", colour: "c4", dash: [8, 3], border: "dashed" },
];
const CLASSES = [{ name: "A", colour: "c1" }, { name: "B", colour: "c7" }, { name: "C", colour: "c2" }];
const TAUS = Array.from({ length: 31 }, (_, i) => 0.05 * 100 ** (i / 30));

function drawSimplex({ pen, width, height }, { css }, { p, values, ground, cloud: { draws, nearest, shares, mean } }) {
  const place = triangle({ width, height }), { at } = place, [u, v] = at(mean), cross = new Path2D();
  pen.clearRect(0, 0, width, height);
  drawTriangle(pen, place, ground, css("muted"));
  Object.assign(pen, { font: "12px system-ui, sans-serif", textAlign: "left" });
  CLASSES.forEach(({ name, colour }, k) => {
    const path = new Path2D(), [right, down] = at(CORNERS[k]), x = Math.min(right + 24, width - 124);
    const y = down + (k > 1 ? 4 : 20);
    nearest.forEach((each, n) => each === k && addMark(path, k, at(draws[n]), 2.6));
    addMark(path, k, [x - 9, y - 4], 4);
    pen.fillStyle = css(colour, 0.7);
    pen.fill(path);
    pen.fillStyle = css("ink");
    pen.fillText(`${name}: f = ${fixed(values[k], 1)}`, x, y);
    pen.fillText(`p ${fixed(p[k])}, drawn ${fixed(shares[k])}`, x, y + 16);
  });
  for (const turn of [9, -9]) cross.moveTo(u - 9, v - turn), cross.lineTo(u + 9, v + turn);
  for (const [ink, lineWidth] of [["paper", 6], ["ink", 3]]) {
    Object.assign(pen, { strokeStyle: css(ink), lineWidth });
    pen.stroke(cross);
  }
}

/** Number `which` of what `judge` says of each estimator, over τ; returns the plot, for pointers. */
function drawCurves(target, colours, which, label, { tau, curves, verdicts }) {
  const lines = STYLES.map((_, i) => curves.map((all) => all[i][which])), [min, max] = RANGES.tau;
  const x = { min, max, log: true, label: "temperature τ" }, top = 1.08 * Math.max(0.02, ...lines.flat());
  const plot = axes(target, colours, { x, y: { min: 0, max: top, label, room: 28 } });
  plot.frame();
  for (const i of [3, 2, 1, 0]) {
    const double = STYLES[i].border === "double";
    plot.curve(TAUS, lines[i], { ...STYLES[i], width: double ? 5 : 3 });
    if (double) plot.curve(TAUS, lines[i], { colour: "paper" });
  }
  plot.rule("x", tau, { colour: "muted", dash: [3, 3] });
  plot.note("●", tau, verdicts[0][which], { colour: "accent", align: "center" });
  return plot;
}
