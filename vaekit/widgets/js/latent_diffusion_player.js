// Digits that a diffusion makes in the latent space of a VAE, and digits that it turns to noise, with its bound.

export const math = { ...boundMath, forward, half, unpackLayers, tile };

const VIEWS = { state: "zₜ decoded", x0: "the guess ẑ₀ decoded" }, BUDGET = 3; // milliseconds a frame
const WORDS = {
  state: "Each image is what the VAE’s decoder makes of zₜ.",
  x0: "Each image is what the decoder makes of ẑ₀, the denoiser’s guess at t of the code that zₜ comes from. Near T it "
    + "is wild, a small error divided by √ᾱ, and cut at three standard deviations of the codes.",
};
const ENDS = {
  reverse: ["", "At t = T no step has been taken: zₜ is pure noise, scaled as the codes are."],
  forward: ["At t = 0: codes of test digits, drawn from the encoder.", ""],
};

/** The decoder and the paths of the page's model, checked: `code(direction, view, t, digit)`. */
async function readPaths(page) {
  const get = (name) => page.model.get(name), bound = readBound(page), layers = await loadLayers(page, "weights");
  const size = layers[0].weight.length / layers[0].bias.length, count = get("count"), { last } = bound;
  const [rows, columns] = get("image_shape"), outputs = layers.at(-1).bias.length, paths = {};
  if (outputs !== rows * columns) throw new Error(`the decoder makes ${outputs} pixels, not ${rows} × ${columns}`);
  for (const name of Object.keys(DIRECTIONS)) {
    paths[name] = readArray(get(name), Uint16Array, 2 * (last + 1) * count * size, name);
  }
  const code = (direction, view, t, digit) => {
    const from = (((view === "x0") * (last + 1) + t) * count + digit) * size;
    return Array.from(paths[direction].subarray(from, from + size), half);
  };
  if (!Object.values(paths).every((path) => path.every((bits) => Number.isFinite(half(bits))))) {
    throw new Error("the paths hold numbers that are not finite");
  }
  return { bound, last, count, rows, columns, code, decode: (z) => forward(layers, z) };
}

async function build(page) {
  const { model, root, follow } = page, space = await readPaths(page), { bound, last, count, rows, columns } = space;
  const across = Math.ceil(Math.sqrt(count)), high = Math.ceil(count / across);
  const plots = [0, 1].map(() => make("canvas", { "aria-hidden": "true" })), announce = announcer(page);
  const picture = greyImage(high * rows, across * columns, `${count} digits`);
  const facts = readout(boundNames(bound, "−ELBO of z"));
  const says = make("p", { class: "vk-small vk-diffusion-says" });
  picture.el.style.aspectRatio = `${across * columns} / ${high * rows}`;
  let colours, charts, seen, work = {};

  /** The decoded digits as one image, made while there is time; null until it is whole. */
  const sheet = (key, place, enough) => {
    if (work.key !== key) work = { key, n: 0, greys: new Float64Array(count * rows * columns) };
    for (; work.n < count; work.n++) {
      if (work.n && enough()) return null;
      const pixels = space.decode(space.code(...place, work.n));
      work.greys.set(pixels.map((v) => 255 * v), work.n * rows * columns);
    }
    return tile(work.greys, 0, count, across, rows, columns);
  };
  const box = make("div", { class: "vk-diffusion" }), field = make("div", {}, picture.el);
  const { film, way, put, begin } = diffusionFilm(page, box, bound, (at, t, backwards, fresh) => {
    const begun = performance.now(), view = oneOf(page, "view", VIEWS), direction = backwards ? "reverse" : "forward";
    const key = `${[direction, view, t]}`;
    if (!fresh && seen === key) return;
    const grey = sheet(key, [direction, view, t], () => performance.now() - begun > BUDGET);
    field.dataset.busy = !grey;
    if (!grey) return void film.redraw(fresh);
    if (fresh) [colours, charts] = [palette(root), plots.map((each) => fit(each))];
    seen = key;
    picture.draw(grey, colours);
    picture.el.setAttribute("aria-label", `${count} digits, ${VIEWS[view]}, t = ${t}`);
    [drawTerms, drawSum].forEach((draw, i) => draw(charts[i], colours, bound, t, backwards));
    const values = boundFacts(bound, t, backwards), [low, top] = ENDS[direction];
    facts.set(values);
    says.textContent = `${WORDS[view]} ${t ? (t === last ? top : "") : low}`;
    announce(`t = ${t} of ${last}; ${values[0]}; sum so far ${values[1]} nats`);
  });
  const show = choice(page, "Show", VIEWS, (view) => put({ view }));
  const charted = plots.map((each) => make("div", { class: "vk-chart" }, each));
  const settings = make("div", { class: "vk-row vk-settings" }, way.el, film.pace, show.el);
  box.append(field, make("div", {}, film.el), make("div", {}, ...charted, facts.el), make("div", {}, settings, says));
  root.append(box);
  follow("view", () => (show.set(oneOf(page, "view", VIEWS)), film.redraw()));
  begin();
}

export default defineWidget(build);
