// What CollapseLab draws: the spectrum, which the units fill, and their sizes or rates over training.

const POINTS = 200; // in a line

/** Diagonal lines in a box, for those who do not see colours. */
function hatch(pen, x, y, width, height) {
  pen.save();
  pen.beginPath();
  pen.rect(x, y, width, height);
  pen.clip();
  pen.beginPath();
  for (let d = 0; d < width + height; d += 6) pen.moveTo(x + d, y), pen.lineTo(x + d - height, y + height);
  pen.stroke();
  pen.restore();
}

/**
 * Each eigenvalue as a bar, hatched where theory gives it no unit. From the threshold upwards it fills with what the
 * units have captured, Σⱼ wᵢⱼ²: up to its top, λ − β s², at the optimum.
 */
function drawSpectrum(target, colours, { W }, { values, units }, { threshold, served }) {
  const M = values.length, max = 1.15 * values[0], { pen } = target, { css } = colours;
  const x = { min: -0.6, max: M + 0.2, names: values.map((_, i) => String(i + 1)), label: "principal direction" };
  const y = { min: 0, max, label: "variance; above each bar its unit" }, plot = axes(target, colours, { x, y });
  const line = Math.min(threshold, max), keep = (v) => Math.min(max, v);
  plot.frame();
  values.forEach((value, i) => {
    const [left, high] = plot.at(i - 0.36, value), [right, low] = plot.at(i + 0.36, 0);
    pen.fillStyle = css("muted", 0.14);
    pen.fillRect(left, high, right - left, low - high);
    pen.strokeStyle = css(served[i] ? "ink" : "muted");
    pen.lineWidth = served[i] ? 2 : 1;
    if (!served[i]) hatch(pen, left, high, right - left, low - high);
    let from = line, most = -1, size = 0;
    for (let j = 0; j < units; j++) {
      const part = W[i * units + j] ** 2, [, top] = plot.at(0, keep(from + part)), [, foot] = plot.at(0, keep(from));
      pen.fillStyle = css(`c${j}`, 0.85);
      pen.fillRect(left, top, right - left, foot - top);
      from += part;
      if (part > size) [most, size] = [j, part];
    }
    pen.strokeRect(left, high, right - left, low - high);
    if (size > 0.01 * values[0]) plot.note(String(most + 1), i, keep(from), { align: "center", dy: -10 });
  });
  plot.rule("y", line, { colour: "accent", width: 2, dash: [7, 4] });
  const text = `${threshold > max ? "↑ " : ""}βσ² = ${threshold.toPrecision(3)}`;
  plot.note(text, M + 0.2, line, { colour: "accent", align: "right", dy: line > 0.85 * max ? 24 : -24 });
  return { plot, at: plot.at(M - 0.1, line) };
}

/**
 * Lines of the units over training, each with its number at its end, and theory dashed. `name`: sizes or rates;
 * `least`: the least height of the axis.
 */
function drawLines(target, colours, name, label, { step: now, trail, goals }, least) {
  const min = Math.max(0, now - WINDOW), end = min + 1.06 * WINDOW, stride = Math.ceil(Math.min(now, WINDOW) / POINTS);
  const seen = trail.filter(({ step }) => step >= min && (step % stride === 0 || step === now));
  const tops = [...goals, trail.at(-1)].map((each) => Math.max(...each[name])), high = Math.max(least, ...tops);
  const x = { min, max: end, label: "steps of training" }, y = { min: 0, max: 1.15 * high, label };
  const plot = axes(target, colours, { x, y }), dashed = { dash: [5, 4], width: 1 };
  plot.frame();
  goals.forEach(({ step, active, [name]: values }, k) => {
    const span = [Math.max(min, step), goals[k + 1]?.step ?? end];
    for (const value of values.slice(0, active)) plot.curve(span, [value, value], dashed);
  });
  const xs = seen.map(({ step }) => step), ends = trail.at(-1)[name].map((value, j) => ({ value, j }));
  for (const { j } of ends) plot.curve(xs, seen.map((each) => each[name][j]), { colour: `c${j}` });
  let free = 0; // no number on top of another
  for (const { value, j } of ends.sort((a, b) => b.value - a.value)) {
    const [, v] = plot.at(0, value), row = Math.max(v, free);
    if (value < 0.02 * high || row > plot.box.bottom) break;
    plot.note(String(j + 1), now, value, { colour: `c${j}`, dx: 5, dy: row - v });
    free = row + 11;
  }
  plot.key([{ text: "theory", ...dashed }]);
}
