// Measured points on a plot; a widget asks for this part in its `parts`, after plot.js.

/** A mark at (x, value), and a line from one error below to one above, cut off at the axis's least value. */
function drawMeasured(plot, x, value, error, least, { colour, mark }) {
  if (!(value + error > least)) return;
  plot.curve([x, x], [Math.max(least, value - error), value + error], { colour });
  if (value > least) plot.note(mark, x, value, { colour, align: "center" });
}
