// The real characters nearest to the chosen one, in its panel: a RealOnes in the same `scan-room` shows them, where there is one.

const panel = find(".one");

/** Ask for the real ones like the character of this index, or hide them with -1. */
function showReal(index) {
  const real = element.closest(".scan-room")?.querySelector(".scan-real");
  if (!real) return;
  if (real.parentElement !== panel) panel.append(real); // beside the character that it is about
  const it = marks[index]?.character;
  const state = it && inks[index] ? (degreeOf(it) === "unknown" ? "unknown" : "character") : "empty";
  const detail = { seq: performance.now(), state, candidates: [{ character: it?.character }], ink: inks[index] };
  element.dispatchEvent(new CustomEvent("answered", { bubbles: true, detail }));
}
