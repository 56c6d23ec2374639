// The plane of two latent dimensions with its codes, for widgets that move a point over it.

/** Plane to pixels: [-extent, extent] fills the box, z2 grows upwards. */
function toPixel(z, extent, width, height) {
  return [(width * (z[0] / extent + 1)) / 2, (height * (1 - z[1] / extent)) / 2];
}

/** Pixels to plane, kept inside it. */
function toPlane([x, y], extent, width, height) {
  const keep = (v) => Math.min(extent, Math.max(-extent, v));
  return [keep(extent * ((2 * x) / width - 1)), keep(extent * (1 - (2 * y) / height))];
}

/** Index and distance of the code nearest to z among the classes in `shown`; -1 if there is none. */
function nearest(z, codes, labels, shown) {
  let index = -1, best = Infinity;
  for (let i = 0, k = 0; i < labels.length; i++) {
    let square = 0;
    for (let j = 0; j < z.length; j++) square += (codes[k++] - z[j]) ** 2;
    if (square < best && shown.has(labels[i])) [index, best] = [i, square];
  }
  return { index, distance: Math.sqrt(best) };
}

const planeMath = { toPixel, toPlane, nearest };

/** The decoder and the codes of the page's model, checked; `inputs`: latent dimensions, any number if not given. */
async function readCodes(page, inputs) {
  const get = (name) => page.model.get(name), layers = await loadLayers(page, "weights");
  const size = layers[0].weight.length / layers[0].bias.length, outputs = layers.at(-1).bias.length;
  const [rows, columns] = get("image_shape"), classes = get("classes"), extent = get("extent"), count = get("count");
  const codes = readArray(get("codes"), Float32Array, size * count, "codes");
  const labels = readArray(get("labels"), Uint8Array, count, "labels");
  if (size !== (inputs ?? size)) throw new Error(`the decoder takes ${size} numbers, not ${inputs}`);
  if (outputs !== rows * columns) throw new Error(`the decoder makes ${outputs} pixels, not ${rows} × ${columns}`);
  if (labels.some((k) => k >= classes.length)) throw new Error("a label lies outside the classes");
  const shown = new Set(classes.keys()), keep = (v) => Math.min(extent, Math.max(-extent, v));
  const near = (z, among = shown) => {
    const { index, distance } = nearest(z, codes, labels, among);
    const text = index < 0 ? "none shown" : `${classes[labels[index]]}, ${fixed(distance)} away`;
    return { index, text, code: codes.subarray(size * index, size * (index + 1)) };
  };
  const clip = (z) => Array.from(z, keep), decode = (z) => forward(layers, z);
  return { decode, codes, labels, classes, extent, size, rows, columns, shown, near, clip };
}

/** The point under `name`, or an error that says what is wrong with it. */
function readPoint({ model }, name, size, extent) {
  const z = model.get(name);
  if (z?.length === size && z.every((v) => Math.abs(v) <= extent)) return z;
  throw new Error(`“${name}” is ${JSON.stringify(z)}, expected ${size} numbers from ${-extent} to ${extent}`);
}

const FONT = "system-ui, sans-serif";
const dimension = (k) => `z${Array.from(String(k + 1), (c) => "₀₁₂₃₄₅₆₇₈₉"[c]).join("")}`;

/**
 * What does not move with z: axes, the prior's rings and the codes, each drawn as its class mark. `pair`: the two
 * dimensions shown; `under()` paints below, and then the codes are pale.
 */
function drawPlane(pen, width, { css }, space, { pair = [0, 1], under } = {}) {
  const { codes, labels, classes, extent, size, shown } = space;
  const at = (z) => toPixel(z, extent, width, width), [cx, cy] = at([0, 0]), unit = width / (2 * extent);
  pen.clearRect(0, 0, width, width);
  if (under) under();
  pen.lineWidth = 1;
  pen.strokeStyle = css("line");
  pen.strokeRect(cx, -1, 0, width + 2);
  pen.strokeRect(-1, cy, width + 2, 0);
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.font = `600 ${width < 380 ? 9 : 10}px ${FONT}`;
  for (const pass of [false, true]) { // faded classes first, so that the shown ones lie on top
    for (let i = 0; i < labels.length; i++) {
      if (shown.has(labels[i]) !== pass) continue;
      pen.fillStyle = pass ? css(`c${labels[i] % 10}`, under ? 0.45 : 1) : css("muted", 0.16);
      pen.fillText(classes[labels[i]], ...at(pair.map((k) => codes[size * i + k])));
    }
  }
  pen.font = `11px ${FONT}`;
  pen.lineJoin = "round";
  const note = (text, x, y) => {
    pen.lineWidth = 4;
    pen.strokeStyle = css("paper");
    pen.strokeText(text, x, y);
    pen.fillStyle = css("muted");
    pen.fillText(text, x, y);
  };
  for (const sigma of [1, 2, 3]) {
    pen.lineWidth = 1.25;
    pen.strokeStyle = css("muted");
    pen.setLineDash([2, 4]);
    pen.beginPath();
    pen.arc(cx, cy, sigma * unit, 0, 2 * Math.PI);
    pen.stroke();
    pen.setLineDash([]);
    note(`${sigma}σ`, cx + sigma * unit * Math.SQRT1_2, cy - sigma * unit * Math.SQRT1_2);
  }
  for (let t = 2 * Math.ceil(0.6 - extent / 2); t <= extent - 0.6; t += 2) {
    if (t) note(fixed(t, 0), at([t, 0])[0], width - 10), note(fixed(t, 0), 12, at([0, t])[1]);
  }
  note(dimension(pair[0]), width - 12, cy - 12);
  note(dimension(pair[1]), cx + 14, 12);
}

/** A line from the point to the code nearest to it, and a ring around that code. */
function drawLink(pen, [x, y], [u, v], { css }) {
  pen.lineWidth = 1;
  pen.strokeStyle = css("ink");
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(u, v);
  pen.moveTo(u + 8, v);
  pen.arc(u, v, 8, 0, 2 * Math.PI);
  pen.stroke();
}
