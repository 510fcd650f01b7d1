// The browser half of RealOnes. Gradio runs it once, as a function of (element, trigger, props, server, upload, watch).

const PAUSE = 350; // ms after an answer: while someone draws, answers follow each other faster
const box = element.querySelector(".real");
const list = element.querySelector(".ones");
const title = element.querySelector("h3");
const reader = element.closest(".reader, .scan-room") ?? element.parentElement;
let asked = null; // the seq of the answer that the newest request is about
let best = ""; // the character that was read
let waiting = 0;

const blank = () => {
  const cell = document.createElement("li");
  cell.append(document.createElement("img"), Object.assign(document.createElement("span"), { lang: "ja" }));
  return cell;
};
list.append(...Array.from({ length: SHOWN }, blank));

function ask(seq, ink) {
  asked = seq;
  props.value = JSON.stringify({ seq, ink, model: reader.dataset.model });
  trigger("input");
}

reader.addEventListener("answered", ({ detail: { seq, state, candidates = [], ink } }) => {
  clearTimeout(waiting);
  asked = null;
  best = ["character", "perhaps"].includes(state) ? candidates[0].character : "";
  if (ink && ["character", "perhaps", "unknown"].includes(state)) waiting = setTimeout(ask, PAUSE, seq, ink);
  else if (state !== "waiting") box.hidden = true;
});

watch("value", () => {
  const { seq, neighbours = [] } = JSON.parse(props.value || "{}");
  if (seq === undefined || seq !== asked || props.value.includes('"ink"')) return; // our own request, or an answer that comes too late
  for (const [n, cell] of [...list.children].entries()) {
    const neighbour = neighbours[n];
    const [picture, name] = cell.children;
    cell.hidden = !neighbour;
    if (!neighbour) continue;
    picture.src = neighbour.picture;
    language.label(picture, "alt", "real.one", { character: neighbour.character, source: neighbour.source });
    name.textContent = neighbour.character;
  }
  const has = !best || neighbours.some(({ character }) => character === best); // of most kana the gallery has none
  language.put(title, has ? TITLE : "real.none", { character: best });
  box.hidden = neighbours.length === 0;
});
