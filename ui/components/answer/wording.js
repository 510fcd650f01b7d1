// What an answer says, as phrases. KNOWN describes the characters of each model, DEFAULT names the first; answer.js follows.

const { phrase } = language;

function make(name, properties = {}, children = []) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

const japanese = (text) => make("span", { lang: "ja", textContent: text });

const HEADLINES = { empty: "answer.empty", waiting: "answer.waiting", error: "answer.error", blank: "answer.blank" };

/** Title, detail, and the sentence for a screen reader: phrases or a node, or null for none; the title of a character is its name. */
function wording(message, model) {
  const { state, candidates, one_of: oneOf } = message;
  const { characters, count } = KNOWN[model];
  const characterList = characters.map(japanese);
  if (state in HEADLINES) {
    const title = phrase(HEADLINES[state]);
    if (state === "empty") return [title, characters.length ? phrase("answer.reads_these", { characters: characterList }) : reads(KNOWN[model]), null];
    if (state === "waiting") return [title, null, null];
    if (state === "error") return [title, language.reported(message), language.reported(message)];
    return [title, phrase("answer.no_ink"), phrase("answer.blank_spoken")];
  }
  if (state === "unknown" && message.message) return [phrase("answer.no_character"), language.reported(message), language.reported(message)];
  if (state === "unknown") {
    const detail = characters.length ? phrase("answer.knows_only", { characters: characterList }) : phrase("answer.nothing_like_it", { count });
    return [phrase("answer.unknown"), detail, phrase("answer.unknown_spoken")];
  }
  const [best, second] = candidates;
  const name = best.romaji || codepoint(best.character);
  const spoken = { character: best.character, name, share: percent(best.probability) };
  if (oneOf) return [name, among(oneOf), phrase("answer.one_of_spoken", { characters: language.list(oneOf.slice(0, NAMED)), ...spoken })];
  return [name, judgement(state, best, second), phrase(state === "perhaps" ? "answer.perhaps_spoken" : "answer.read_spoken", spoken)];
}

/** What a model with many characters reads. */
function reads({ hiragana: whole, kana, kanji }) {
  const hiragana = whole ? phrase("answer.every_hiragana") : kana ? phrase("answer.kana", { count: kana }) : "";
  const others = kanji ? phrase("answer.kanji", { count: kanji }) : "";
  return phrase("answer.reads", { what: hiragana && others ? phrase("answer.both", { kana: hiragana, kanji: others }) : [hiragana, others] });
}

const NAMED = 4; // characters of a set; of more the number is said

/** "One of お, を": the right one is among them in 95 of 100 readings. */
function among(characters) {
  const more = characters.length - NAMED;
  const named = language.list(characters.slice(0, NAMED).map(japanese));
  const span = make("span", { className: "among" });
  language.label(span, "title", "answer.among");
  return language.put(span, more > 0 ? "answer.one_of_more" : "answer.one_of", { characters: named, count: more });
}

function judgement(state, best, second) {
  const character = japanese(best.character);
  if (best.probability < LIKELY && second) return phrase("answer.perhaps_or", { character, other: japanese(second.character) });
  if (state === "perhaps") return phrase("answer.perhaps", { character });
  return phrase(best.probability >= SURE ? "answer.read_as" : "answer.probably", { character });
}

const OLDEST_LETTER = "\u{1B001}"; // those with code points of their own begin here

const codepoint = (character) => `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;

/** The lines on where the best candidate comes from, or what it means. */
function origins({ parents, form, meaning }) {
  const lines = [];
  const line = (className) => lines[lines.push(make("p", { className })) - 1];
  if (parents) {
    const [first, ...others] = parents;
    const also = others.length ? [" ", language.put(make("span", { className: "others" }), "origin.also", { kanji: japanese(others.join("")) })] : [];
    language.put(language.label(line("parents"), "title", "origin.parents_title", { kanji: parents }), "origin.parents", { kanji: japanese(first), also });
  }
  if (form) {
    const letter = make("span", { className: "letter", lang: "ja", textContent: form.letter });
    const key = form.letter >= OLDEST_LETTER ? "origin.old_form" : "origin.todays_form";
    language.put(language.label(line("form"), "title", "origin.form_title"), key, { parent: japanese(form.parent), letter, codepoint: form.codepoint });
  }
  if (meaning) Object.assign(line("meaning"), { title: meaning, textContent: meaning, lang: "en" }); // KANJIDIC2's, in English
  return lines;
}
