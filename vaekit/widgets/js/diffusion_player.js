// A diffusion of the plane, forwards and backwards, with the field of its denoiser and the terms of its bound.

export const math = { ...diffusionMath, ...boundMath, forward, unpackLayers, stream, gridPoints };

const VIEWS = { noise: "noise ε̂", score: "score", x0: "x̂₀" }, ROWS = [...Object.values(VIEWS), "mean of step back"];
const FIELDS = { model: "denoiser", both: "and the exact one" }, TAIL = 8; // steps
const BUDGET = [2, 8]; // milliseconds a frame for samples, and while they are waited for

/** The page's model, checked; each of `predictors`, the denoiser and what is exact, finds the noise in x at t. */
async function readDiffusion(page) {
  const get = (name) => page.model.get(name), bound = readBound(page), network = await loadLayers(page, "network");
  const frequencies = get("frequencies"), mixture = get("mixture"), layers = [], { last } = bound;
  const check = (sound, text) => { if (!sound) throw new Error(text); };
  const widths = [network[0].weight.length / network[0].bias.length, network.at(-1).bias.length];
  const wanted = [2 + 2 * frequencies.length, 2];
  check(`${widths}` === `${wanted}`, `the network has the widths ${widths}, expected ${wanted}`);
  const [betas, variances] = ["betas", "reverse_var"].map((name) => {
    const values = get(name), sound = values?.length === last && values.every((v) => v > 0);
    check(sound, `“${name}” does not hold ${last} positive numbers`);
    return values;
  });
  check(mixture.every((row) => row.length === 4 && row.every(Number.isFinite)), "“mixture” holds no components");
  const data = readArray(get("data"), Float32Array, 2 * get("count"), "data"), steps = schedule(betas);
  const predict = (t) => {
    const here = (layers[t] ??= layersAt(network, timeFeatures(t, frequencies)));
    return (x) => forward(here, x);
  };
  const predictors = [predict, ...(mixture.length ? [(t) => (x) => mixtureNoise(mixture, x, steps[t - 1])] : [])];
  return { bound, last, data, steps, betas, variances, predictors, extent: get("extent") };
}

