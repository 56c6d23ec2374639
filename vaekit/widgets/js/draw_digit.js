// What a trained encoder and decoder make of the reader's drawing, and its place among the test digits.

/** Classes of the `count` codes nearest to z, as pairs of class and number, the most frequent first. */
function neighbours([x, y], { codes, labels }, count) {
  const square = Float64Array.from(labels, (_, i) => (codes[2 * i] - x) ** 2 + (codes[2 * i + 1] - y) ** 2);
  const reach = square.slice().sort()[Math.min(count, square.length) - 1], found = new Map();
  labels.forEach((k, i) => square[i] <= reach && found.set(k, (found.get(k) ?? 0) + 1));
  return [...found].sort(([a, m], [b, n]) => n - m || a - b);
}

/** Share of `scores` below `score`. */
const shareBelow = (scores, score) => scores.filter((each) => each < score).length / scores.length;

const raster = { placement, shrink, binarised, uncovered, checkDrawing };
export const math = { ...raster, account, neighbours, shareBelow, unpackLayers };

/** What Python sends, checked. */
async function receive(page) {
  const { model } = page, space = await readCodes(page, 2), { rows, columns } = space, area = rows * columns;
  const names = ["marks", "box", "bound", "eps", "score_count"];
  const [marks, box, bound, eps, count] = names.map((name) => model.get(name));
  const encoder = await loadLayers(page, "encoder"), decoder = await loadLayers(page, "weights");
  const seen = encoder[0].weight.length / encoder[0].bias.length;
  if (seen !== area) throw new Error(`the encoder sees ${seen} pixels, not ${area}`);
  const scores = readArray(model.get("scores"), Float32Array, count, "scores").sort();
  const samples = readArray(model.get("samples"), Uint8Array, marks.length * area, "samples");
  return { space, shape: [rows, columns], area, marks, box, scores, samples, net: { encoder, decoder, bound, eps } };
}

/** A function of a drawing: the pixels that the encoder sees. A test digit alone is centred already. */
function retina({ shape, box }) {
  const unit = Math.ceil(112 / Math.max(...shape)), [height, width] = shape.map((side) => unit * side);
  const pen = make("canvas", { width, height }).getContext("2d", { willReadFrequently: true });
  return (drawing, stamps, centre) => {
    paint(pen, unit, drawing, stamps, "black");
    const { data } = pen.getImageData(0, 0, width, height), ink = new Float64Array(width * height);
    for (let i = 0; i < ink.length; i++) ink[i] = data[4 * i + 3] / 255;
    const free = centre && uncovered(drawing).some(({ points }) => points) && ink.some(Boolean);
    const place = free ? placement(ink, width, shape, box) : { left: 0, top: 0, cell: unit };
    return binarised(shrink(ink, width, place, shape));
  };
}

