// A formula that is wider than its column scrolls in a box of its own; that box, and only that one, takes the keyboard's focus.
const article = document.querySelector(".bd-article");

const mark = () => {
  const edge = article.getBoundingClientRect().right;
  for (const inline of article.querySelectorAll("span.math")) {
    inline.classList.remove("wide");
    if (!inline.closest("table") && inline.getBoundingClientRect().right > edge + 1) inline.classList.add("wide");
  }
  for (const box of article.querySelectorAll(".math")) {
    if (box.matches("div, .wide") && box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
};

window.MathJax?.startup.promise.then(mark);
window.addEventListener("resize", mark);
