// A slider over powers of ten; a widget asks for this part in its `parts`.

/** Two significant digits, never an exponent. */
const short = (v) => String(Number(v.toPrecision(2)));

/** A slider whose positions are logarithms; where the least value is 0, its left end is that. */
function logSlider(page, label, [low, high], change) {
  const min = low ? Math.log10(low) : -2.05, range = { min, max: Math.log10(high) + 1e-9, step: 0.05 };
  const value = (at) => (!low && at < -2.02 ? 0 : Math.min(high, Math.max(low, Number((10 ** at).toPrecision(2)))));
  const { el, set } = slider(page, label, range, (at) => change(value(at)));
  const [input, output] = ["input", "output"].map((tag) => el.querySelector(tag));
  return {
    el, set(v) {
      set(v ? Math.log10(v) : min);
      output.textContent = short(v);
      input.setAttribute("aria-valuetext", short(v));
    },
  };
}
