// The browser half of Why. Gradio runs it once, as a function of (element, trigger, props, server, upload, watch).

const RIVALS = 5; // candidates to compare with
const box = element.querySelector(".why");
const legend = element.querySelector(".legend");
const rivals = element.querySelector(".rivals");
const picture = element.querySelector(".weighed");
const reader = element.closest(".reader") ?? element.parentElement;

const requests = new Map(); // {drawing, model} by seq, of the newest ones; the drawing is null for a picture
let answer = null; // the message of the answer on show
let asked = null; // the newest request, as JSON

const make = (name, properties, children = []) => {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
};
const japanese = (textContent) => make("span", { lang: "ja", textContent });

/** A colour between the neutral one and that of ink that spoke for (above 0) or against: `share` is -1..1. */
function colour(share) {
  const style = getComputedStyle(box);
  const end = style.getPropertyValue(share > 0 ? "--for" : "--against");
  return `color-mix(in oklab, ${end} ${Math.round(100 * Math.min(1, Math.abs(share)) ** 0.7)}%, ${style.getPropertyValue("--neutral")})`;
}

const tell = (colours) => element.dispatchEvent(new CustomEvent("evidence", { bubbles: true, detail: { colours } }));

function fold() {
  if (box.hidden) return;
  box.hidden = true;
  asked = null;
  reader.querySelector(".ask-why")?.setAttribute("aria-expanded", "false");
  tell(null);
}

function ask(against) {
  const { drawing = null, model } = requests.get(answer.seq) ?? {};
  const what = drawing === null ? { ink: answer.ink } : { strokes: drawing };
  asked = JSON.stringify({ seq: performance.now(), character: answer.candidates[0].character, against, model, ...what });
  for (const button of rivals.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.value === (against ?? "")));
  props.value = asked;
  trigger("input");
}

function unfold() {
  const [best, ...others] = answer.candidates.map(({ character }) => character);
  const button = (value, key, character) => {
    const node = language.put(make("button", { type: "button", value }), key, { character: japanese(character) });
    node.addEventListener("click", () => ask(value || undefined));
    return node;
  };
  rivals.replaceChildren(button("", "why.best", best), ...others.slice(0, RIVALS).map((other) => button(other, "why.not", other)));
  language.put(legend, "why.weighing");
  picture.hidden = true;
  box.hidden = false;
  reader.querySelector(".ask-why")?.setAttribute("aria-expanded", "true");
  ask();
}

/** The strongest stroke each way, as a phrase. */
const strongest = (weights, sign) => {
  const most = Math.max(...weights.map((weight) => weight * sign));
  if (most <= 0.01 || weights.length < 2) return "";
  return language.phrase("why.most", { number: weights.findIndex((weight) => weight * sign === most) + 1 });
};

function explain({ character, against, strokes }) {
  const key = (kind) => make("i", { className: `key ${kind}`, ariaHidden: "true" });
  const isAgainst = !strokes || strokes.some((weight) => weight < -0.01);
  const entry = (kind, name, sign) => {
    const most = strokes && sign ? strongest(strokes, sign) : "";
    const said = { character: japanese(character), against: against ? japanese(against) : "", most };
    return make("span", {}, [key(kind), language.put(make("span"), name, said)]);
  };
  legend.replaceChildren(
    entry("pro", against ? "why.pro_rather" : "why.pro", 1),
    ...(isAgainst ? [entry("contra", against ? "why.contra_for" : "why.contra", -1)] : []),
    entry("none", "why.neutral", 0),
  );
}

function paint(pixels) {
  const side = Math.sqrt(pixels.length);
  Object.assign(picture, { width: side, height: side, hidden: false });
  const ink = picture.getContext("2d");
  for (const [place, weight] of pixels.entries()) {
    if (!weight) continue;
    ink.fillStyle = colour(weight / 100);
    ink.fillRect(place % side, Math.floor(place / side), 1, 1);
  }
}

/** The drawing once more, in the panel: on a phone the pad is out of sight. */
function redraw(drawing, colours) {
  Object.assign(picture, { width: 432, height: 432, hidden: false });
  const ink = picture.getContext("2d");
  ink.scale(0.432, 0.432); // a drawing's points are thousandths of the pad's side
  ink.lineWidth = 40;
  ink.lineCap = ink.lineJoin = "round";
  for (const [n, points] of drawing.entries()) {
    ink.strokeStyle = colours[n];
    ink.beginPath();
    for (const [x, y] of [points[0], ...points]) ink.lineTo(x, y);
    ink.stroke();
  }
}

reader.addEventListener("why", () => (box.hidden ? unfold() : fold()));
reader.addEventListener("answered", ({ detail }) => {
  if (detail.seq !== answer?.seq) fold();
  answer = detail;
});
reader.addEventListener("ink", ({ detail: { seq, drawing = null, model } }) => {
  fold();
  requests.set(seq, { drawing, model });
  if (requests.size > 20) requests.delete(requests.keys().next().value);
});
box.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  event.stopPropagation(); // the sheet must not be cleared
  fold();
  reader.querySelector(".ask-why")?.focus();
});

watch("value", () => {
  if (box.hidden || props.value === asked) return; // our own request
  const message = JSON.parse(props.value || "{}");
  if (message.seq !== JSON.parse(asked).seq) return; // an answer that comes too late
  if (message.message) {
    language.show(legend, language.reported(message));
    return;
  }
  explain(message);
  picture.classList.toggle("copy", Boolean(message.strokes));
  if (message.pixels) return paint(message.pixels);
  const most = Math.max(...message.strokes.map(Math.abs), 1e-9);
  const colours = message.strokes.map((weight) => colour(weight / most));
  tell(colours);
  redraw(requests.get(answer.seq).drawing, colours);
});
