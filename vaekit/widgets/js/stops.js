// A slider over a list of numbers, whatever their distances; a widget asks for this part in its `parts`.

/** `change(stop)` with the stop that the reader picks; `set(v)` moves it to the last stop up to v, and tells v. */
function stopSlider(page, label, stops, change) {
  const range = { min: 0, max: stops.length - 1, step: 1 };
  const { el, set } = slider(page, label, range, (i) => change(stops[i]));
  const [input, output] = ["input", "output"].map((tag) => el.querySelector(tag));
  return {
    el, set(v) {
      set(Math.max(0, stops.filter((each) => each <= v).length - 1));
      output.textContent = v;
      input.setAttribute("aria-valuetext", v);
    },
  };
}
