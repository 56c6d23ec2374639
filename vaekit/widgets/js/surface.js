// A function of two variables as depth of colour, with labelled lines; a widget asks for this part beside plot.js.
//
//   const screen = fit(layer), plot = axes(screen, colours, spec);
//   plot.frame();                                `values`: row by row upwards, over the whole plot
//   surface(screen.pen, plot, colours, { values, columns: 49, levels: [0.5, 1, 2], full: 16, tint: "c7" });

/** Segments of the line where `values` cross `level`, as pairs of ends [column, row]. */
function isoline(values, columns, level) {
  const found = [], cut = (a, b) => (level - a) / (b - a);
  for (let k = 0; k + columns < values.length; k++) {
    const i = k % columns, j = (k - i) / columns, ends = [];
    if (i === columns - 1) continue;
    const a = values[k], b = values[k + 1], c = values[k + columns + 1], d = values[k + columns];
    if (a < level !== b < level) ends.push([i + cut(a, b), j]);
    if (b < level !== c < level) ends.push([i + 1, j + cut(b, c)]);
    if (c < level !== d < level) ends.push([i + 1 - cut(c, d), j + 1]);
    if (d < level !== a < level) ends.push([i, j + 1 - cut(d, a)]);
    for (let e = 0; e < ends.length; e += 2) found.push([ends[e], ends[e + 1]]);
  }
  return found;
}

/** Paint `values` ≥ 0: `tint` deepens with log(1 + value) up to `full`; the number of a line stands at its foot. */
function surface(pen, plot, { colour, css }, { values, columns, levels, full, tint }) {
  const { left, top, right, bottom } = plot.box, rows = values.length / columns;
  const shades = make("canvas", { width: columns, height: rows }), image = new ImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer), [r, g, b] = colour(tint), base = (b << 16) | (g << 8) | r;
  const depth = (value) => Math.min(1, Math.log1p(Math.max(0, value)) / Math.log1p(full));
  values.forEach((value, k) => { // the rows of an image go downwards
    const i = k % columns;
    pixels[columns * (rows - 1) - k + 2 * i] = base | ((200 * depth(value)) << 24);
  });
  shades.getContext("2d").putImageData(image, 0, 0);
  pen.drawImage(shades, 0.5, 0.5, columns - 1, rows - 1, left, top, right - left, bottom - top);
  const at = ([i, j]) =>
    [left + (i * (right - left)) / (columns - 1), bottom - (j * (bottom - top)) / (rows - 1)];
  const roots = values.map((value) => Math.sqrt(Math.max(0, value))); // straighter than a square at the minimum
  for (const level of levels) {
    const line = new Path2D(), lines = isoline(roots, columns, Math.sqrt(level)).map((ends) => ends.map(at));
    for (const [from, to] of lines) line.moveTo(...from), line.lineTo(...to);
    Object.assign(pen, { strokeStyle: css("ink"), lineWidth: 1 });
    pen.stroke(line);
    const inside = lines.map(([end]) => end).filter(([u, v]) => u > left + 16 && u < right - 16 && v < bottom - 14);
    const foot = inside.reduce((low, end) => (end[1] > low[1] ? end : low), [0, 0]);
    if (inside.length) plot.note(String(level), ...plot.from(...foot), { align: "center" });
  }
}
