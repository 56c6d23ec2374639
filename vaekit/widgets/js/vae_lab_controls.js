// The controls of `VaeLab`.

const LABELS = {
  data: "Data", estimator: "Gradient", latent_dim: "Latents", beta: "weight β", noise_sd: "decoder s.d.",
  lr: "learning rate", samples: "draws K", width: "width",
};
const WORDS = { drawn: "draw your own", iwae: "IWAE", score: "score function", none: "none: z = μ" };
const BRIEF = { beta: "β", noise_sd: "s.d.", samples: "K", lr: "lr", data: "", estimator: "" };
const SHOWS = { decoder: "# decoder", reconstructions: "○ reconstructions", samples: "× samples" };
const TITLES = ["data space", "latent space", "terms over the updates", "rate of each unit"];
const FACTS = ["updates", "active units", "−ELBO", "−log p(x), estimate", "distortion", "KL(q(z) ‖ p(z))", "rate",
  "samples off the data"];

const div = (name, ...parts) => make("div", { class: name }, ...parts);

/** `setting` and `shown` are read; `put(name, value)` and the other functions are told what the reader does. */
function controls(page, { setting, shown, presets, put, copy, press, step, renew, pick, pace, redraw }) {
  const mark = (el, is) => el.setAttribute("aria-pressed", is);
  const picks = presets.map((name) => button(page, name, () => pick(name)));
  const kinds = ["data", "latent_dim", "estimator"].map((name) => {
    const values = CHOICES[name] ?? RANGES[name], texts = values.map((v) => [v, WORDS[v] ?? String(v)]);
    const { el, set } = choice(page, LABELS[name], Object.fromEntries(texts), (text) =>
      put(name, values.find((v) => String(v) === text)));
    return { name, el, set: (v) => set(String(v)) };
  });
  const log = ["beta", "noise_sd", "lr"].map((name) =>
    ({ name, ...logSlider(page, LABELS[name], RANGES[name], (v) => put(name, v)) }));
  const linear = ["samples", "width"].map((name) => {
    const [min, max] = RANGES[name], range = { min, max, step: min, digits: 0 };
    return { name, ...slider(page, LABELS[name], range, (v) => put(name, v)) };
  });
  const shows = Object.keys(SHOWS).map((name) =>
    button(page, SHOWS[name], () => ((shown[name] = !shown[name]), redraw())));
  const learn = button(page, "", () => put("learn_noise", !setting.learn_noise));
  const go = button(page, "Train", press), wipe = button(page, "Clear the drawing", () => put("points", []));
  const speed = choice(page, "Speed", { slow: "slow", normal: "normal", fast: "fast" }, pace);
  const canvases = TITLES.map((label) => make("canvas", { role: "img", "aria-label": label }));
  const status = make("p", { class: "vk-small" }), story = make("p", { class: "vk-lab-story" }), facts = readout(FACTS);
  let told;
  go.classList.add("vk-lab-go");
  speed.set("normal");
  return {
    go, status, facts, canvases,
    /** A setting in a word or two, or "". */
    brief(name) {
      const value = setting[name], text = typeof value === "number" ? short(value) : WORDS[value] ?? value;
      return name in BRIEF ? `${BRIEF[name]} ${text}`.trim() : "";
    },
    set() {
      for (const { name, set } of [...kinds, ...log, ...linear]) set(setting[name]);
      picks.forEach((el, i) => mark(el, presets[i] === setting.preset));
      shows.forEach((el, i) => mark(el, Object.values(shown)[i]));
      mark(learn, setting.learn_noise);
      wipe.style.display = setting.data === "drawn" ? "" : "none";
    },
    tell({ see, repair, done }, repaired, sd) {
      learn.textContent = setting.learn_noise ? `learn the s.d.: now ${fixed(sd)}` : "learn the s.d.";
      if (told === see + repaired) return;
      told = see + repaired;
      story.dataset.sound = repaired || !repair;
      if (repaired) story.replaceChildren(make("b", {}, "✓ Repaired. "), done);
      else story.replaceChildren(see, ...(repair ? [make("b", {}, " Repair: "), repair] : []));
    },
    fill(lab, field) {
      const [data, latent, gradient] = kinds.map(({ el }) => el), [, plane, terms, units] = canvases;
      const small = (name) => make("p", { class: "vk-small" }, page.model.get(name));
      const preset = make("fieldset", { class: "vk-choice" }, make("legend", {}, "Preset"));
      preset.append(div("vk-options", ...picks));
      const acts = [go, button(page, "One update", step), button(page, "Restart", renew)];
      const link = copy ? [button(page, "Copy link", copy)] : [];
      field.prepend(canvases[0]);
      lab.append(preset, story,
        div("vk-lab-two vk-lab-planes", field, div("vk-options", ...shows, wipe), div("vk-plane", plane), small("key")),
        div("vk-row vk-lab-bar", div("vk-options", ...acts), speed.el, ...link), status,
        div("vk-lab-two vk-named", ...[...log, ...linear].map(({ el }) => el), learn),
        div("vk-lab-two", div("vk-chart", terms), div("vk-chart", units)), div("vk-two", facts.el),
        data, div("vk-row", latent, gradient), small("note"));
      return lab;
    },
  };
}
