// Prior and aggregate posterior over the latent plane. A grid holds log densities in nats at size × size points over
// [-extent, extent]², row by row upwards.

const HOLE = Math.log(10); // the prior ten times as dense

/** The value at z of a grid, bilinear between its points. */
function lookUp(grid, [x, y], extent) {
  const size = Math.sqrt(grid.length), place = (v) => ((v / extent + 1) / 2) * (size - 1);
  const cell = (u) => Math.min(size - 2, Math.max(0, Math.floor(u))), i = cell(place(x)), j = cell(place(y));
  const a = place(x) - i, b = place(y) - j, k = j * size + i, row = (at) => (1 - a) * grid[at] + a * grid[at + 1];
  return (1 - b) * row(k) + b * row(k + size);
}

/** log N(z; 0, I) at the points of a grid. */
function priorGrid(size, extent) {
  const axis = Array.from({ length: size }, (_, i) => logNormal([extent * ((2 * i) / (size - 1) - 1)]));
  return Float64Array.from({ length: size * size }, (_, k) => axis[k % size] + axis[Math.floor(k / size)]);
}

/** The part of the prior's mass where it is more than ten times as dense as `grid`; the plane's outside left out. */
function holeShare(grid, prior, extent) {
  const area = ((2 * extent) / (Math.sqrt(grid.length) - 1)) ** 2;
  return prior.reduce((sum, log, k) => sum + (log - grid[k] > HOLE ? area * Math.exp(log) : 0), 0);
}

const densityMath = { HOLE, lookUp, priorGrid, holeShare };

/** The aggregate posterior's grid of the page's model, or null if it has none. */
function readAggregate({ model }) {
  const size = model.get("resolution");
  if (!size) return null;
  const grid = Float32Array.from(readArray(model.get("aggregate"), Uint16Array, size * size, "aggregate"), half);
  if (grid.every(Number.isFinite)) return grid;
  throw new Error("the buffer “aggregate” holds numbers that are not finite");
}

/**
 * What a view shows: shades for the log densities `values`, and lines where `heights` pass `levels`. On the lines of
 * prior and aggregate posterior the density is that of the prior on its rings; those of the holes are their edges.
 */
function overlay(view, grid, prior) {
  const rings = [1, 2, 3].map((ring) => logNormal([ring, 0])), values = view === "prior" ? prior : grid;
  if (view !== "holes") return { values, heights: values, levels: rings, tint: view === "prior" ? "c1" : "c7" };
  const heights = prior.map((log, k) => log - grid[k]), inside = (log, k) => (heights[k] > HOLE ? log : -Infinity);
  return { values: prior.map(inside), heights, levels: [HOLE], tint: "c3" };
}

/** Paint it: the tint deepens from nothing at the prior's density at 4σ to full at that at 0. */
function drawOverlay(pen, width, { colour, css }, { values, heights, levels, tint }) {
  const size = Math.sqrt(values.length), shades = make("canvas", { width: size, height: size }), line = new Path2D();
  const image = new ImageData(size, size), pixels = new Uint32Array(image.data.buffer), top = logNormal([0, 0]);
  const [r, g, b] = colour(tint), base = (b << 16) | (g << 8) | r, step = width / (size - 1);
  values.forEach((log, k) => { // the rows of an image go downwards
    const depth = Math.min(1, Math.max(0, 1 + (log - top) / 8));
    pixels[size * (size - 1) - k + 2 * (k % size)] = base | ((170 * depth) << 24);
  });
  shades.getContext("2d").putImageData(image, 0, 0);
  pen.drawImage(shades, 0.5, 0.5, size - 1, size - 1, 0, 0, width, width);
  for (const [[i, j], [u, v]] of levels.flatMap((level) => isoline(heights, size, level))) {
    line.moveTo(step * i, width - step * j);
    line.lineTo(step * u, width - step * v);
  }
  Object.assign(pen, { strokeStyle: css("ink", 0.75), lineWidth: 1 });
  pen.stroke(line);
}
