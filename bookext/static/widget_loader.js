// Draws the widgets of a static page from the state that the notebook left in it: no kernel, no widget manager.
// A view of an anywidget model gets its module's `render`; any other view shows the last images and texts that it held.
(() => {
  const STATE = 'script[type="application/vnd.jupyter.widget-state+json"]';
  const VIEW = 'script[type="application/vnd.jupyter.widget-view+json"]';
  const REFERENCE = /^IPY_MODEL_/;
  const ALIVE = "This panel comes alive in the notebook: open it in JupyterLab to use the controls.";
  const entries = {}, models = new Map(), modules = new Map(), styles = new Set();

  /** What a widget's module may ask of its model; nothing it saves leaves the page. */
  class Model {
    #state;
    #listeners = new Map();
    widget_manager = { get_model: async (id) => getModel(id) };
    constructor({ state, buffers = [] }) {
      this.#state = structuredClone(state);
      for (const { path, data } of buffers) {
        const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
        const holder = path.slice(0, -1).reduce((value, key) => (value[key] ??= {}), this.#state);
        holder[path.at(-1)] = new DataView(bytes.buffer);
      }
    }
    get(name) { return this.#state[name]; }
    set(name, value) {
      if (typeof name === "object") return Object.entries(name).forEach(([key, each]) => this.set(key, each));
      if (this.#state[name] === value) return;
      this.#state[name] = value;
      this.#emit(`change:${name}`, this, value);
      this.#emit("change", this);
    }
    on(names, callback) {
      for (const name of names.split(" ")) this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), callback]);
    }
    off(names, callback) {
      for (const name of names?.split(" ") ?? [...this.#listeners.keys()]) {
        this.#listeners.set(name, (this.#listeners.get(name) ?? []).filter((each) => callback && each !== callback));
      }
    }
    #emit(name, ...values) { for (const callback of this.#listeners.get(name) ?? []) callback(...values); }
    save_changes() {}
    send() {}
  }

  function getModel(id) {
    if (!entries[id]) throw new Error(`the page holds no state of the model ${id}`);
    if (!models.has(id)) models.set(id, new Model(entries[id]));
    return models.get(id);
  }

  /** The module of a widget; the same text is imported once. */
  function load(text) {
    if (!modules.has(text)) {
      const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
      modules.set(text, import(url).finally(() => URL.revokeObjectURL(url)));
    }
    return modules.get(text);
  }

  const initialised = new Map();

  async function showWidget(id, el) {
    const model = getModel(id), css = model.get("_css"), { signal } = new AbortController();
    if (css && !styles.has(css)) {
      styles.add(css);
      document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
    }
    const module = (await load(model.get("_esm"))).default;
    const widget = typeof module === "function" ? await module() : module;
    if (!initialised.has(id)) initialised.set(id, widget.initialize?.({ model, signal }));
    await initialised.get(id);
    await widget.render?.({ model, el, signal });
  }

  const line = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });

  function picture(format, base64, alt) {
    const img = Object.assign(document.createElement("img"), { alt: alt || "Last figure of this panel" });
    img.src = `data:image/${format};base64,${base64}`;
    img.style.maxWidth = "100%";
    return img;
  }

  /** Images and HTML in an ordinary widget and its children, in order. */
  function* remains(id) {
    const { state, buffers = [] } = entries[id] ?? { state: {} }, name = state._model_name;
    if (name === "ImageModel") {
      const value = buffers.find(({ path }) => path[0] === "value");
      if (value) yield picture(state.format, value.data, state.tooltip);
    } else if (name === "HTMLModel" && state.value) {
      yield Object.assign(document.createElement("div"), { innerHTML: state.value });
    }
    for (const child of state.children ?? []) yield* remains(String(child).replace(REFERENCE, ""));
  }

  function showPanel(id, el) {
    el.className = "widget-panel";
    Object.assign(el.style, { border: "1px solid rgb(127 127 127 / 0.4)", borderRadius: "0.5rem", padding: "1rem" });
    el.append(...remains(id), line("p", ALIVE));
  }

  async function show(script) {
    const el = document.createElement("div");
    el.className = "widget-view";
    script.after(el);
    try {
      const id = JSON.parse(script.textContent).model_id;
      if (!entries[id]) throw new Error("the page holds no state of it");
      if (entries[id].state._esm) await showWidget(id, el);
      else showPanel(id, el);
    } catch (error) {
      const message = line("p", `This widget cannot be shown: ${error.message}.`);
      message.setAttribute("role", "alert");
      el.replaceChildren(message);
    }
  }

  async function start() {
    for (const script of document.querySelectorAll(STATE)) Object.assign(entries, JSON.parse(script.textContent).state);
    for (const script of document.querySelectorAll(VIEW)) await show(script); // one at a time: no long task
  }

  // Widgets first: typesetting keeps the page busy for longer than they take to draw. Never wait for long, though.
  const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const drawn = start().then(frame);
  const patience = new Promise((done) => setTimeout(done, 1000));
  const pageReady = () => Promise.race([drawn, patience]).then(() => MathJax.startup.defaultPageReady());
  if (window.MathJax) MathJax.startup = { ...MathJax.startup, pageReady };
})();
