// A table of numbers; a widget asks for this part in its `parts`.

/**
 * A column for each name in `head`, a row for each { name, colour, border }: a line before the name, if it has one.
 * `set(texts)` fills in what follows the names, row by row; `rows` are the elements.
 */
function grid(label, head, rows) {
  const lines = rows.map(({ name, colour, border }) => {
    const style = `border-top: ${border === "double" ? 5 : 3}px ${border} rgb(var(--vk-${colour}))`;
    const swatch = border ? [make("span", { class: "vk-swatch", style })] : [];
    return make("tr", {}, make("th", { scope: "row" }, ...swatch, name), ...head.slice(1).map(() => make("td")));
  });
  const top = make("tr", {}, ...head.map((text) => make("th", { scope: "col" }, text)));
  const parts = [make("thead", {}, top), make("tbody", {}, ...lines)];
  const el = make("table", { class: "vk-table", "aria-label": label }, ...parts);
  const fill = (line, texts) => texts.forEach((text, j) => (line.cells[j + 1].textContent = text));
  return { el, rows: lines, set: (all) => lines.forEach((line, i) => fill(line, all[i])) };
}
