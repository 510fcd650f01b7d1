// The browser half of Answer. Gradio runs it once per answer as a function of (element, trigger, props, server, upload, watch).
// Every state has the same parts in the same places, so that nothing moves from one answer to the next; the bars glide.

const view = element.querySelector(".view");
const answer = element.querySelector(".answer");
const [glyph, words, title, heading, rows, figure] = [".glyph", ".words", ".title", "h3", ".candidates", ".seen"].map((name) => answer.querySelector(name));
const spoken = element.querySelector(".spoken");
const reader = element.closest(".reader") ?? element;
let shown = -Infinity; // the seq of the answer on show: older answers are dropped
let asked = -Infinity; // the seq of the newest request
let waiting = 0;
let speaking = 0;

function make(name, properties = {}, children = []) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

const japanese = (text) => make("span", { lang: "ja", textContent: text });
const known = () => CHARACTERS.map(japanese);

/** What an answer says: title, detail (a list of texts and nodes), and the sentence for a screen reader. */
function wording({ state, candidates, message }) {
  if (state === "empty") return ["Nothing drawn yet", ["I read these characters of the old cursive script: ", ...known()], ""];
  if (state === "error") return ["That did not work", [message], message];
  if (state === "blank") return ["Nothing to read", ["I see no ink: try a darker pen, or more light."], "Nothing to read: I see no ink."];
  if (state === "unknown") return ["Not a character I know", ["I know only ", ...known()], "Not a character I know."];
  const [best, second] = candidates;
  return [best.romaji, sentence(best, second), `${best.character}, ${best.romaji}, ${percent(best.probability)}.`];
}

function sentence(best, second) {
  if (best.probability >= SURE) return ["I read this as ", japanese(best.character)];
  if (best.probability >= LIKELY) return ["Probably ", japanese(best.character)];
  return ["Perhaps ", japanese(best.character), ", or ", japanese(second.character)];
}

function parentsOf([first, ...others]) {
  const also = others.length ? [" ", make("span", { className: "others" }, ["also ", japanese(others.join(""))])] : [];
  return make("p", { className: "parents", title: "The kanji it was a cursive form of (jibo)" }, ["from ", japanese(first), ...also]);
}

function emptyRow() {
  return make("li", {}, [japanese(""), make("span"), make("span", { className: "bar" }, [make("i")]), make("span")]);
}

function fillRow(row, candidate, withPercent) {
  const [character, romaji, bar, share] = row.children;
  if (candidate) row.removeAttribute("aria-hidden");
  else row.setAttribute("aria-hidden", "true");
  character.textContent = candidate?.character ?? "";
  romaji.textContent = candidate?.romaji ?? "";
  bar.firstChild.style.width = `${(100 * (candidate?.probability ?? 0)).toFixed(1)}%`;
  share.textContent = candidate && withPercent ? percent(candidate.probability) : "";
}

function show(message) {
  const { seq, state, candidates, parents, ink } = message;
  const [headline, detail, speech] = wording(message);
  glyph.textContent = state === "character" ? candidates[0].character : "";
  title.textContent = headline;
  words.replaceChildren(title, make("p", { className: "detail" }, detail), ...(parents ? [parentsOf([...parents])] : []));
  heading.textContent = state === "unknown" ? "Nearest shapes" : "Candidates";
  for (let n = 0; n < SHOWN; n += 1) fillRow(rows.children[n] ?? rows.appendChild(emptyRow()), candidates[n], state !== "unknown");
  const picture = figure.firstElementChild;
  if (ink && picture.nodeName === "IMG") picture.src = ink;
  else picture.replaceWith(ink ? make("img", { width: 84, height: 84, src: ink, alt: "" }) : make("i"));
  Object.assign(answer.dataset, { state, seq: String(seq), spoken: speech });
  clearTimeout(speaking);
  speaking = setTimeout(() => (spoken.textContent = speech), 600); // after a pause in drawing
}

function settle() {
  clearTimeout(waiting);
  waiting = 0;
  view.removeAttribute("aria-busy");
}

reader.addEventListener("ink", (event) => {
  const { seq, strokes } = event.detail;
  asked = seq;
  if (strokes === 0) {
    shown = seq;
    settle();
    show(nothing);
  } else waiting ||= setTimeout(() => view.setAttribute("aria-busy", "true"), 400);
});

watch("value", () => {
  const message = JSON.parse(props.value || "{}");
  if (!(message.seq >= shown)) return;
  shown = message.seq;
  if (shown >= asked) settle();
  show(message);
});

const nothing = JSON.parse(props.value);
show(nothing);
