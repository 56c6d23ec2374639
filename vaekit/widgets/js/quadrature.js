// Numerical integration; a widget asks for this part in its `parts`.

/** Nodes and weights of Gauss and Legendre on [0, 1]. */
function gaussLegendre(n) {
  return Array.from({ length: n }, (_, i) => {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5)), slope;
    for (let turn = 0; turn < 6; turn++) {
      let [a, b] = [1, x];
      for (let k = 2; k <= n; k++) [a, b] = [b, ((2 * k - 1) * x * b - (k - 1) * a) / k];
      slope = (n * (x * b - a)) / (x * x - 1);
      x -= b / slope;
    }
    return [(1 + x) / 2, 1 / ((1 - x * x) * slope * slope)];
  });
}
