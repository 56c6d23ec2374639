// What `DrawDigit` draws: q in the latent plane, and where a score stands among those of the test digits.

/** q at two standard deviations, in a circle that says where to look. */
function drawPosterior(pen, width, { css }, { mu, sigma }, { extent, clip }) {
  const at = (z) => toPixel(z, extent, width, width), radii = Array.from(sigma, (s) => (s * width) / extent);
  const ring = (z, [a, b], colour, thick) => {
    Object.assign(pen, { strokeStyle: css(colour), lineWidth: thick });
    pen.beginPath();
    pen.ellipse(...at(z), a, b, 0, 0, 2 * Math.PI);
    pen.stroke();
  };
  ring(clip(mu), [16, 16], "paper", 6);
  ring(clip(mu), [16, 16], "accent", 2.5);
  ring(mu, radii, "ink", 2);
}

/** The share of test digits below each score, up to the score `most`; returns the plot. */
function drawScores(screen, colours, scores, most) {
  const x = { min: scores[0], max: most, label: "−ELBO in nats" };
  const plot = axes(screen, colours, { x, y: { min: 0, max: 100, label: "% of the test digits below" } });
  plot.frame();
  plot.curve(scores, scores.map((_, i) => (100 * (i + 1)) / scores.length), { width: 2.5, fill: 0.12 });
  return plot;
}
