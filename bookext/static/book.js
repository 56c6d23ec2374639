// What style sheets cannot do: keyboard focus for formulas that scroll, and printing in the light theme.

// A formula wider than its column, which the theme would cut off, scrolls in a box of its own and takes the focus there.
const markWideFormulas = () => {
  for (const container of document.querySelectorAll(".math mjx-container")) {
    const box = container.closest(".math");
    const scroller = box.matches("div") ? container : box;
    const wide = container.querySelector("mjx-math").getBoundingClientRect().width > box.clientWidth + 1;
    scroller.classList.toggle("wide-formula", wide);
    if (wide) scroller.tabIndex = 0;
    else scroller.removeAttribute("tabindex");
  }
};

if (window.MathJax) {
  MathJax.startup.promise.then(markWideFormulas);
  window.addEventListener("resize", markWideFormulas);
}

let themeOnScreen;
window.addEventListener("beforeprint", () => {
  themeOnScreen = document.documentElement.dataset.theme;
  document.documentElement.dataset.theme = "light";
});
window.addEventListener("afterprint", () => {
  document.documentElement.dataset.theme = themeOnScreen;
});
