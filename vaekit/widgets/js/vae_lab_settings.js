// The settings of `VaeLab`. A link to the n-th lab of a page ends in #vaelabN&beta=4&data=ring…

const WHOLE = { latent_dim: [1, 2], width: [4, 64], samples: [1, 16], seed: [0, 2 ** 32 - 1] };
const RANGES = { ...WHOLE, beta: [0, 100], lr: [0.0001, 0.1], noise_sd: [0.02, 2] };
const EXTENT = 3, MOST = 400, LEAST = 8; // of points that are drawn
const CHOICES = { data: [...Object.keys(SETS), "drawn"], estimator: ESTIMATORS, learn_noise: [false, true] };
const NAMES = [...Object.keys(CHOICES), ...Object.keys(RANGES)];

/** A setting as it may be used, or an error that says what is wrong with it. */
function checked(name, value, presets) {
  const [low, high] = RANGES[name] ?? [], allowed = name === "preset" ? presets : CHOICES[name], whole = name in WHOLE;
  let sound = allowed?.includes(value), wanted = allowed?.join(", ");
  if (name in RANGES) {
    sound = (whole ? Number.isInteger(value) : Number.isFinite(value)) && value >= low && value <= high;
    wanted = `a ${whole ? "whole " : ""}number from ${low} to ${high}`;
  } else if (name === "points") {
    const pairs = Array.isArray(value) && value.length <= 2 * MOST && value.length % 2 === 0;
    sound = pairs && value.every((v) => Math.abs(v) <= EXTENT);
    wanted = `at most ${MOST} pairs of numbers from -${EXTENT} to ${EXTENT}`;
  }
  if (sound) return value;
  throw new Error(`“${name}” is ${JSON.stringify(value)}, expected ${wanted}`);
}

/** Points as text: a coordinate is one of 1296 steps over [−3, 3], in two digits to the base of 36. */
const packPoints = (points) =>
  points.map((v) => Math.round(((v / EXTENT + 1) / 2) * 1295).toString(36).padStart(2, "0")).join("");
const unpackPoints = (text) => text.match(/../g).map((pair) => EXTENT * ((2 * parseInt(pair, 36)) / 1295 - 1));

/** How the fields of a link are read; a damaged one stays a text, which is refused. */
const READ = {
  points: (text) => (/^([0-9a-z]{4})+$/.test(text) ? unpackPoints(text) : text),
  learn_noise: (text) => ({ true: true, false: false })[text] ?? text,
};
for (const name in RANGES) READ[name] = (text) => (text.trim() ? Number(text) : text);

/** The end of a link that holds the settings of the n-th lab. */
function writeLink(n, setting) {
  const fields = new URLSearchParams();
  for (const name of ["preset", ...NAMES]) fields.set(name, setting[name]);
  if (setting.data === "drawn" && setting.points.length) fields.set("points", packPoints(setting.points));
  return `#vaelab${n}&${fields}`;
}

/** The settings for the n-th lab in the end of a link, all of them sound; null where there are none for it. */
function readLink(n, end, presets) {
  const [head, ...rest] = end.split("&"), found = {};
  if (head !== `#vaelab${n}`) return null;
  for (const [name, text] of new URLSearchParams(rest.join("&"))) {
    if (!["preset", "points", ...NAMES].includes(name)) throw new Error(`there is no setting “${name}”`);
    found[name] = checked(name, (READ[name] ?? String)(text), presets);
  }
  return found;
}

/** Does a preset's ill persist? */
const ILLS = {
  collapse: ({ active, setting }) => active < setting.latent_dim,
  "holes in the prior": ({ off }) => !(off <= 0.3),
  "beta too large": ({ active, total, setting }) => active < setting.latent_dim || !(total < 3),
  "plain autoencoder": ({ total, off }) => !(Number.isFinite(total) && off <= 0.35),
};
