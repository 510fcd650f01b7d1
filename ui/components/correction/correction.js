// The browser half of CorrectionInput. Gradio runs it once, as a function of (element, trigger, props, server, upload, watch).

const box = element.querySelector(".correction");
const open = element.querySelector(".open");
const form = element.querySelector(".choices");
const other = element.querySelector(".other");
const outcome = element.querySelector(".outcome");
const reader = element.closest(".reader") ?? element.parentElement;

const requests = new Map(); // {drawing, model} by seq, of the newest ones; the drawing is null for a picture
let corrected = 0; // the seq of the answer that was corrected last

const answer = () => reader.querySelector(".answer");
const seq = () => Number(answer()?.dataset.seq);

const choice = ({ textContent }) => Object.assign(document.createElement("button"), { type: "button", className: "choice", lang: "ja", textContent });

function unfold(show) {
  if (show) element.querySelector(".characters").replaceChildren(...[...answer().querySelectorAll(".candidate:enabled [lang]")].map(choice));
  form.hidden = !show;
  open.setAttribute("aria-expanded", String(show));
}

function follow() {
  const now = answer();
  const can = now && ["character", "perhaps", "unknown"].includes(now.dataset.state) && requests.has(seq());
  if (box.dataset.seq !== String(seq())) {
    box.dataset.seq = String(seq());
    unfold(false);
    language.put(outcome);
    other.value = "";
  }
  box.hidden = !can;
  open.hidden = corrected === seq();
}

function say(character) {
  const { drawing, model } = requests.get(seq()) ?? {};
  const seen = reader.querySelector(".answer .seen img");
  if (!character || drawing === undefined || (drawing === null && !seen)) return;
  corrected = seq();
  const what = drawing === null ? { picture: seen.src } : { strokes: drawing };
  props.value = JSON.stringify({ seq: corrected, key: `${Date.now()}-${Math.random().toString(36).slice(2)}`, character, model, ...what });
  unfold(false);
  open.hidden = true;
  language.put(outcome, "correction.sending");
  outcome.classList.remove("failed");
  trigger("input");
}

open.addEventListener("click", () => {
  unfold(form.hidden);
  if (!form.hidden) (form.querySelector(".choice") ?? other).focus();
});
form.addEventListener("click", (event) => {
  if (event.target.matches(".choice")) say(event.target.textContent);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const typed = [...other.value.trim().normalize("NFC")];
  if (typed.length === 1) return say(typed[0]);
  language.put(outcome, "correction.one");
  other.focus();
});
form.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  event.stopPropagation(); // the sheet must not be cleared
  unfold(false);
  open.focus();
});

reader.addEventListener("ink", (event) => {
  const { seq, drawing = null, model } = event.detail;
  requests.set(seq, { drawing, model });
  if (requests.size > 20) requests.delete(requests.keys().next().value);
});
new MutationObserver(follow).observe(reader.querySelector(".view")?.parentElement ?? reader, {
  subtree: true,
  childList: true,
  attributes: true,
  attributeFilter: ["data-seq", "data-state"],
});

watch("value", () => {
  const reply = JSON.parse(props.value || "{}");
  if (reply.message === undefined || reply.seq !== seq()) return;
  language.show(outcome, language.reported(reply));
  outcome.classList.toggle("failed", !reply.kept);
  if (!reply.kept) {
    corrected = 0;
    open.hidden = false;
  }
});

follow();
