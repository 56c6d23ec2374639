// Three classes on a triangle: probabilities are places in it. A widget asks for this part in its `parts`.

const CORNERS = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];

/** A place in the plane, in sides of the triangle from its first corner, as probabilities of at least `least`. */
function toChances([x, y], least) {
  const c = (2 * y) / Math.sqrt(3), b = x - c / 2, above = [1 - b - c, b, c].map((each) => Math.max(0, each - least));
  return above.map((each) => least + ((1 - 3 * least) * each) / (above[0] + above[1] + above[2]));
}

/** And back. */
const toPlace = ([, b, c]) => [b + c / 2, (c * Math.sqrt(3)) / 2];

/** The triangle in a box, with room for two lines of text below: `at(z)` is a pixel, `from(pixel)` a place. */
function triangle({ width, height }) {
  const side = Math.min(width - 24, (height - 64) / 0.87), left = (width - side) / 2, base = height - 42;
  const at = (z) => toPlace(z).map((v, k) => (k ? base - side * v : left + side * v));
  return { side, left, base, at, from: ([x, y]) => [(x - left) / side, (base - y) / side] };
}

/** Eight bands of the function's height, the highest darkest: an image to lay under the triangle. */
function bands(f, [r, g, b]) {
  const width = 100, height = 87, image = new ImageData(width, height), el = make("canvas", { width, height });
  const values = Float64Array.from({ length: width * height }, (_, i) => {
    const c = 1 - Math.floor(i / width) / height, second = (i % width) / width - c / 2;
    return Math.min(second, 1 - second - c) < -0.02 ? NaN : f([1 - second - c, second, c]);
  });
  const known = values.filter(Number.isFinite), low = Math.min(...known), step = (Math.max(...known) - low) / 8 || 1;
  const opacity = (v) => (v >= low ? 8 * Math.floor(Math.min(7, (v - low) / step)) : 0);
  values.forEach((v, i) => image.data.set([r, g, b, opacity(v)], 4 * i));
  el.getContext("2d").putImageData(image, 0, 0);
  return el;
}

/** The triangle's outline, and inside it the image of `bands`. */
function drawTriangle(pen, { at, side, left, base }, image, ink) {
  const edge = new Path2D();
  for (const corner of CORNERS) edge.lineTo(...at(corner));
  edge.closePath();
  pen.save();
  pen.clip(edge);
  pen.drawImage(image, left, base - 0.87 * side, side, 0.87 * side);
  pen.restore();
  Object.assign(pen, { strokeStyle: ink, lineWidth: 1 });
  pen.stroke(edge);
}

/** Adds the mark of class k to a path: a disc, a square or a triangle. */
function addMark(path, k, [x, y], r) {
  if (k === 0) path.moveTo(x + r, y), path.arc(x, y, r, 0, 7);
  else if (k === 1) path.rect(x - r, y - r, 2 * r, 2 * r);
  else path.moveTo(x, y - 1.4 * r), path.lineTo(x + 1.2 * r, y + 0.7 * r), path.lineTo(x - 1.2 * r, y + 0.7 * r);
}