async function build(page) {
  const { model, root, follow } = page, data = await receive(page), { shape, area, marks, scores, space } = data;
  const look = retina(data), longest = Math.max(...shape), [rows, columns] = shape, announce = announcer(page);
  const tool = { width: Math.max(1, Math.round(0.18 * longest) / 2), erase: false };
  const items = () => checkDrawing(model.get("drawing"), marks), save = throttle(80, () => model.save_changes());
  const change = (name, value) => (model.set(name, value), save());
  const add = (item) => change("drawing", [...items(), item]);
  const sheet = make("canvas"), invite = make("p", { class: "vk-invite" });
  const field = make("div", { class: "vk-pad", style: `aspect-ratio: ${columns} / ${rows}` }, sheet, invite);
  drawingPad(page, field, shape, {
    start: (...points) => add({ points, ...tool }),
    extend: (more) => {
      const all = [...items()], { points, ...stroke } = all.at(-1)?.points ? all.pop() : { points: [], ...tool };
      change("drawing", [...all, { points: [...points, ...more], ...stroke }]);
    },
  });
  const pens = choice(page, "Tool", { pen: "pen", eraser: "eraser" }, (name) => (tool.erase = name === "eraser"));
  const brush = slider(page, "brush", { min: 1, max: 6, step: 0.5, digits: 1 }, (v) => brush.set((tool.width = v)));
  const acts = [button(page, "Undo", () => change("drawing", items().slice(0, -1))),
    button(page, "Clear", () => add({ sample: "" }))];
  const centre = button(page, "Centre as in training", () => change("centre", !model.get("centre")));
  const chips = marks.map((mark) => button(page, mark, () => add({ sample: mark })));

  const titles = ["encoder’s input", "decoded μ", ...data.net.eps.map((_, i) => `decoded draw ${i + 1}`)];
  const pictures = titles.map((title) => greyImage(rows, columns, title));
  const facts = readout(["mean μ", "width σ", "distortion", "rate", "−ELBO", "higher than", "nearest 15"]);
  const [plane, curve] = ["q in the latent plane", "−ELBO among those of the test digits"].map((label) =>
    make("canvas", { role: "img", "aria-label": label }));
  const layer = make("canvas"), none = Array(7).fill("–"), marker = make("div", { class: "vk-marker" });
  let colours, screens, stamps, plot, most, known = String(new Uint8Array(area));

  const prepare = () => {
    colours = palette(root);
    screens = [sheet, plane, curve].map((canvas) => fit(canvas));
    drawPlane(fit(layer, plane).pen, screens[1].width, colours, space);
    const grey = (i) => stamp(data.samples.subarray(i * area, (i + 1) * area), shape, colours.colour("ink"));
    stamps = Object.fromEntries(marks.map((mark, i) => [mark, grey(i)]));
  };
  const tell = ({ mu, sigma, distortion, rate, loss }) => {
    const pair = (values) => `(${Array.from(values, (v) => fixed(v)).join(", ")})`, nats = (v) => `${fixed(v, 1)} nats`;
    const share = `${Math.floor(100 * shareBelow(scores, loss))} % of test digits`;
    const near = neighbours(mu, space, 15).slice(0, 3).map(([k, n]) => `${n} × “${space.classes[k]}”`).join(", ");
    facts.set([pair(mu), pair(sigma), nats(distortion), nats(rate), nats(loss), share, near]);
    announce(`mean ${pair(mu)}, −ELBO ${nats(loss)}, higher than ${share}, nearest codes ${near}`);
  };
  const redraw = frames(page, field, (fresh) => {
    if (fresh) prepare();
    const drawing = items(), pixels = look(drawing, stamps, model.get("centre")), [{ pen }, flat, graph] = screens;
    const found = pixels.some(Boolean) ? account(data.net, pixels) : null;
    paint(pen, sheet.width / columns, drawing, stamps, colours.css("ink"));
    flat.pen.clearRect(0, 0, flat.width, flat.width);
    flat.pen.drawImage(layer, 0, 0, flat.width, flat.width);
    if (found) drawPosterior(flat.pen, flat.width, colours, found, space), tell(found);
    else facts.set(none);
    const far = Math.max(scores.at(-1), found?.loss ?? 0);
    if (fresh || far !== most) plot = drawScores(graph, colours, scores, (most = far));
    const [left, top] = plot.at(Math.max(scores[0], found?.loss ?? 0), 100), height = `${plot.box.bottom - top}px`;
    Object.assign(marker.style, { left: `${left}px`, top: `${top}px`, height, display: found ? "" : "none" });
    pictures.forEach(({ draw }, i) => draw(i && found ? found.pictures[i - 1] : pixels, colours));
    const bare = !uncovered(drawing).some(({ points, sample }) => points || sample);
    invite.textContent = bare ? "Draw a digit here, or load one below." : "";
    centre.setAttribute("aria-pressed", model.get("centre"));
    if (known !== String(pixels)) change("pixels", new DataView(pixels.buffer));
    known = String(pixels);
  });

  const div = (name, ...parts) => make("div", { class: name }, ...parts), small = { class: "vk-small" };
  const strip = pictures.map(({ el }, i) => make("figure", {}, el, make("figcaption", small, titles[i])));
  const title = make("legend", {}, "Load a test digit"), rack = div("vk-options", ...chips);
  const loads = make("fieldset", { class: "vk-choice" }, title, rack);
  const steps = `The ink’s longer side becomes ${fixed(data.box * longest, 0)} pixels, its centre of mass the middle.`;
  const rules = "Pixels are binary: ink on a half or more. Distortion: mean over 7 points of q.";
  const tools = div("vk-named", div("vk-row", pens.el, ...acts), brush.el, loads, centre, make("p", small, steps));
  const side = div("", facts.el, div("vk-chart", curve, marker), make("p", small, rules));
  root.append(div("vk-columns vk-draw", field, div("vk-strip", ...strip), tools, div("vk-plane", plane), side));
  facts.el.style.marginBottom = "0.5rem";
  pens.set("pen");
  brush.set(tool.width);
  for (const name of ["drawing", "centre"]) follow(name, () => redraw());
}

export default defineWidget(build);
