// For widgets that show images of several classes; a widget asks for this part in its `parts`.

/** A canvas for grey images: `draw(pixels, colours)` paints values in [0, 1] as ink on paper. */
function greyImage(rows, columns, label) {
  const attributes = { class: "vk-picture", width: columns, height: rows, role: "img", "aria-label": label };
  const el = make("canvas", attributes), pen = el.getContext("2d"), image = pen.createImageData(columns, rows);
  const draw = (pixels, { colour }) => {
    const ink = colour("ink"), paper = colour("paper");
    for (let i = 0; i < pixels.length; i++) {
      for (let c = 0; c < 3; c++) image.data[4 * i + c] = paper[c] + pixels[i] * (ink[c] - paper[c]);
      image.data[4 * i + 3] = 255;
    }
    pen.putImageData(image, 0, 0);
  };
  return { el, draw };
}

/** A legend that filters: `change(shown)` with the picked classes, or with all while none is picked. */
function legend({ on }, classes, change) {
  const everything = new Set(classes.keys()), picked = new Set();
  const chip = (text, label, style = "") =>
    make("button", { type: "button", class: "vk-chip", "aria-label": label, style }, text);
  const chips = classes.map((name, k) => chip(name, `Show class ${name}`, `--vk-chip: var(--vk-c${k % 10})`));
  const all = chip("all", "Show all classes");
  const update = () => {
    chips.forEach((el, k) => el.setAttribute("aria-pressed", picked.has(k)));
    all.setAttribute("aria-pressed", !picked.size);
    change(picked.size ? picked : everything);
  };
  chips.forEach((el, k) => on(el, "click", () => (picked.delete(k) || picked.add(k), update())));
  on(all, "click", () => (picked.clear(), update()));
  update();
  return make("div", { class: "vk-chips", role: "group", "aria-label": "Show only these classes" }, ...chips, all);
}