async function build(page) {
  const { model, root, follow } = page, space = await readDiffusion(page), { bound, last, data, extent, steps } = space;
  const { predictors, variances } = space, known = predictors.length > 1, nodes = gridPoints(extent), fields = [[], []];
  const [canvas, ...plots] = [0, 1, 2].map(() => make("canvas", { "aria-hidden": "true" })), announce = announcer(page);
  const field = make("div", { class: "vk-plane" }, canvas), layer = document.createElement("canvas");
  const box = make("div", { class: "vk-diffusion" }); // frames come while any part of it is on screen
  const facts = readout(boundNames(bound)), says = make("p", { class: "vk-small vk-diffusion-says" });
  const head = ["at xₜ", "denoiser", ...(known ? ["exact"] : [])];
  const table = grid("At the point", head, ROWS.map((name) => ({ name })));
  const pair = (values) => `(${values.map((v) => fixed(v)).join(", ")})`;
  let point, forth, back, made, colours, sheet, ground, charts, seen = {};

  const fieldOf = (which, t) => {
    if (fields[which][t]) return fields[which][t];
    const found = new Float64Array(nodes.length), noise = predictors[which](t);
    for (let k = 0; k < nodes.length; k += 2) found.set(noise(nodes.subarray(k, k + 2)), k);
    return (fields[which][t] = found);
  };
  /** The data and the field, which stay while points move. */
  const drawGround = (t, view, compare) => {
    const under = fit(layer, canvas), { pen } = under;
    ground = square(under, colours, extent, ["", "x₁", "x₂"]);
    drawMarks(pen, colours, ground.at, data, new Uint8Array(data.length / 2).fill(5), { size: 1.7, alpha: 0.3 });
    for (const [which, style] of [[1, TRUTH], [0, MODEL]].slice(compare && known ? 0 : 1)) {
      if (t) drawField(pen, colours, ground, nodes, fieldOf(which, t), steps[t - 1], view, style);
    }
    ground.label();
  };
  const count = (t, backwards) => {
    const values = boundFacts(bound, t, backwards);
    [drawTerms, drawSum].forEach((draw, i) => draw(charts[i], colours, bound, t, backwards));
    facts.set(values);
    announce(`t = ${t} of ${last}; ${values[0]}; sum so far ${values[1]} nats`);
  };
  const judge = (t) => {
    const all = t ? predictors.map((each) => views(each(t)(point), point, steps[t - 1])) : [];
    const texts = (name) => predictors.map((_, i) => (t ? pair(all[i][name]) : "none"));
    table.set([...Object.keys(VIEWS), "mean"].map(texts));
    [made] = all;
  };
  const { film, way, put, begin } = diffusionFilm(page, box, bound, (at, t, backwards, fresh) => {
    const begun = performance.now(), limit = BUDGET[Number(backwards && back.reach(last) > at)];
    const low = back.reach(0, () => performance.now() - begun > limit), now = backwards ? Math.max(at, low) : at;
    const view = oneOf(page, "view", VIEWS), compare = model.get("compare");
    const old = seen, is = (name) => !fresh && old[name] === seen[name];
    seen = { ground: `${[t, view, compare]}`, count: `${[t, backwards]}`, point: `${[t, point]}`, now, forth };
    field.dataset.busy = low > 0;
    if (low) film.redraw();
    if (Object.keys(seen).every(is)) return;
    if (fresh) [colours, sheet, charts] = [palette(root), fit(canvas), plots.map((each) => fit(each))];
    if (!is("ground")) drawGround(t, view, compare);
    if (!is("count")) count(t, backwards);
    if (!is("point")) judge(t);
    says.textContent = caption(view, t);
    const { pen, width } = sheet, states = backwards ? back.states : forth, before = Math.floor(now);
    pen.clearRect(0, 0, width, width);
    pen.drawImage(layer, 0, 0, width, width);
    const from = backwards ? Math.ceil(now) : Math.max(0, before - TAIL);
    drawTrails(pen, colours, ground.at, states, from, backwards ? Math.min(last, from + TAIL) : before);
    const dots = between(states[before], states[before + 1], now - before);
    drawMarks(pen, colours, ground.at, dots, new Uint8Array(dots.length / 2), { size: 2.8, alpha: 0.8 });
    if (t) drawPrediction(pen, colours, ground, point, made, Math.sqrt(variances[t - 1]), view);
    place(ground.at(...point), point[0].toFixed(2), `x1 ${fixed(point[0])}, x2 ${fixed(point[1])}`);
  });
  const keep = (v) => Math.min(extent, Math.max(-extent, v)), move = (to) => put({ point: to.map(keep) });
  const place = pointHandle(page, field, "Point xₜ in the plane", {
    drag: ([u, v], width) => move([extent * ((2 * u) / width - 1), extent * (1 - (2 * v) / width)]),
    nudge: (dx, dy) => move([point[0] + dx, point[1] + dy]), home: () => move([0, 0]),
  });
  const show = choice(page, "Show at every xₜ", VIEWS, (view) => put({ view }));
  const beside = choice(page, "Field", FIELDS, (to) => put({ compare: to === "both" }));
  const renew = button(page, "New noise", () => put({ seed: (model.get("seed") + 1) % 2 ** 32 }));
  const settings = make("div", { class: "vk-row vk-settings" }, way.el, film.pace, renew, show.el);
  if (known) settings.append(beside.el);
  const charted = plots.map((each) => make("div", { class: "vk-chart" }, each));
  box.append(field, make("div", {}, film.el), make("div", {}, ...charted, facts.el),
    make("div", {}, settings, says, table.el));
  root.append(box);
  follow("seed", (seed) => {
    if (!Number.isInteger(seed)) throw new Error(`“seed” is ${seed}, expected a whole number`);
    forth = noisePath(data, space.betas, seed);
    back = samplePath(data.length / 2, steps, variances, predictors[0], seed);
    film.redraw();
  });
  follow("point", (to) => {
    const sound = to?.length === 2 && to.every((v) => Math.abs(v) <= extent);
    if (!sound) throw new Error(`“point” is ${to}, expected two numbers from ${-extent} to ${extent}`);
    point = to;
    film.redraw();
  });
  follow("view", () => (show.set(oneOf(page, "view", VIEWS)), film.redraw()));
  follow("compare", (is) => (beside.set(is ? "both" : "model"), film.redraw()));
  begin();
}

export default defineWidget(build);
