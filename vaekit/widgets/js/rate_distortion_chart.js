// What `RateDistortion` draws: measured models, and through one of them lines of slope −β and −1.

const priceText = (beta) => String(+beta.toPrecision(3));
const PRICE = { colour: "accent", width: 3 }, BOUND = { colour: "c3", width: 2, dash: [7, 4] };

function fillShape(pen, points, colour) {
  pen.beginPath();
  for (const point of points) pen.lineTo(...point);
  pen.closePath();
  pen.fillStyle = colour;
  pen.fill();
}

/** A regular polygon: 4 corners make a diamond, 24 a disc. */
function drawDot(pen, colour, [x, y], size, corners = 24) {
  const turns = Array.from({ length: corners }, (_, k) => (2 * Math.PI * k) / corners);
  fillShape(pen, turns.map((turn) => [x + size * Math.cos(turn), y + size * Math.sin(turn)]), colour);
}

/** The β of each model, as far as they do not run into each other. */
function nameModels(plot, betas, models) {
  let last = [-99, 0];
  models.forEach(({ rate, distortion }, i) => {
    const [x, y] = plot.at(rate, distortion), first = i === betas.length - 1 ? "β = " : "";
    if (Math.abs(x - last[0]) < 30 && Math.abs(y - last[1]) < 14) return;
    last = [x, y];
    plot.note(first + priceText(betas[i]), rate, distortion, { colour: "muted", dx: 7, dy: -9 });
  });
}

/** Tags at the distortion axis, where the lines meet it: they keep apart, and inside. */
function tagAxis(pen, { css }, { at, box: { left, top } }, tags) {
  const [a, b] = tags.map(([value]) => at(0, value)[1]), apart = Math.max(0, 9 - Math.abs(a - b) / 2);
  const ys = [a, b].map((real, i) => Math.max(top, real + (a < b === !i ? -apart : apart)));
  pen.fillStyle = css("paper");
  for (const y of ys) pen.fillRect(0, y - 15, left - 6, 30); // over the axis' own numbers
  tags.forEach(([value, colour], i) => {
    const real = [a, b][i], y = ys[i], text = fixed(value, 1), { width } = pen.measureText(text);
    pen.fillStyle = css(colour);
    pen.fillRect(left - width - 12, y - 8, width + 6, 16);
    if (real >= top) drawDot(pen, css(colour), [left, real], 5);
    Object.assign(pen, { fillStyle: css("paper"), textAlign: "right", textBaseline: "middle" });
    pen.fillText(text, left - 9, y + 1);
  });
}

/** The whole chart for model number `now`; returns the plot, for pointers. */
function drawModels(sheet, colours, { betas, seeds, models, reference, name, best, x, y }, now) {
  const { pen } = sheet, { css } = colours, plot = axes(sheet, colours, { x, y }), { left, bottom } = plot.box;
  const here = models[now], beta = betas[now], loss = lossAt(beta, here);
  const end = Math.min(x.max, (loss - y.min) / beta), line = [plot.at(0, loss), plot.at(end, lineAt(beta, here, end))];
  plot.frame();
  fillShape(pen, [...line, [line[1][0], bottom], [left, bottom]], css("accent", 0.1)); // cheaper at this price
  plot.key([{ text: `slope −${priceText(beta)}`, ...PRICE }, { text: "slope −1", ...BOUND }]);
  const draw = (slope, style) => plot.curve([0, x.max], [0, x.max].map((rate) => lineAt(slope, here, rate)), style);
  draw(1, BOUND);
  draw(beta, PRICE);
  if (reference.length) {
    const [rates, distortions] = reference, middle = Math.floor(rates.length / 2);
    plot.curve(rates, distortions, { colour: "muted", dash: [2, 3] });
    plot.note(name, rates[middle], distortions[middle], { colour: "muted", align: "right", dx: -4, dy: 10 });
  }
  const dot = (each, colour, ...size) => drawDot(pen, colour, plot.at(each.rate, each.distortion), ...size);
  if (seeds.length > 1) for (const each of seeds.flat()) dot(each, css("ink", 0.5), 2.5);
  nameModels(plot, betas, models);
  models.forEach((each, i) => (i === best ? dot(each, css("c3"), 8, 4) : dot(each, css("ink"), 5)));
  tagAxis(pen, colours, plot, [[loss, "accent"], [lossAt(1, here), "c3"]]);
  return plot;
}
