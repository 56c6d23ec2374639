// Dense layers with their gradients, and Adam: for widgets that train; a widget asks for this part in its `parts`.
// A matrix is an array, row by row: a batch has a row for each example, a weight one for each output.

/** Rows of `x`, `inputs` wide, times a weight, plus a bias: rows as wide as the bias. */
function affine(x, inputs, weight, bias) {
  const outputs = bias.length, rows = x.length / inputs, y = new Float64Array(rows * outputs);
  for (let r = 0, k = 0; r < rows; r++) {
    for (let o = 0, w = 0; o < outputs; o++) {
      let sum = bias[o];
      for (let i = 0, j = r * inputs; i < inputs; i++) sum += weight[w++] * x[j++];
      y[k++] = sum;
    }
  }
  return y;
}

/** Adds the gradients of `affine`, given dy, to `dWeight` and `dBias`; returns dx. */
function affineBack(dy, x, inputs, weight, dWeight, dBias) {
  const outputs = dBias.length, rows = x.length / inputs, dx = new Float64Array(x.length);
  for (let r = 0, k = 0; r < rows; r++) {
    for (let o = 0, w = 0; o < outputs; o++) {
      const slope = dy[k++];
      dBias[o] += slope;
      for (let i = 0, j = r * inputs; i < inputs; i++, j++, w++) {
        dWeight[w] += slope * x[j];
        dx[j] += slope * weight[w];
      }
    }
  }
  return dx;
}

/** tanh of `h`, in place; and `dh` taken back through it, in place, given the tanh. */
function squash(h) {
  for (let i = 0; i < h.length; i++) h[i] = Math.tanh(h[i]);
  return h;
}
function squashBack(dh, h) {
  for (let i = 0; i < h.length; i++) dh[i] *= 1 - h[i] * h[i];
  return dh;
}

/** One step of Adam (Kingma & Ba, 2015) on `theta`, in place, with torch's constants; `state` starts as {}. */
function adam(theta, gradient, state, lr) {
  state.step = (state.step ?? 0) + 1;
  state.first ??= new Float64Array(theta.length);
  state.second ??= new Float64Array(theta.length);
  const { first, second, step } = state, a = 1 - 0.9 ** step, b = Math.sqrt(1 - 0.999 ** step);
  for (let i = 0; i < theta.length; i++) {
    const g = gradient[i];
    first[i] = 0.9 * first[i] + 0.1 * g;
    second[i] = 0.999 * second[i] + 0.001 * g * g;
    theta[i] -= ((lr / a) * first[i]) / (Math.sqrt(second[i]) / b + 1e-8);
  }
}
