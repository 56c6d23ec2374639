// The latent plane of a trained decoder: move z, see the image that the decoder makes of it.

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
  for (let i = 0; i < labels.length; i++) {
    const square = (codes[2 * i] - z[0]) ** 2 + (codes[2 * i + 1] - z[1]) ** 2;
    if (square < best && shown.has(labels[i])) [index, best] = [i, square];
  }
  return { index, distance: Math.sqrt(best) };
}

export const math = { erf, ACTIVATIONS, half, forward, logNormal, unpackLayers, toPixel, toPlane, nearest };

const FONT = "system-ui, sans-serif";

/** What does not move with z: axes, the prior's rings and the codes, each drawn as its class mark. */
function drawPlane(pen, size, { css }, { codes, labels, classes, extent, shown }) {
  const at = (z) => toPixel(z, extent, size, size), [cx, cy] = at([0, 0]), unit = size / (2 * extent);
  pen.clearRect(0, 0, size, size);
  pen.strokeStyle = css("line");
  pen.strokeRect(cx, -1, 0, size + 2);
  pen.strokeRect(-1, cy, size + 2, 0);
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.font = `600 ${size < 380 ? 9 : 10}px ${FONT}`;
  for (const pass of [false, true]) { // faded classes first, so that the shown ones lie on top
    for (let i = 0; i < labels.length; i++) {
      if (shown.has(labels[i]) !== pass) continue;
      pen.fillStyle = pass ? css(`c${labels[i] % 10}`) : css("muted", 0.16);
      pen.fillText(classes[labels[i]], ...at([codes[2 * i], codes[2 * i + 1]]));
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
    if (t) note(fixed(t, 0), at([t, 0])[0], size - 10), note(fixed(t, 0), 12, at([0, t])[1]);
  }
  note("z₁", size - 12, cy - 12);
  note("z₂", cx + 14, 12);
}

/** A line from the point to the code nearest to it, and a ring around that code. */
function drawLink(pen, [x, y], [u, v], { css }) {
  pen.strokeStyle = css("ink");
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(u, v);
  pen.moveTo(u + 8, v);
  pen.arc(u, v, 8, 0, 2 * Math.PI);
  pen.stroke();
}

async function build(page) {
  const { model, root, follow } = page;
  const [rows, columns] = model.get("image_shape"), classes = model.get("classes"), extent = model.get("extent");
  const count = model.get("count"), layers = await loadLayers(page, "weights");
  const codes = readArray(model.get("codes"), Float32Array, 2 * count, "codes");
  const labels = readArray(model.get("labels"), Uint8Array, count, "labels");
  const outputs = layers.at(-1).bias.length;
  if (outputs !== rows * columns) throw new Error(`the decoder makes ${outputs} pixels, not ${rows} × ${columns}`);
  if (labels.some((k) => k >= classes.length)) throw new Error("a label lies outside the classes");

  const field = make("div", { class: "vk-plane" }), plane = make("canvas", { "aria-hidden": "true" });
  const picture = greyImage(rows, columns, "What the decoder makes of z"), layer = document.createElement("canvas");
  const facts = readout(["z", "radius |z|", "log p(z)", "nearest code"]);
  const announce = announcer(page), save = throttle(80, () => model.save_changes());
  let z = model.get("z"), shown, colours, size, pen;

  const move = (to) => {
    z = to.map((v) => Math.min(extent, Math.max(-extent, v)));
    model.set("z", z);
    save();
    redraw();
  };
  field.append(plane);
  const place = pointHandle(page, field, "Point z in the latent plane", {
    drag: (pixel, width, height) => move(toPlane(pixel, extent, width, height)),
    nudge: (dx, dy) => move([z[0] + dx, z[1] + dy]),
    home: () => move([0, 0]),
  });
  const range = { min: -extent, max: extent, step: 0.05 };
  const sliders = [
    slider(page, "z₁", range, (v) => move([v, z[1]])),
    slider(page, "z₂", range, (v) => move([z[0], v])),
  ];
  const redraw = frames(page, field, (fresh) => {
    if (fresh) {
      colours = palette(root);
      ({ pen, width: size } = fit(plane));
      drawPlane(fit(layer, plane).pen, size, colours, { codes, labels, classes, extent, shown });
    }
    const at = toPixel(z, extent, size, size), { index, distance } = nearest(z, codes, labels, shown);
    pen.clearRect(0, 0, size, size);
    pen.drawImage(layer, 0, 0, size, size);
    const code = codes.subarray(2 * index, 2 * index + 2);
    if (index >= 0) drawLink(pen, at, toPixel(code, extent, size, size), colours);
    picture.draw(forward(layers, z), colours);
    const point = `(${z.map((v) => fixed(v)).join(", ")})`, density = `${fixed(logNormal(z))} nats`;
    const near = index < 0 ? "none shown" : `${classes[labels[index]]}, ${fixed(distance)} away`;
    facts.set([point, fixed(Math.hypot(...z)), density, near]);
    announce(`z ${point}, nearest code ${near}, log density ${density}`);
    place(at, z[0].toFixed(2), `z1 ${fixed(z[0])}, z2 ${fixed(z[1])}`);
    sliders.forEach(({ set }, i) => set(z[i]));
  });
  const chips = legend(page, classes, (now) => ((shown = now), redraw(true)));
  const look = make("div", { class: "vk-look" }, picture.el, facts.el);
  const tune = make("div", { class: "vk-tune" }, ...sliders.map(({ el }) => el));
  root.append(make("div", { class: "vk-explorer" }, look, field, tune), chips);
  follow("z", (to) => ((z = to), redraw()));
}

export default defineWidget(build);
