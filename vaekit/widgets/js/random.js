// Random numbers that a seed fixes; a widget asks for this part in its `parts`.

/** Numbers from one seed: uniform ones by mulberry32, a 32-bit counter scrambled; normal ones by Box and Muller. */
function stream(seed) {
  let state = seed >>> 0, spare = null;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
  const normal = () => {
    const kept = spare;
    spare = null;
    if (kept !== null) return kept;
    const radius = Math.sqrt(-2 * Math.log(uniform())), angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  return { uniform, normal, normals: (count) => Float64Array.from({ length: count }, normal) };
}
