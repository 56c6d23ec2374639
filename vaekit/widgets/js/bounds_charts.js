// What `TighterBounds` draws: the bound and the signal-to-noise ratios over K, and q with its draws.

const STYLES = [
  { text: "θ", colour: "c1", dash: [], border: "solid", mark: "■", width: 3 },
  { text: "φ, path", colour: "c3", dash: [2, 3], border: "dotted", mark: "●", width: 3 },
  { text: "φ, doubly", colour: "c4", dash: [8, 3], border: "dashed", mark: "▲", width: 3 },
];
const [LEAST, MOST] = ALLOWED.samples, MEASURED = [1, 4, 16, 64, 256], PEAK = 1 / Math.sqrt(2 * Math.PI);
const COUNTS = [...new Set(Array.from({ length: 61 }, (_, i) => Math.round(10 ** (i / 20))))];
const Z = Array.from({ length: 226 }, (_, i) => i / 50 - 1.5);

/** An empty plot over draws, with a line at K. */
function overDraws(target, colours, K, y, key) {
  const x = { min: LEAST, max: MOST, log: true, label: "draws K" }, plot = axes(target, colours, { x, y });
  plot.frame();
  plot.key(key);
  plot.rule("x", K, { colour: "muted", dash: [3, 3] });
  return plot;
}

/** The mean of L_K below log p(x), measured means, and L_1 to L_K of the batch. */
function drawBound(target, colours, { K, curve, path }, measured) {
  const reach = 2 ** Math.ceil(Math.log2(Math.max(0.2, 1.1 * curve[0].gap))), colour = "accent", mark = "●";
  const y = { min: EVIDENCE - reach, max: EVIDENCE + 0.25 * reach, label: "nats", room: 28 };
  const styles = [{ text: "bound", colour, width: 3 }, { text: "L of the batch", colour: "muted", width: 1.5 }];
  const plot = overDraws(target, colours, K, y, styles), known = [...COUNTS.filter((k) => k < K), K];
  plot.curve(known, known.map((k) => EVIDENCE + path[k - 1]), styles[1]);
  plot.rule("y", EVIDENCE, { width: 2, dash: [7, 4] });
  plot.curve(COUNTS, curve.map(({ gap }) => EVIDENCE - gap), styles[0]);
  measured.forEach(([{ mean, error }], l) =>
    drawMeasured(plot, MEASURED[l], EVIDENCE + mean, error, y.min, { colour, mark }));
  plot.note("log p(x)", MOST, EVIDENCE, { align: "right", dx: -4, dy: -11 });
  return plot;
}

function drawRatios(target, colours, { K, curve }, measured) {
  const y = { min: 0.003, max: 30, log: true, label: "SNR", room: 28 }, plot = overDraws(target, colours, K, y, STYLES);
  STYLES.forEach((style, k) => {
    plot.curve(COUNTS, curve.map(({ gradients }) => gradients[k].snr), style);
    measured.forEach(({ [k + 1]: { ratio, ratioError } }, l) =>
      drawMeasured(plot, MEASURED[l], ratio, ratioError, y.min, style));
  });
}

/** q, the posterior, and the weighted draws below them. */
function drawDensities(target, colours, { q, z, shares }) {
  const x = { min: -1.5, max: 3, label: "z" }, y = { min: -0.6, max: 3, label: "density" };
  const styles = [{ text: "q", colour: "accent", width: 3, fill: 0.16 }, { text: "posterior", dash: [7, 4] }];
  const plot = axes(target, colours, { x, y });
  plot.frame();
  plot.key(styles);
  [q, POSTERIOR].forEach((each, i) => plot.curve(Z, Z.map((at) => Math.exp(logGauss(at, each))), styles[i]));
  drawDiscs(target, plot, z, -0.3, shares, colours.css("accent", 0.45));
  return plot;
}
