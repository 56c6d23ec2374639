// For widgets that show many small images from one buffer of greys; a widget asks for this part in its `parts`, after
// images.js.

/** `count` images from number `first` on, in rows of `across`: values in [0, 1] of one large image. */
function tile(images, first, count, across, rows, columns) {
  const width = across * columns, sheet = new Float64Array(Math.ceil(count / across) * rows * width);
  for (let line = 0; line < count * rows; line++) {
    const n = Math.floor(line / rows), row = Math.floor(n / across) * rows + (line % rows);
    const to = row * width + (n % across) * columns, from = (first * rows + line) * columns;
    for (let c = 0; c < columns; c++) sheet[to + c] = images[from + c] / 255;
  }
  return sheet;
}

/** `count` of the images under a heading; `show(first, text, colours)` draws those from number `first` on. */
function gallery({ images, rows, columns }, count, across) {
  const high = Math.ceil(count / across) * rows, wide = across * columns;
  const { el, draw } = greyImage(high, wide, "not drawn yet");
  const heading = make("p", { class: "vk-small" });
  el.style.aspectRatio = `${wide} / ${high}`;
  const show = (first, text, colours) => {
    draw(tile(images, first, count, across, rows, columns), colours);
    heading.textContent = text;
    el.setAttribute("aria-label", text);
  };
  return { parts: [heading, el], show };
}
