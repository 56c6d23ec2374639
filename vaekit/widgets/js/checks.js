// Traits as a page may use them; a widget asks for this part in its `parts`.

/** `value`, if `allowed` permits it: [least, most], [least, most, true] for whole numbers, or names; else an error. */
function checkTrait(name, value, allowed) {
  const [low, high, whole] = allowed, named = typeof low === "string";
  const inside = Number.isFinite(value) && value >= low && value <= high && (!whole || Number.isInteger(value));
  if (named ? allowed.includes(value) : inside) return value;
  const wanted = named ? allowed.join(" or ") : `a ${whole ? "whole " : ""}number from ${low} to ${high}`;
  throw new Error(`“${name}” is ${JSON.stringify(value)}, expected ${wanted}`);
}
