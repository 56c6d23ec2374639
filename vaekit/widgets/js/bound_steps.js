// The terms of a diffusion model's bound and the time of its player; a widget asks for this part in its `parts`, after
// plot.js, choices.js and timeline.js. Term k of T + 1 is paid between the states k + 1 and k, the last one, the
// prior's, at T; t counts steps of noise. All in nats.

/** What is paid at each t from 0 to T: backwards from the prior down, forwards from the reconstruction up. */
function runningSum(terms, backwards) {
  const last = terms.length - 1, sums = new Float64Array(last + 1);
  if (backwards) for (let t = last, sum = 0; t >= 0; t--) sums[t] = sum += terms[t];
  else for (let t = 1; t <= last; t++) sums[t] = sums[t - 1] + terms[t - 1] + (t === last ? terms[last] : 0);
  return sums;
}

/** Whether term k is paid at t. */
const isPaid = (k, t, last, backwards) => (backwards ? k >= t : k < t || t === last);

/** The last term paid at t, and its name. */
function lastTerm(terms, t, backwards) {
  const last = terms.length - 1, k = backwards ? t : t - 1;
  if (k < 0) return { value: 0, name: "nothing yet" };
  if (!backwards && t === last) return { value: terms[k] + terms[last], name: "last KL + prior" };
  return { value: terms[k], name: k === last ? "prior" : k ? "KL of this step" : "reconstruction" };
}

/** The bound of the page's model, checked. */
function readBound({ model }) {
  const terms = model.get("terms"), reference = model.get("reference"), number = Number.isFinite;
  if (!(terms?.length > 2 && terms.every(number))) throw new Error("“terms” does not hold a number for every step");
  if (!(reference?.length < 2 && reference.every(number))) throw new Error("“reference” holds no number");
  const [down, up] = [true, false].map((backwards) => runningSum(terms, backwards)), sum = down[0];
  const text = `${fixed(sum)} ± ${fixed(model.get("error"))}`, name = model.get("reference_name");
  return { terms, last: terms.length - 1, reference, name, sum, text, sums: (backwards) => (backwards ? down : up) };
}

/** The names and values of the readout. */
const boundNames = ({ reference, name }, all = "−ELBO") =>
  ["last paid", "sum so far", all, ...reference.map(() => name)];
function boundFacts({ terms, sums, text, reference }, t, backwards) {
  const { value, name } = lastTerm(terms, t, backwards), small = value && Math.abs(value) < 0.005;
  const number = small ? value.toExponential(0).replace(/-/g, "−") : fixed(value);
  return [`${name} ${number}`, fixed(sums(backwards)[t]), text, ...reference.map((nats) => fixed(nats))];
}

/** Bars of the terms: what is not paid yet is pale. One far out is cut, and its number stands beside it. */
function drawTerms(target, colours, { terms, last }, t, backwards) {
  const most = Math.max(1e-3, ...terms.slice(1)), least = Math.min(0, ...terms.slice(1)), first = terms[0];
  const y = { min: Math.min(least, Math.max(first, -0.7 * most)), max: 1.15 * Math.max(most, Math.min(first, most)) };
  const plot = axes(target, colours, { x: { min: 0, max: last + 1 }, y: { ...y, label: "each term, nats", room: 30 } });
  const tint = (k) => (isPaid(k, t, last, backwards) ? ["c7", "c1"][Number(k > 0)] : "line");
  plot.frame();
  plot.bars(terms.map((to, k) => ({ at: k + 0.5, to, colour: tint(k) })), 0.82);
  if (y.min < 0) plot.rule("y", 0, { colour: "muted" });
  plot.rule("x", t, { colour: "accent", width: 2 });
  const cut = first < y.min || first > y.max;
  plot.note(cut ? `reconstruction ${fixed(first)}` : "reconstruction", 1, first < 0 ? y.min : y.max, {
    colour: "muted", dx: 6, dy: first < 0 ? -9 : 9,
  });
}

/** The running sum: walked so far in full, the rest dashed; a line at the number to compare with. */
function drawSum(target, colours, { terms, last, reference, name, sums }, t, backwards) {
  const values = Array.from(sums(backwards)), all = [0, ...values, ...reference], ts = values.map((_, k) => k);
  const [low, high] = [Math.min(...all), Math.max(...all)], room = 0.12 * (high - low);
  const y = { min: low - room, max: high + room, label: "running sum, nats", room: 30 };
  const plot = axes(target, colours, { x: { min: 0, max: last + 1, label: "t" }, y });
  const part = (from, to, style) => plot.curve(ts.slice(from, to + 1), values.slice(from, to + 1), style);
  plot.frame();
  part(0, last, { colour: "muted", dash: [3, 3], width: 1.5 });
  part(backwards ? t : 0, backwards ? last : t, { colour: "c1", width: 3 });
  for (const nats of reference) {
    plot.rule("y", nats, { colour: "c3", dash: [8, 3], width: 2 });
    plot.note(name, 0.6 * last, nats, { colour: "c3", align: "center", dy: nats > (low + high) / 2 ? 11 : -11 });
  }
  plot.rule("x", t, { colour: "accent", width: 2 });
  plot.note("●", t, values[t], { colour: "accent", align: "center" });
}

const DIRECTIONS = { forward: "data → noise", reverse: "noise → data" };

/**
 * The player of a diffusion: `film`, and in `row` its direction. `draw(at, t, backwards, fresh)` with the place `at`
 * between two steps and t, the nearest one. Follows the traits t and direction; `put(changes)` sets traits.
 */
function diffusionFilm(page, el, { last }, draw) {
  const { model, follow } = page, save = throttle(80, () => model.save_changes());
  const put = (changes) => (model.set(changes), save());
  const film = timeline(page, el, {
    period: 1, label: "t", step: 1, digits: 0, rate: last / 8, whole: true, save: (time) => put({ t: at(time) }),
    draw: (time, fresh) => draw(at(time), Math.round(at(time)), film.backwards, fresh),
  });
  const at = (time) => (film.backwards ? last - time : time);
  const moment = (t = model.get("t")) => {
    if (Number.isInteger(t) && t >= 0 && t <= last) return t;
    throw new Error(`“t” is ${t}, expected 0 to ${last}`);
  };
  const way = choice(page, "Direction", DIRECTIONS, (direction) => put({ direction }));
  const begin = () => {
    film.end(last);
    follow("direction", (name) => {
      if (!Object.hasOwn(DIRECTIONS, name)) throw new Error(`“direction” is ${name}, expected reverse or forward`);
      way.set(name);
      film.backwards = name === "reverse";
      film.go(at(moment()));
    });
    follow("t", () => film.go(at(moment())));
  };
  return { film, way, put, begin };
}

/** The choice under `name`, one of `options`. */
function oneOf({ model }, name, options, value = model.get(name)) {
  if (Object.hasOwn(options, value)) return value;
  throw new Error(`“${name}” is ${value}, expected ${Object.keys(options).join(", ")}`);
}
const boundMath = { runningSum, isPaid, lastTerm };
