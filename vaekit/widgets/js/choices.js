// Buttons and choices for widgets; a widget asks for this part in its `parts`. All are 44 px high and work by keyboard.
//
//   const kind = choice(page, "Model", { gaussian: "one mode", folded: "two modes" }, (value) => …);
//   kind.set("folded");                 moves it silently; kind.el goes into the page
//   button(page, "Reset", () => …)      the element

/** One of several: radio buttons in a row; `change(value)` with the key of the option that the reader picks. */
function choice({ on }, label, options, change) {
  const name = uid(), inputs = Object.keys(options).map((value) =>
    make("input", { type: "radio", name, value, "data-lm-suppress-shortcuts": "true" }));
  const parts = inputs.map((input) =>
    make("label", { class: "vk-option" }, input, make("span", {}, options[input.value])));
  for (const input of inputs) on(input, "change", () => change(input.value));
  const set = (value) => inputs.forEach((input) => (input.checked = input.value === value));
  const row = make("div", { class: "vk-options" }, ...parts);
  return { el: make("fieldset", { class: "vk-choice" }, make("legend", {}, label), row), set };
}

/** A button that does something. */
function button({ on }, label, action) {
  const el = make("button", { type: "button", class: "vk-button" }, label);
  on(el, "click", action);
  return el;
}
