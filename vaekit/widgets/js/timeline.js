// A timeline with its controls; a widget asks for this part in its `parts`, after choices.js. Time is in seconds.
//
//   const film = timeline(page, field, { period: 1.5, draw: (time, fresh) => …, save: (time) => … });
//   film.end(15); film.go(3); film.redraw(true);                film.el holds the controls
//   film.single = true;                                         Play stops at the end of each period
//   film.backwards = true;                                      the slider shows what is left until the end
//
// Time may count other things than seconds: `label`, `step` and `digits` are the slider's, `rate` is how much passes in
// a second, and with `whole` the player only ever rests at a multiple of the period.

/** The next multiple of `period` after (+1) or before (−1) a time, from 0 to `end`. */
function nextStop(time, direction, period, end) {
  const at = time / period, stop = direction > 0 ? Math.floor(at + 1e-6) + 1 : Math.ceil(at - 1e-6) - 1;
  return Math.min(end, Math.max(0, period * stop));
}

/** How far each stage has come at a time, smoothly from 0 to 1; stage k ends at k periods. */
function progress(time, period, count) {
  return Array.from({ length: count }, (_, k) => {
    const u = Math.min(1, Math.max(0, k ? 1.25 * (time / period - k + 1) : 1));
    return u * u * (3 - 2 * u);
  });
}

/** Plays on screen and when asked only; where motion is to be reduced it goes from stop to stop without tweening. */
function timeline(page, el, { period, draw, save, label = "time t", step = 0.05, digits = 1, rate = 1, whole }) {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let time = 0, end = period, playing = false, last, goal, speed = 1;
  const shown = () => (playing && still.matches && time < end ? period * Math.floor(time / period + 1e-6) : time);
  const rest = () => (whole ? period * Math.round(shown() / period) : shown());
  const run = (start) => {
    if (start && time >= end) time = 0;
    [time, playing, last] = [start ? time : rest(), start, performance.now()];
    goal = film.single ? nextStop(time, 1, period, end) : end;
    press.textContent = start ? "Pause" : "Play";
    redraw();
    if (!start) save(time);
  };
  const go = (to) => {
    time = Math.min(end, Math.max(0, to));
    run(false);
  };
  const press = button(page, "Play", () => run(!playing));
  const jump = (name, to) => button(page, name, () => go(to()));
  const next = (direction) => nextStop(shown(), direction, period, end);
  const turn = (to) => (film.backwards ? end - to : to);
  const scrub = slider(page, label, { min: 0, max: end, step, digits }, (to) => go(turn(to)));
  const speeds = { 0.25: "0.25×", 0.5: "0.5×", "1.0": "1×", "2.0": "2×" };
  const pace = choice(page, "Speed", speeds, (to) => (speed = Number(to)));
  const redraw = frames(page, el, (fresh) => {
    const now = performance.now();
    if (playing) time = Math.min(goal, time + (rate * speed * Math.min(100, now - last)) / 1000);
    last = now;
    scrub.set(turn(shown()));
    draw(shown(), fresh);
    if (playing && time === goal) run(false);
    else if (playing) redraw();
  });
  const row = make("div", { class: "vk-options vk-timeline", role: "group", "aria-label": "Player" },
    jump("First", () => 0), jump("Back", () => next(-1)), press, jump("Forward", () => next(1)),
    jump("Last", () => end));
  const film = {
    el: make("div", { class: "vk-named" }, row, scrub.el), pace: pace.el, single: false, backwards: false, go, redraw,
    end(to) {
      end = scrub.el.querySelector("input").max = to;
      if (time > end) go(end);
    },
  };
  pace.set("1.0");
  page.on(still, "change", () => run(false));
  return film;
}
