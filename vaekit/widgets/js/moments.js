// Mean and spread of numbers that come one by one; a widget asks for this part in its `parts`.

/**
 * `add(value)`; `read()` gives mean and sd, the mean's standard error, and the ratio of mean and sd with its own, by
 * the delta method from four moments. Powers are taken about `centre`, in units of `scale`.
 */
function makeMoments(centre = 0, scale = 1) {
  const sums = new Float64Array(5); // numbers in a closure would be made anew at every change
  const add = (value) => {
    const d = (value - centre) / scale, square = d * d;
    sums[0] += 1;
    sums[1] += d;
    sums[2] += square;
    sums[3] += square * d;
    sums[4] += square * square;
  };
  const read = () => {
    const [n] = sums, [a, b, c, d] = Array.from(sums.subarray(1), (sum) => sum / n);
    const root = Math.sqrt(Math.max(0, b - a * a)), mean = centre + scale * a, sd = scale * root, ratio = mean / sd;
    const skew = (c - 3 * a * b + 2 * a ** 3) / root ** 3;
    const kurtosis = (d - 4 * a * c + 6 * a * a * b - 3 * a ** 4) / root ** 4;
    const noise = Math.max(0, 1 - ratio * skew + (ratio * ratio * (kurtosis - 1)) / 4);
    return { n, mean, sd, error: sd / Math.sqrt(n), ratio, ratioError: Math.sqrt(noise / n) };
  };
  return { add, read };
}
