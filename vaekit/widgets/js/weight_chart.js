// Normalised importance weights v of K draws, as discs and as a histogram; a widget asks for this part in its `parts`.

/** The draws at a height of a plot, as discs whose areas are their weights. */
function drawDiscs({ pen }, plot, z, height, shares, ink) {
  pen.fillStyle = ink;
  z.forEach((each, k) => {
    pen.beginPath();
    pen.arc(...plot.at(each, height), Math.max(1, 15 * Math.sqrt(shares[k])), 0, 7);
    pen.fill();
  });
}

const BINS = 12; // of half a power of ten, from K v = 0.001 or less to 1000

/** Which part of the draws, and of the weight, falls into each bin of K v. */
function histogram(shares) {
  const draws = Array(BINS).fill(0), weight = Array(BINS).fill(0), K = shares.length;
  for (const v of shares) {
    const bin = Math.max(0, Math.min(BINS - 1, Math.floor(2 * Math.log10(K * v) + BINS / 2)));
    draws[bin] += 1 / K;
    weight[bin] += v;
  }
  return { draws, weight };
}

/** The histogram over K v, on a logarithmic axis: bars of the draws, and beside them of the weight. */
function drawWeights(target, colours, shares) {
  const parts = histogram(shares), most = Math.max(...parts.draws, ...parts.weight), { pen } = target;
  const x = { min: 1e-3, max: 1e3, log: true, label: "weight (1: a fair share)" };
  const y = { min: 0, max: Math.max(0.5, 1.1 * most), label: "part of", room: 28 };
  const plot = axes(target, colours, { x, y });
  const styles = [{ text: "draws", colour: "muted", width: 8 }, { text: "weight", colour: "accent", width: 8 }];
  plot.frame();
  plot.key(styles);
  styles.forEach(({ text, colour }, i) => {
    pen.fillStyle = colours.css(colour, 0.85);
    parts[text].forEach((part, bin) => {
      const place = (by) => plot.at(10 ** (bin / 2 - 2.95 + i / 5 + by), part), [u, v] = place(0);
      pen.fillRect(u, v, place(0.2)[0] - u, plot.box.bottom - v);
    });
  });
  plot.rule("x", 1, { dash: [3, 3] });
}
