// Points of several groups on a square plane; a widget asks for this part in its `parts`, after plot.js. A group has a
// colour and a mark of its own, so that it is told apart in grey, too.
//
//   const plane = square(fit(canvas), palette(root), 3, ["data space", "x₁", "x₂"]); over [−3, 3]²
//   drawMarks(pen, colours, plane.at, points, groups, { size: 2.6, alpha: 0.5 });     points: x, y, x, y, …
//   plane.label();                                                                    on top of all: names and numbers

const COLOURS = ["c1", "c3", "c4", "c9", "c7", "c5"], TURN = 2 * Math.PI;
const CORNERS = [ // each mark's, in units of its size; the first is a circle
  null, [0, -1.2, 1.1, 0.8, -1.1, 0.8], [-0.9, -0.9, 0.9, -0.9, 0.9, 0.9, -0.9, 0.9],
  [0, -1.3, 1.3, 0, 0, 1.3, -1.3, 0], [0, 1.2, 1.1, -0.8, -1.1, -0.8],
  [-1.4, -0.4, -0.4, -0.4, -0.4, -1.4, 0.4, -1.4, 0.4, -0.4, 1.4, -0.4, 1.4, 0.4, 0.4, 0.4, 0.4, 1.4, -0.4, 1.4,
    -0.4, 0.4, -1.4, 0.4],
];

/** `at(x, y)` is a pixel, y grows upwards; `unit` is the length of 1; `note` writes with a halo. */
function square({ pen, width }, { css }, extent, [title, across, up]) {
  const unit = width / (2 * extent), at = (x, y) => [width / 2 + unit * x, width / 2 - unit * y];
  const steps = ticks(-extent, extent, 6).values.filter((v) => Math.abs(v) < 0.95 * extent);
  const note = (text, x, y, textAlign = "center", colour = "muted") => {
    Object.assign(pen, { font: "12px system-ui, sans-serif", textAlign, textBaseline: "middle", lineWidth: 4 });
    Object.assign(pen, { strokeStyle: css("paper", 0.85), fillStyle: css(colour), lineJoin: "round" });
    pen.strokeText(text, x, y);
    pen.fillText(text, x, y);
  };
  pen.clearRect(0, 0, width, width);
  Object.assign(pen, { lineWidth: 1, strokeStyle: css("line", 0.6) });
  for (const v of steps) pen.strokeRect(at(v, 0)[0], -1, 0, width + 2), pen.strokeRect(-1, at(0, v)[1], width + 2, 0);
  const label = () => {
    for (const v of steps) note(fixed(v, 0), at(v, 0)[0], width - 10), note(fixed(v, 0), 12, at(0, v)[1]);
    note(across, width - 12, width - 26);
    note(up, 28, 14);
    note(title, width - 8, 14, "right", "ink");
  };
  return { at, unit, label, note };
}

function drawMarks(pen, { css }, at, points, groups, { size, alpha }) {
  const paths = CORNERS.map(() => new Path2D());
  groups.forEach((group, i) => {
    const [x, y] = at(points[2 * i], points[2 * i + 1]), corners = CORNERS[group], path = paths[group];
    path.moveTo(x + size * (corners ? corners[0] : 1), y + size * (corners ? corners[1] : 0));
    if (!corners) path.arc(x, y, size, 0, TURN);
    else for (let k = 2; k < corners.length; k += 2) path.lineTo(x + size * corners[k], y + size * corners[k + 1]);
  });
  paths.forEach((path, group) => {
    pen.fillStyle = css(COLOURS[group], alpha);
    pen.fill(path);
  });
}

/** Half width of a plane that holds the values: 4, or as often twice as much as they need. */
function reachOf(values) {
  const far = values.reduce((most, v) => Math.max(most, Math.abs(v)), 1);
  return 4 * 2 ** Math.max(0, Math.ceil(Math.log2(far / 3.9)));
}

/** Evenly spaced numbers from −end to end. */
const walk = (count, end) => Array.from({ length: count }, (_, i) => end * ((2 * i) / (count - 1) - 1));
