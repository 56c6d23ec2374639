// What a widget needs of the page. Python joins math.js, this file, controls.js, the parts that a widget asks
// for and the widget's own file into one module.

/** An element: its attributes, then its children. */
function make(tag, props = {}, ...children) {
  const el = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) el.setAttribute(key, value);
  el.append(...children);
  return el;
}

const uid = () => `vk-${Math.random().toString(36).slice(2, 10)}`;
const fixed = (x, digits = 2) => (Math.abs(x) < 0.5 * 10 ** -digits ? 0 : x).toFixed(digits).replace("-", "−");

/** Call `action` at most once in `ms`, the last call never lost. */
function throttle(ms, action) {
  let timer = 0, again = false;
  return function call() {
    again = Boolean(timer);
    if (again) return;
    action();
    timer = setTimeout(() => ((timer = 0), again && call()), ms);
  };
}

/**
 * The module's default export: `build(page)` fills `page.root`. What it throws, also later in a listener
 * or a frame, is shown in the widget's own box and stops this widget alone.
 */
function defineWidget(build) {
  async function render({ model, el, signal: outer }) {
    const stop = new AbortController(), { signal } = stop;
    const root = make("div", { class: "vk", role: "group", "aria-label": model.get("title") });
    const fail = (error) => {
      stop.abort();
      delete root.dataset.ready;
      const reason = String(error?.message ?? error).replace(/\.+$/, "");
      const text = `This widget cannot be shown: ${reason}. In a notebook, run its cell again.`;
      root.replaceChildren(make("p", { class: "vk-error", role: "alert" }, text));
    };
    const guard = (action) => (...values) => {
      if (signal.aborted) return undefined;
      try { return action(...values); } catch (error) { return fail(error); }
    };
    /** Listen to DOM events (names with spaces between) until the widget goes away. */
    const on = (target, names, action) => {
      for (const name of names.split(" ")) target.addEventListener(name, guard(action), { signal });
    };
    /** Follow a trait: called now and at every change. */
    const follow = (trait, action) => {
      const changed = guard(() => action(model.get(trait)));
      model.on(`change:${trait}`, changed);
      signal.addEventListener("abort", () => model.off(`change:${trait}`, changed));
      changed();
    };
    outer?.addEventListener("abort", () => stop.abort(), { once: true });
    el.append(root);
    const question = model.get("question"), tip = model.get("tip");
    const summary = make("summary", {}, make("b", {}, "Predict first. "), question);
    if (question) root.append(make("details", { class: "vk-predict" }, summary, make("p", {}, model.get("answer"))));
    if (tip) root.append(make("p", { class: "vk-tip" }, make("b", {}, "Try: "), tip));
    try { await build({ model, root, signal, guard, on, follow }); } catch (error) { fail(error); }
    return () => stop.abort();
  }
  return { render };
}

/**
 * Returns `request(all = false)`: `draw(fresh)` then runs once, in the next animation frame in which `el`
 * is on screen. `fresh`: all was asked for, or size or theme may have changed.
 */
function frames({ root, signal, guard, on }, el, draw) {
  let pending = 0, visible = true, dirty = true, fresh = true; // the first frame is drawn wherever it is
  const paint = guard(() => {
    pending = 0;
    if (!el.clientWidth) return; // hidden: the resize observer tells when it is back
    const all = fresh;
    dirty = fresh = false;
    draw(all);
    root.dataset.ready = "true";
  });
  const request = (all = false) => {
    dirty = true;
    fresh ||= all;
    if (visible && !pending) pending = requestAnimationFrame(paint);
  };
  const refresh = () => request(true);
  const seen = new IntersectionObserver((entries) => {
    visible = entries.at(-1).isIntersecting;
    if (visible && dirty) request();
  }, { rootMargin: "200px" });
  const sized = new ResizeObserver(refresh), themed = new MutationObserver(refresh);
  const attributeFilter = ["data-theme", "data-jp-theme-light", "data-vscode-theme-kind", "theme"];
  for (const node of [document.documentElement, document.body]) themed.observe(node, { attributeFilter });
  seen.observe(el);
  sized.observe(el);
  on(window, "resize", refresh); // the pixel ratio changes with it
  on(window, "beforeprint", () => dirty && paint());
  signal.addEventListener("abort", () => {
    for (const observer of [seen, sized, themed]) observer.disconnect();
    cancelAnimationFrame(pending);
  });
  return request;
}

/** Size a canvas to its box and the screen's pixels; returns its context in CSS pixels. */
function fit(canvas, { clientWidth: width, clientHeight: height } = canvas) {
  const ratio = window.devicePixelRatio || 1, pen = canvas.getContext("2d");
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  return { pen, width, height };
}

/** The theme's colours as `colour(name)`, an `[r, g, b]`, and `css(name, alpha)`. */
function palette(root) {
  const style = getComputedStyle(root), known = {};
  const read = (name) => style.getPropertyValue(`--vk-${name}`).trim().split(" ").map(Number);
  const colour = (name) => (known[name] ??= read(name));
  return { colour, css: (name, alpha = 1) => `rgb(${colour(name).join(" ")} / ${alpha})` };
}
