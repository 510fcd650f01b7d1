// What an answer says. KNOWN describes the characters of each model, DEFAULT names the first; answer.js follows.

function make(name, properties = {}, children = []) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

const japanese = (text) => make("span", { lang: "ja", textContent: text });

/** Title, detail (a list of texts and nodes), and the sentence for a screen reader. */
function wording({ state, candidates, message, one_of: oneOf }, model) {
  const { characters, words, count } = KNOWN[model];
  const listed = characters.map(japanese);
  if (state === "empty") return ["Nothing drawn yet", words ? [`I read ${words}.`] : ["I read these characters of the old cursive script: ", ...listed], ""];
  if (state === "waiting") return ["Reading …", [], ""];
  if (state === "error") return ["That did not work", [message], message];
  if (state === "blank") return ["Nothing to read", ["I see no ink: try a darker pen, or more light."], "Nothing to read: I see no ink."];
  if (state === "unknown" && message) return ["Not one character", [message], message];
  if (state === "unknown") return ["Not a character I know", words ? [`Nothing like it is among the ${count} I know.`] : ["I know only ", ...listed], "Not a character I know."];
  const [best, second] = candidates;
  const name = best.romaji || codepoint(best.character);
  const doubt = state === "perhaps" ? "Perhaps " : "";
  if (oneOf) return [name, among(oneOf), `One of ${oneOf.slice(0, NAMED).join(", ")}. Best ${best.character}, ${name}, ${percent(best.probability)}.`];
  return [name, sentence(state, best, second), `${doubt}${best.character}, ${name}, ${percent(best.probability)}.`];
}

const NAMED = 4; // characters of a set; of more the number is said

/** "One of お, を": the right one is among them in 95 of 100 readings. */
function among(characters) {
  const more = characters.length - NAMED;
  const named = characters.slice(0, NAMED).flatMap((character, n) => [n ? ", " : "", japanese(character)]);
  const title = "In 95 of 100 readings the right one is among these";
  return [make("span", { className: "among", title }, ["One of ", ...named, more > 0 ? ` and ${more} more` : ""])];
}

function sentence(state, best, second) {
  if (best.probability < LIKELY && second) return ["Perhaps ", japanese(best.character), ", or ", japanese(second.character)];
  if (state === "perhaps") return ["Perhaps ", japanese(best.character)];
  return [best.probability >= SURE ? "I read this as " : "Probably ", japanese(best.character)];
}

const OLDEST_LETTER = "\u{1B001}"; // those with code points of their own begin here

const codepoint = (character) => `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;

/** The lines on where the best candidate comes from, or what it means. */
function origins({ parents, form, meaning }) {
  const lines = [];
  if (parents) {
    const [first, ...others] = parents;
    const also = others.length ? [" ", make("span", { className: "others" }, ["also ", japanese(others.join(""))])] : [];
    lines.push(make("p", { className: "parents", title: `The kanji it was a cursive form of (jibo): ${parents}` }, ["from ", japanese(first), ...also]));
  }
  if (form) {
    const letter = make("span", { className: "letter", lang: "ja", textContent: form.letter });
    const title = "The historical form of this kana that the ink is nearest to (hentaigana)";
    const old = ["nearest to ", japanese(form.parent), "’s form ", letter, ` (${form.codepoint})`];
    const today = ["nearest to today’s form, after ", japanese(form.parent)];
    lines.push(make("p", { className: "form", title }, form.letter >= OLDEST_LETTER ? old : today));
  }
  if (meaning) lines.push(make("p", { className: "meaning", title: meaning }, [meaning]));
  return lines;
}
