// From ink on a fine grid to the pixels that an encoder sees, by the steps that made MNIST's images.

/** Where marginal ink starts and ends, and its centre of mass. */
function profile(sums) {
  const mass = sums.reduce((sum, v) => sum + v, 0), moment = sums.reduce((sum, v, i) => sum + v * (i + 0.5), 0);
  return { start: sums.findIndex(Boolean), end: sums.findLastIndex(Boolean) + 1, middle: moment / mass };
}

/**
 * Where the image's grid lies on the ink (row by row, `width` wide), as { left, top, cell } in pixels of the ink: the
 * ink's longer side fills `box` of the image's, and its centre of mass lies in the pixel below and right of the middle,
 * or as near as leaves all ink inside.
 */
function placement(ink, width, [rows, columns], box) {
  const sums = [new Float64Array(ink.length / width), new Float64Array(width)];
  for (let i = 0, row = 0; i < ink.length; row++) {
    for (let column = 0; column < width; column++, i++) {
      sums[0][row] += ink[i];
      sums[1][column] += ink[i];
    }
  }
  const [y, x] = sums.map(profile), cell = Math.max((x.end - x.start) / columns, (y.end - y.start) / rows) / box;
  const first = ({ start, end, middle }, count) => {
    const before = Math.floor(count / 2) - Math.floor((middle - start) / cell); // empty pixels on this side
    return start - cell * Math.max(0, Math.min(before, Math.floor(count - (end - start) / cell + 1e-9)));
  };
  return { left: first(x, columns), top: first(y, rows), cell };
}

/** Mean ink in each cell of the grid: greys in [0, 1]. */
function shrink(ink, width, { left, top, cell }, [rows, columns]) {
  const grey = new Float64Array(rows * columns);
  const overlap = (from, count, put) => { // with each cell that a pixel of the ink touches
    for (let k = Math.max(0, Math.floor(from)); k < Math.min(count, from + 1 / cell); k++) {
      put(k, Math.min(from + 1 / cell, k + 1) - Math.max(from, k));
    }
  };
  for (let i = 0; i < ink.length; i++) {
    if (!ink[i]) continue;
    const x = i % width, y = (i - x) / width;
    overlap((y - top) / cell, rows, (row, high) => overlap((x - left) / cell, columns, (column, wide) => {
      grey[row * columns + column] += ink[i] * high * wide;
    }));
  }
  return grey;
}

/** 1 where at least half of a pixel is inked; the last digits of the mean do not decide. */
const binarised = (grey) => Uint8Array.from(grey, (value) => Number(value >= 0.5 - 1e-9));
