// Plots on a canvas; a widget asks for this part in its `parts`. Colours are names of the theme ("ink", "accent",
// "c0" …). Give each curve a dash or a note of its own: they must be told apart in grey, too.
//
//   const plot = axes(fit(canvas), palette(root), { x: { min, max, label, log, names }, y: { min, max, label } });
//   plot.frame();                                                     clears; grid, numbers, labels
//   plot.curve(xs, ys, { colour, dash: [6, 4], width, fill: 0.15 });  fill: opacity down to 0
//   plot.bars([{ at, from, to, colour, text }], 0.6);                 0.6: width in units of x
//   plot.rule("y", value, { colour, dash, width });                   a line across
//   plot.note(text, x, y, { colour, align, dx, dy });                 a text with a halo
//   plot.key([{ text, colour, dash }]);                               lines and names, beside y's label
//
// plot.at(x, y) is a pixel, plot.from(px, py) a point of the data, kept inside, and plot.box the frame in pixels.
// An axis with log: true shows powers of ten; names: ["a", "b"] stand in place of the numbers 0, 1, …

/** Round numbers in [min, max], about `count` of them, and the digits after the point that they need. */
function ticks(min, max, count) {
  const rough = (max - min) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((m) => m * power >= 0.8 * rough) ?? 10);
  const first = Math.ceil(min / step - 1e-9), last = Math.floor(max / step + 1e-9);
  const values = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  return { values, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}

/** Maps between an axis and the pixels from `start` (its least value) to `end`; `back` stays on the axis. */
function scale({ min, max, log }, start, end) {
  const to = log ? Math.log10 : Number, un = log ? (v) => 10 ** v : Number, low = to(min), high = to(max);
  const back = (pixel) => Math.min(max, Math.max(min, un(low + ((pixel - start) / (end - start)) * (high - low))));
  return { to: (v) => start + ((to(v) - low) / (high - low)) * (end - start), back };
}

/** What to write at an axis: pairs of a value and its text. */
function marks({ min, max, log, names }, count) {
  if (names) return names.map((name, i) => [i, name]);
  const raise = (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["−0123456789".indexOf(c)], { log10 } = Math;
  const { values, digits } = log ? ticks(log10(min), log10(max), count) : ticks(min, max, count);
  if (!log) return values.map((v) => [v, fixed(v, digits)]);
  return values.filter(Number.isInteger).map((k) => [10 ** k, `10${Array.from(fixed(k, 0), raise).join("")}`]);
}

function axes({ pen, width, height }, { css }, { x, y }) {
  pen.font = "12px system-ui, sans-serif";
  const right = width - 12, top = y.label ? 26 : 10;
  const bottom = height - (x.label ? 40 : 22), rows = marks(y, (bottom - top) / 40);
  const left = 8 + Math.max(y.room ?? 0, ...rows.map(([, text]) => pen.measureText(text).width));
  const columns = marks(x, (right - left) / 50), across = scale(x, left, right), up = scale(y, bottom, top);
  const at = (u, v) => [across.to(u), up.to(v)];
  const write = (text, u, v, colour, align = "center") => {
    Object.assign(pen, { textAlign: align, textBaseline: "middle", lineWidth: 4, lineJoin: "round" });
    pen.strokeStyle = css("paper", 0.85);
    pen.fillStyle = css(colour);
    pen.strokeText(text, u, v);
    pen.fillText(text, u, v);
  };
  const line = (points, { colour = "ink", dash = [], width = 1, fill }) => {
    const path = new Path2D(), zero = up.to(y.log ? y.min : 0);
    for (const point of points) path.lineTo(...point);
    Object.assign(pen, { strokeStyle: css(colour), fillStyle: css(colour, fill), lineWidth: width, lineJoin: "round" });
    pen.setLineDash(dash);
    pen.stroke(path);
    pen.setLineDash([]);
    if (!fill) return;
    for (const [u] of [points.at(-1), points[0]]) path.lineTo(u, zero);
    pen.fill(path);
  };
  const inside = (draw) => {
    pen.save();
    pen.beginPath();
    pen.rect(left - 1, top - 1, right - left + 2, bottom - top + 2);
    pen.clip();
    draw();
    pen.restore();
  };
  const rule = (axis, value, style = {}) => {
    const [u, v] = at(value, value);
    line(axis === "x" ? [[u, top], [u, bottom]] : [[left, v], [right, v]], style);
  };
  return {
    at, rule, box: { left, top, right, bottom },
    from: (u, v) => [across.back(u), up.back(v)],
    frame() {
      pen.clearRect(0, 0, width, height);
      for (const [v, text] of rows) rule("y", v, { colour: "line" }), write(text, left - 6, up.to(v), "muted", "right");
      for (const [v, text] of columns) {
        if (!x.names) rule("x", v, { colour: "line" });
        write(text, across.to(v), bottom + 12, "muted");
      }
      write(x.label ?? "", (left + right) / 2, bottom + 30, "ink");
      write(y.label ?? "", 0, 9, "ink", "left");
    },
    curve: (xs, ys, style) => inside(() => line(Array.from(xs, (u, i) => at(u, ys[i])), { width: 2, ...style })),
    key(entries) {
      let u = right;
      for (const { text, ...style } of [...entries].reverse()) {
        u -= pen.measureText(text).width;
        write(text, u, 9, "ink", "left");
        line([[u - 30, 9], [u - 6, 9]], { width: 2, ...style, fill: 0 });
        u -= 42;
      }
    },
    bars(list, size = 0.6) {
      for (const { at: u, from = 0, to, colour = "accent", text = "" } of list) {
        const [start, high] = at(u - size / 2, Math.max(from, to)), [end, low] = at(u + size / 2, Math.min(from, to));
        pen.fillStyle = css(colour, 0.85);
        inside(() => pen.fillRect(start, high, end - start, low - high));
        write(text, (start + end) / 2, to < from ? low + 10 : high - 10, "ink");
      }
    },
    note(text, u, v, { colour = "ink", align = "left", dx = 0, dy = 0 } = {}) {
      write(text, across.to(u) + dx, up.to(v) + dy, colour, align);
    },
  };
}
