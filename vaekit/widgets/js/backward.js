// Reverse mode through dense layers (see math.js); a widget asks for this part in its `parts`.

/** Derivatives of the activations. */
const SLOPES = {
  identity: () => 1,
  sigmoid: (a) => sigmoid(a) * sigmoid(-a),
  tanh: (a) => 1 - Math.tanh(a) ** 2,
  relu: (a) => (a > 0 ? 1 : 0),
  silu: (a) => sigmoid(a) * (1 + a * sigmoid(-a)),
  softplus: sigmoid,
  gelu: (a) => 0.5 * (1 + erf(a / Math.SQRT2)) + (a * Math.exp(-a * a / 2)) / Math.sqrt(2 * Math.PI),
  gelu_tanh: (a) => {
    const c = Math.sqrt(2 / Math.PI), t = Math.tanh(c * (a + 0.044715 * a ** 3));
    return 0.5 * (1 + t) + 0.5 * a * (1 - t * t) * c * (1 + 0.134145 * a * a);
  },
};

/** What each layer adds up (`sums`) and what its activation makes of that (`outputs`). */
function passThrough(layers, input) {
  const sums = [], outputs = [];
  for (const { weight, bias, activation } of layers) {
    sums.push(forward([{ weight, bias, activation: "identity" }], outputs.at(-1) ?? input));
    outputs.push(sums.at(-1).map(ACTIVATIONS[activation]));
  }
  return { sums, outputs };
}

/** From the gradient with respect to the last `sums` to that with respect to the input. */
function pullBack(layers, sums, gradient) {
  for (let l = layers.length - 1; l >= 0; l--) {
    const { weight } = layers[l], columns = weight.length / gradient.length, back = new Float64Array(columns);
    for (let i = 0, k = 0; i < gradient.length; i++) {
      for (let j = 0; j < columns; j++) back[j] += gradient[i] * weight[k++];
    }
    gradient = l ? back.map((g, j) => g * SLOPES[layers[l - 1].activation](sums[l - 1][j])) : back;
  }
  return gradient;
}
