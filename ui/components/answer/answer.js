// The browser half of Answer. Gradio runs it once per answer as a function of (element, trigger, props, server, upload, watch).
// Every state has the same parts in the same places, so that nothing moves from one answer to the next; the bars glide.

const view = element.querySelector(".view");
const answer = element.querySelector(".answer");
const [glyph, words, title, heading, list, figure] = [".glyph", ".words", ".title", "h3", ".candidates", ".seen"].map((name) => answer.querySelector(name));
const spoken = element.querySelector(".spoken");
const why = element.querySelector(".ask-why");
const reader = element.closest(".reader") ?? element;
let shown = -Infinity; // the seq of the answer on show: older answers are dropped
let asked = -Infinity; // the seq of the newest request
let chosen = null; // the candidate to take as soon as the newest request is answered
let waiting = 0;
let speaking = 0;

const BEST = "best"; // what `accept` takes, in place of a number
const isRead = (state) => state === "character" || state === "perhaps";
const model = () => reader.dataset.model ?? DEFAULT;

function cell(n) {
  const button = make("button", { type: "button", className: "candidate" }, [
    make("span", { className: "key", ariaHidden: "true", textContent: String((n + 1) % 10) }),
    japanese(""),
    make("span", { className: "share" }),
    make("span", { className: "bar" }, [make("i")]),
  ]);
  button.addEventListener("click", () => take(n));
  return make("li", {}, [button]);
}

list.append(...Array.from({ length: SHOWN }, (_, n) => cell(n)));
const buttons = [...list.querySelectorAll("button")];

function fill(button, candidate, withPercent) {
  const [, character, share, bar] = button.children;
  const part = candidate && withPercent ? percent(candidate.probability) : null;
  button.disabled = !candidate;
  button.title = candidate?.romaji ?? "";
  language.label(button, "aria-label", candidate && "answer.write", { character: language.list([candidate?.character, candidate?.romaji, part]) });
  character.textContent = candidate?.character ?? "";
  language.show(share, part);
  bar.firstChild.style.width = `${(100 * (candidate?.probability ?? 0)).toFixed(1)}%`;
}

function see(ink) {
  const { size } = KNOWN[model()];
  const [picture, caption] = figure.children;
  const side = size * Math.max(1, Math.floor(96 / size)); // each of the model's pixels as a square of whole pixels
  if (ink && picture.nodeName === "IMG") Object.assign(picture, { width: side, height: side, src: ink });
  else picture.replaceWith(ink ? make("img", { width: side, height: side, src: ink, alt: "" }) : make("i"));
  language.put(caption, "answer.seen", { size });
}

function show(message) {
  const { seq, state, candidates = [], ink } = message;
  const [headline, detail, speech] = wording(message, model());
  const hasRead = isRead(state);
  glyph.textContent = hasRead ? candidates[0].character : "";
  language.show(title, headline);
  title.classList.toggle("long", typeof headline !== "string" || headline.length > 6);
  words.replaceChildren(title, language.show(make("p", { className: "detail" }), detail), ...(hasRead ? origins(message) : []));
  language.put(heading, state === "unknown" ? "answer.nearest" : "answer.candidates");
  for (const [n, button] of buttons.entries()) fill(button, candidates[n], state !== "unknown");
  see(ink);
  why.hidden = !candidates.length || !reader.querySelector(".why"); // the panel that answers it
  Object.assign(answer.dataset, { state, seq: String(seq), spoken: speech ? language.text(speech.key, speech.values) : "" });
  element.dispatchEvent(new CustomEvent("answered", { bubbles: true, detail: message }));
  clearTimeout(speaking);
  speaking = setTimeout(() => language.show(spoken, speech), 600); // after a pause in drawing
}

/** Write candidate `n`, or with BEST the best one if it is an answer. If the answer is older than the ink: that candidate of the answer that comes. */
function take(n) {
  if (shown < asked) {
    chosen = n;
    return;
  }
  chosen = null;
  if (n === BEST && !isRead(answer.dataset.state)) return; // the nearest shape of an unknown is no answer
  const character = buttons[n === BEST ? 0 : n]?.querySelector("[lang]").textContent;
  if (character) element.dispatchEvent(new CustomEvent("take", { bubbles: true, detail: { character } }));
}

function settle() {
  clearTimeout(waiting);
  waiting = 0;
  view.removeAttribute("aria-busy");
}

reader.addEventListener("ink", (event) => {
  const { seq, strokes } = event.detail;
  asked = seq;
  chosen = null;
  if (strokes === 0) {
    shown = seq;
    settle();
    show(nothing);
  } else waiting ||= setTimeout(() => view.setAttribute("aria-busy", "true"), 400);
});

/** An error in place of the answer: the picture on show is not the one that was read before. */
function fail(why) {
  shown = asked;
  settle();
  show({ seq: shown, state: "error", phrase: why });
}

reader.addEventListener("failed", (event) => {
  asked = event.detail.seq;
  chosen = null;
  fail(event.detail.phrase);
});
window.addEventListener("unanswered", ({ detail: status }) => {
  if (element.isConnected && shown < asked) fail(phrase(status === 413 ? "answer.too_large" : "answer.unanswered"));
});

reader.addEventListener("model", (event) => {
  const isEmpty = answer.dataset.state === "empty";
  shown = event.detail.seq;
  show(isEmpty ? nothing : { seq: shown, state: "waiting" });
});

why.addEventListener("click", () => element.dispatchEvent(new CustomEvent("why", { bubbles: true })));

reader.addEventListener("choose", (event) => take(event.detail.n));
reader.addEventListener("accept", () => take(BEST));

watch("value", () => {
  const message = JSON.parse(props.value || "{}");
  if (!(message.seq >= shown)) return;
  shown = message.seq;
  if (shown >= asked) settle();
  show(message);
  if (shown >= asked && chosen !== null) take(chosen);
});

const nothing = JSON.parse(props.value);
show(nothing);
