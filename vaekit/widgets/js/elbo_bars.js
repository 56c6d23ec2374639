// The ELBO as stacked bars in a diagram; a widget asks for this part in its `parts`, after diagram.js.

/**
 * One bar for each of `bounds`, pairs of a name and an ELBO in nats, from 0 at the right: distortion and rate add up to
 * the ELBO, the gap leads back to the line at log p(x), if that is known. `low` is what must fit; [x, y, w] the place.
 */
function elboBars([x, y, w], k, { bounds, rate, low, evidence }) {
  const { text, line, show } = diagram, span = (-low * w) / (w - 86), at = (v) => x + w * (1 + v / span);
  const bar = (from, to, top, high, kind) => `<rect x="${Math.min(at(from), at(to))}" y="${top}" `
    + `width="${Math.abs(at(to) - at(from))}" height="${high}" class="${kind}"/>`;
  const row = (name, bound, top) => {
    const middle = bound + rate, known = evidence !== undefined, gap = evidence - bound;
    const stack = bar(bound, middle, top, 18, "rate") + bar(middle, 0, top, 18, "distortion");
    return `<g class="grow" style="--r: var(--r${k})">${stack}</g>`
      + show(k, text(`ELBO ${fixed(bound, 1)}`, at(bound) - 5, top + 13, "bold", "end"),
        text(`distortion ${fixed(-middle, 1)}`, at(middle / 2), top + 13),
        text(`rate ${fixed(rate, 1)}`, at(bound + rate / 2), top - 4, "", "start"),
        text(name, x + w, top + 32, "muted", "end"),
        known ? bar(bound, evidence, top + 22, 7, "gap")
          + text(`gap ${fixed(gap, 1)}`, Math.max(at(bound), at(evidence)) + 6, top + 31, "", "start") : "");
  };
  const mark = evidence === undefined ? "" : line(`M${at(evidence)} ${y + 10}V${y + 52 * bounds.length - 2}`, "mark")
    + text(`log p(x) = ${fixed(evidence, 1)}`, at(evidence), y + 52 * bounds.length + 10, "", "start");
  return bounds.map(([name, bound], i) => row(name, bound, y + 14 + 52 * i)).join("") + show(k, mark);
}
