// The data sets of `VaeLab`, the same on every page.

const COUNT = 384, GROUPS = 6; // six batches of 64; each group has a colour and a mark

const polar = (r, angle) => [r * Math.cos(angle), r * Math.sin(angle)];
const spoke = (u) => (Math.floor(GROUPS * u) * 2 * Math.PI) / GROUPS;

/** For each data set the s.d. of its noise and the point at u = 0 … 1 along it. */
const SETS = {
  ring: [0.1, (u) => polar(1.6, 2 * Math.PI * u)],
  moons: [0.1, (u) => {
    const [x, y] = polar(1.4, Math.PI * ((2 * u) % 1)), side = u < 0.5 ? 1 : -1;
    return [side * (x - 0.7), side * (y - 0.35)];
  }],
  spiral: [0.06, (u) => polar(0.44 + 1.76 * Math.sqrt(u), Math.PI * (0.64 + 2.56 * Math.sqrt(u)))],
  clusters: [0.16, (u) => polar(1.8, spoke(u))],
  pinwheel: [0.06, (u, normal) => {
    const r = 1.3 + 0.4 * normal(), angle = spoke(u) + 0.5 * r, [x, y] = polar(0.09 * normal(), angle + Math.PI / 2);
    return polar(r, angle).map((v, j) => v + [x, y][j]);
  }],
  line: [0.25, (u) => [3.2 * (u - 0.5), 2 * (u - 0.5)]],
};

/** The group of each point of a drawing: its sector around the mean. */
function sectors(x) {
  const n = x.length / 2, mean = [0, 0];
  x.forEach((v, i) => (mean[i % 2] += v / n));
  return Uint8Array.from({ length: n }, (_, i) => {
    const angle = Math.atan2(x[2 * i + 1] - mean[1], x[2 * i] - mean[0]);
    return Math.min(GROUPS - 1, Math.floor(GROUPS * (angle / (2 * Math.PI) + 0.5)));
  });
}

/** A data set as { x, groups }; that called "drawn" has the given `points`, x₁ and x₂ in turn as in x. */
function makeData(name, points = []) {
  if (name === "drawn") return { x: Float64Array.from(points), groups: sectors(points) };
  const [noise, at] = SETS[name], { uniform, normal } = stream(20), each = Array.from({ length: COUNT }, (_, i) => i);
  const x = each.flatMap((i) => at((i + uniform()) / COUNT, normal).map((v) => v + noise * normal()));
  return { x: Float64Array.from(x), groups: Uint8Array.from(each, (i) => (GROUPS * i) / COUNT) };
}
