// Mathematics that widgets share: plain functions of arrays, compared with torch by the tests.

/** Error function by its series of positive terms: no cancellation, exact to rounding. */
function erf(x) {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x, sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return ((2 * sum) / Math.sqrt(Math.PI)) * Math.exp(-x * x);
}

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

const ACTIVATIONS = {
  identity: (x) => x,
  sigmoid,
  tanh: Math.tanh,
  relu: (x) => (x > 0 ? x : 0),
  silu: (x) => x * sigmoid(x),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  gelu_tanh: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
};

/** Apply dense layers `{ weight (row-major), bias, activation }` in order to the vector `input`. */
function forward(layers, input) {
  let h = input;
  for (const { weight, bias, activation } of layers) {
    const columns = h.length, out = new Float64Array(bias.length), f = ACTIVATIONS[activation];
    for (let i = 0, k = 0; i < out.length; i++) {
      let sum = bias[i];
      for (let j = 0; j < columns; j++) sum += weight[k++] * h[j];
      out[i] = f(sum);
    }
    h = out;
  }
  return h;
}

/** log N(z; 0, I) in nats. */
function logNormal(z) {
  return z.reduce((sum, v) => sum - 0.5 * (v * v + Math.log(2 * Math.PI)), 0);
}

/** An IEEE half-precision number from its 16 bits; NaN for what is not finite. */
function half(bits) {
  const exponent = (bits >> 10) & 31, fraction = bits & 1023;
  if (exponent === 31) return NaN;
  return (bits & 0x8000 ? -1 : 1) * (exponent ? 2 ** (exponent - 25) * (1024 + fraction) : 2 ** -24 * fraction);
}

/** `count` numbers from a binary buffer, or an error that says what is wrong with it. */
function readArray(view, Type, count, name) {
  const bytes = view?.byteLength ?? 0, expected = count * Type.BYTES_PER_ELEMENT;
  if (bytes !== expected) throw new Error(`the buffer “${name}” holds ${bytes} bytes, expected ${expected}`);
  const array = new Type(view.buffer.slice(view.byteOffset, view.byteOffset + bytes));
  if (!array.every(Number.isFinite)) throw new Error(`the buffer “${name}” holds numbers that are not finite`);
  return array;
}

/** Dense layers from the traits of `DecoderWeights`. */
function unpackLayers(model) {
  const shapes = model.get("layers"), dtype = model.get("dtype");
  const rows = shapes.reduce((sum, [, outputs]) => sum + outputs, 0);
  const count = shapes.reduce((sum, [inputs, outputs]) => sum + inputs * outputs, 0);
  const Type = { int8: Int8Array, float16: Uint16Array, float32: Float32Array }[dtype];
  if (!Type) throw new Error(`there is no number type “${dtype}”`);
  const values = readArray(model.get("weights"), Type, count, "weights");
  const biases = readArray(model.get("biases"), Float32Array, rows, "biases");
  const scales = dtype === "int8" ? readArray(model.get("scales"), Float32Array, rows, "scales") : null;
  let row = 0, k = 0;
  return shapes.map(([inputs, outputs, activation]) => {
    const weight = new Float32Array(inputs * outputs), bias = biases.subarray(row, row + outputs);
    if (!ACTIVATIONS[activation]) throw new Error(`there is no activation “${activation}”`);
    for (let i = 0; i < weight.length; i++, k++) {
      const value = dtype === "float16" ? half(values[k]) : values[k];
      weight[i] = scales ? value * scales[row + Math.floor(i / inputs)] : value;
    }
    if (!weight.every(Number.isFinite)) throw new Error("the weights hold numbers that are not finite");
    row += outputs;
    return { weight, bias, activation };
  });
}

const UNPACKED = Symbol.for("vaekit.layers"); // kept on the model, for widgets of other modules

/** The layers of the weights model that the page's model refers to under `name`; unpacked once a page. */
async function loadLayers({ model, signal }, name) {
  const reference = String(model.get(name));
  if (!reference.startsWith("IPY_MODEL_")) throw new Error(`“${name}” refers to no weights`);
  const weights = await model.widget_manager.get_model(reference.slice(10));
  signal.throwIfAborted(); // the view may be gone by now
  return (weights[UNPACKED] ??= unpackLayers(weights));
}
