// The latent plane of a trained decoder: move z, see the image that the decoder makes of it.

const shared = { erf, ACTIVATIONS, half, forward, logNormal, unpackLayers };
export const math = { ...shared, ...planeMath, ...densityMath };

const VIEWS = { codes: "codes", prior: "prior", aggregate: "aggregate posterior", holes: "holes" };

async function build(page) {
  const { model, root, follow } = page, space = await readCodes(page, 2), { extent, decode } = space;
  const grid = readAggregate(page), prior = grid && priorGrid(Math.sqrt(grid.length), extent);
  const field = make("div", { class: "vk-plane" }), plane = make("canvas", { "aria-hidden": "true" });
  const picture = greyImage(space.rows, space.columns, "What the decoder makes of z");
  const layer = document.createElement("canvas"), names = ["z", "radius |z|", "log p(z)", "nearest code"];
  const facts = readout(grid ? [...names, "log q(z)", "log p − log q"] : names);
  const announce = announcer(page), save = throttle(80, () => model.save_changes());
  let z, view, shown, colours, size, pen;

  const move = (to) => {
    z = space.clip(to);
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
  const views = choice(page, "Lay over the plane", VIEWS, (to) => (model.set("view", to), save()));
  const drawLayer = () => {
    const sheet = fit(layer, plane).pen;
    const under = view !== "codes" && (() => drawOverlay(sheet, size, colours, overlay(view, grid, prior)));
    drawPlane(sheet, size, colours, { ...space, shown }, { under });
  };
  /** What the readout says of the aggregate posterior at z. */
  const compare = () => {
    if (!grid) return [];
    const aggregate = lookUp(grid, z, extent), excess = logNormal(z) - aggregate;
    return [`${fixed(aggregate, 1)} nats`, `${fixed(excess, 1)} nats${excess > HOLE ? ", hole" : ""}`];
  };
  const redraw = frames(page, field, (fresh) => {
    if (fresh) {
      colours = palette(root);
      ({ pen, width: size } = fit(plane));
      drawLayer();
    }
    const at = toPixel(z, extent, size, size), near = space.near(z, shown), more = compare();
    pen.clearRect(0, 0, size, size);
    pen.drawImage(layer, 0, 0, size, size);
    if (near.index >= 0) drawLink(pen, at, toPixel(near.code, extent, size, size), colours);
    picture.draw(decode(z), colours);
    const point = `(${z.map((v) => fixed(v)).join(", ")})`, density = `${fixed(logNormal(z))} nats`;
    facts.set([point, fixed(Math.hypot(...z)), density, near.text, ...more]);
    const rest = grid ? `, prior over aggregate ${more[1]}` : "";
    announce(`z ${point}, nearest code ${near.text}, log density ${density}${rest}`);
    place(at, z[0].toFixed(2), `z1 ${fixed(z[0])}, z2 ${fixed(z[1])}`);
    sliders.forEach(({ set }, i) => set(z[i]));
  });
  const chips = legend(page, space.classes, (now) => ((shown = now), redraw(true)));
  const look = make("div", { class: "vk-look" }, picture.el, facts.el);
  const tune = make("div", { class: "vk-tune" }, ...sliders.map(({ el }) => el));
  if (grid) {
    const share = `They hold ${fixed(100 * holeShare(grid, prior, extent), 1)} % of its mass.`;
    root.append(views.el);
    tune.append(make("p", { class: "vk-small" }, `Holes: there the prior is over ten times as dense. ${share}`));
  }
  root.append(make("div", { class: "vk-explorer" }, look, field, tune), chips);
  follow("z", () => ((z = readPoint(page, "z", 2, extent)), redraw()));
  follow("view", (to) => {
    if (!(to in VIEWS) || (to !== "codes" && !grid)) throw new Error(`there is no view “${to}”`);
    views.set((view = to));
    redraw(true);
  });
}

export default defineWidget(build);
