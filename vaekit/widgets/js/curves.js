// Curves of a training that runs; a widget asks for this part in its `parts`, after plot.js.
//
//   const history = makeHistory();
//   history.add({ n, … });                                 what was measured at update n; kept thin
//   history.mark(n, "beta", "β 4");                        a change of a setting, shown as a line with its text
//   drawCurves(fit(canvas), palette(root), history, { rate: { read: ({ rate }) => rate, colour, dash } }, "nats");

/** At most 400 entries: beyond that every second one is dropped. Changes of one setting in a row count once. */
function makeHistory() {
  const entries = [], events = [];
  let stride = 1;
  const add = (entry) => {
    if (entries.length && entry.n < entries.at(-1).n + stride) return;
    entries.push(entry);
    if (entries.length < 400) return;
    stride *= 2;
    entries.splice(0, 400, ...entries.filter((_, i) => i % 2));
  };
  const mark = (n, name, text) => {
    if (!n || !text) return;
    if (events.at(-1)?.name === name && n < events.at(-1).n + 100) events.pop();
    events.push({ n, name, text });
  };
  return { entries, events, add, mark };
}

/** The least of 500, 1000, 2000, 5000, … that is not below n. */
function horizon(n) {
  const power = 10 ** Math.floor(Math.log10(Math.max(500, n)));
  return [1, 2, 5, 10].map((m) => m * power).find((end) => end >= Math.max(500, n));
}

/** Limits in round numbers for 0 and all values but the highest tenth, where training starts. */
function limits(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b), most = sorted[Math.floor(0.9 * sorted.length)];
  const round = (v) => {
    const step = [0.5, 1, 2, 5, 10, 20, 50].find((s) => Math.abs(v) <= 8 * s) ?? 100;
    return Math.sign(v) * step * Math.ceil(Math.abs(v) / step);
  };
  return { min: Math.min(0, round(sorted[0] ?? 0)), max: round(Math.max(0.5, 1.25 * (most ?? 0))) };
}

/** Each curve is broken where its value is not finite; one without values is left out. */
function drawCurves(target, colours, { entries, events }, curves, label) {
  const known = (read) => entries.some((entry) => Number.isFinite(read(entry)));
  const all = Object.entries(curves).filter(([, { read }]) => known(read));
  const y = { ...limits(all.flatMap(([, { read }]) => entries.map(read))), label, room: 24 };
  const x = { min: 0, max: 1.05 * horizon(entries.at(-1)?.n ?? 0), label: "updates" };
  const plot = axes(target, colours, { x, y });
  plot.frame();
  if (y.min) plot.rule("y", 0, { colour: "muted" });
  for (const { n } of events) plot.rule("x", n, { colour: "muted", dash: [3, 3] });
  for (const [, { read, ...style }] of all) {
    for (let from = 0, i = 0; i <= entries.length; i++) {
      if (i < entries.length && Number.isFinite(read(entries[i]))) continue;
      const piece = entries.slice(from, i);
      if (piece.length) plot.curve(piece.map(({ n }) => n), piece.map(read), style);
      from = i + 1;
    }
  }
  plot.key(all.map(([text, { colour, dash }]) => ({ text, colour, dash })));
  events.forEach(({ n, text }, i) => { // those of the last four are told apart by their height
    const end = plot.at(n, 0)[0] + target.pen.measureText(text).width + 8 > plot.box.right;
    plot.note(text, n, y.max, { dx: end ? -4 : 4, dy: 9 + 15 * (i % 4), align: end ? "right" : "left" });
  });
}
