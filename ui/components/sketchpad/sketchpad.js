// The browser half of Sketchpad. Gradio runs it, after brush.js and contacts.js, once per pad: a function of (element, trigger, props, server, upload, watch).
// Gradio renders the template again only if its text changes. Ours does not depend on the value, so the canvas stays.

// Strokes are kept and sent in thousandths of the sheet's side (SIDE), so that they are independent of its size.
const PAUSE = 150; // ms, the shortest time between two messages during one stroke
const TAP = 15; // a stroke with a smaller extent is a dot

const sheet = element.querySelector(".sketchpad");
const paper = element.querySelector(".paper");
const canvas = element.querySelector("canvas");
const ink = canvas.getContext("2d");
const reader = element.closest(".reader") ?? element;
const buttons = Object.fromEntries(["undo", "redo", "clear"].map((name) => [name, element.querySelector(`.${name}`)]));

let drawings = [[]]; // every drawing so far: lists of strokes, which are lists of points [x, y, ms, pressure]
let now = 0; // drawings[now] is on the sheet
let live = null; // the stroke in progress: {pointer, kind, points, start, last, sent}: its first and last time stamp, and whether it was sent already
let touched = null; // the last stroke of a finger: {drawing, end}, the drawing's index and the time stamp of its end
let began = 0; // the time stamp of the drawing's first event
let sent = { timer: 0, value: null };
let asks = true; // the newest request of the reader is the drawing, not a picture

const strokes = () => (live ? [...drawings[now], live.points] : drawings[now]);

// ---- Messages to the page

function send() {
  clearTimeout(sent.timer);
  const seq = performance.now();
  const drawing = strokes().map((stroke) => stroke.map(([x, y, ms]) => [x, y, ms]));
  const { model } = reader.dataset;
  const value = JSON.stringify({ seq, strokes: drawing, model });
  sent = { timer: 0, value };
  if (live) live.sent = true;
  props.value = value;
  tell("ink", { seq, strokes: drawing.length, drawing, model });
  trigger("input");
}

/** For the other components of the reader. */
function tell(type, detail) {
  element.dispatchEvent(new CustomEvent(type, { bubbles: true, detail }));
}

function sendSoon() {
  sent.timer ||= setTimeout(send, PAUSE);
}

function keep(drawing) {
  drawings = [...drawings.slice(0, now + 1), drawing];
  now += 1;
}

function step(by, said) {
  if (live) finish();
  if (!drawings[now + by]) return;
  now += by;
  show(said);
}

function clear() {
  if (live) finish();
  if (!drawings[now].length) return;
  keep([]);
  show("pad.cleared");
}

/** The character is written into the line of text: a clean sheet for the next one, whatever was read. */
function taken() {
  if (live) finish();
  if (drawings[now].length) keep([]);
  show("");
}

/** `said` is the key of what a screen reader says. */
function show(said) {
  refresh();
  language.put(element.querySelector(".spoken"), said, { strokes: language.phrase("pad.count", { count: drawings[now].length }) });
  send();
}

function refresh() {
  buttons.undo.disabled = now === 0;
  buttons.redo.disabled = now === drawings.length - 1;
  buttons.clear.disabled = drawings[now].length === 0;
  sheet.classList.toggle("inked", strokes().length > 0);
  paint();
}

// ---- The pointer

function place(event) {
  const box = canvas.getBoundingClientRect();
  const along = (value, start, length) => Math.round(Math.min(1, Math.max(0, (value - start) / length)) * SIDE * 10) / 10;
  const pressure = event.pointerType === "pen" && event.pressure > 0 ? event.pressure : 0;
  return [along(event.clientX, box.left, box.width), along(event.clientY, box.top, box.height), Math.round(event.timeStamp - began), pressure];
}

function press(event) {
  if (event.button !== 0) return;
  event.preventDefault();
  if (event.pointerType === "pen") takeBackPalm(event);
  if (live || !mayDraw(event)) return;
  paper.classList.add("pointed");
  canvas.focus({ preventScroll: true });
  if (!drawings[now].length) began = event.timeStamp;
  live = { pointer: event.pointerId, kind: event.pointerType, points: [place(event)], start: event.timeStamp, last: event.timeStamp, sent: false };
  sheet.classList.add("inked");
  try {
    canvas.setPointerCapture(event.pointerId);
  } catch (error) {
    if (error.name !== "NotFoundError") throw error; // the pointer is gone already
  }
  paint();
  sendSoon();
}

/** The stroke in progress was a palm's, or the beginning of a pinch. */
function drop() {
  const told = live.sent;
  live = null;
  if (told) return show("");
  clearTimeout(sent.timer);
  sent.timer = 0;
  refresh();
}

/** A pen comes down: a touch that ended just before was the hand's that holds it. */
function takeBackPalm(event) {
  if (touched?.drawing === now && event.timeStamp - touched.end < PEN_AFTER) {
    now -= 1;
    drawings.length = now + 1;
    show("");
  }
  touched = null;
}

function move(event) {
  if (!live || event.pointerId !== live.pointer) return;
  if (event.pointerType === "mouse" && !(event.buttons & 1)) return finish(); // the button was released outside the window
  live.last = event.timeStamp;
  const { points } = live;
  const first = points.length;
  const between = event.getCoalescedEvents?.() ?? [];
  for (const point of (between.length ? between : [event]).map(place)) {
    const last = points[points.length - 1];
    if (point[0] !== last[0] || point[1] !== last[1]) points.push(point);
  }
  if (points.length === first) return;
  trace(ink, points, false, Math.max(1, first - 1));
  sendSoon();
}

function finish() {
  if (!live) return;
  const { points, kind, last } = live;
  live = null;
  const extent = (axis) => Math.max(...points.map((p) => p[axis])) - Math.min(...points.map((p) => p[axis]));
  keep([...drawings[now], Math.max(extent(0), extent(1)) < TAP ? points.slice(0, 1) : points]);
  touched = kind === "touch" ? { drawing: now, end: last } : null;
  show("");
}

function lift(event) {
  if (!live || event.pointerId !== live.pointer) return;
  live.last = event.timeStamp;
  finish();
}

// ---- The sheet

let colour = "";
let colours = null; // one for each stroke while the reading is explained

function paint() {
  colour = getComputedStyle(canvas).color;
  ink.clearRect(0, 0, canvas.width, canvas.height);
  for (const [n, stroke] of drawings[now].entries()) {
    ink.strokeStyle = ink.fillStyle = colours?.[n] ?? colour;
    trace(ink, stroke, true);
  }
  ink.strokeStyle = ink.fillStyle = colour;
  if (live) trace(ink, live.points, false);
}

// ---- Event listeners

const ending = new AbortController();
const on = (target, type, listener, options = {}) => target.addEventListener(type, listener, { signal: ending.signal, ...options });

/** Every contact on the page: a pinch may begin with one finger beside the pad. */
function note(event) {
  if (!element.isConnected) return ending.abort();
  if (event.type === "pointerup" || event.type === "pointercancel") return noteLift(event);
  const pad = event.target.closest?.(".sketchpad");
  if (pad && pad !== sheet) return; // another hand, at another pad
  noteContact(event);
  if (live && unmasks(event, live)) drop();
}

for (const type of ["pointerdown", "pointermove", "pointerup", "pointercancel"]) on(document, type, note, { capture: true });
on(canvas, "pointerdown", press);
on(canvas, "pointermove", move);
for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) on(canvas, type, lift);
for (const type of ["contextmenu", "dragstart"]) on(canvas, type, (event) => event.preventDefault());
for (const type of ["touchstart", "touchmove"]) on(canvas, type, (event) => event.preventDefault(), { passive: false });
on(canvas, "blur", () => paper.classList.remove("pointed"));
on(buttons.undo, "click", () => step(-1, "pad.undone"));
on(buttons.redo, "click", () => step(1, "pad.redone"));
on(buttons.clear, "click", clear);

for (const type of ["pointerenter", "pointerdown", "focusin"]) on(sheet, type, () => (window.lastSketchpad = element));
on(document, "keydown", (event) => {
  if (!element.isConnected) return ending.abort();
  const focused = document.activeElement;
  const typing = focused && (focused.isContentEditable || (/^(INPUT|TEXTAREA|SELECT)$/.test(focused.tagName) && focused.type !== "radio"));
  const ours = window.lastSketchpad === element && (element.contains(focused) || sheet.matches(":hover"));
  if (typing || !ours || event.altKey || event.defaultPrevented) return;
  const key = event.key.toLowerCase();
  const control = event.ctrlKey || event.metaKey;
  if (control && key === "z") buttons[event.shiftKey ? "redo" : "undo"].click();
  else if (control && key === "y" && !event.shiftKey) buttons.redo.click();
  else if (control) return;
  else if (key === "escape" && !event.shiftKey) clear();
  else if (key === "enter" && !/^(BUTTON|A)$/.test(focused?.tagName)) tell("accept");
  else if (/^[0-9]$/.test(key)) tell("choose", { n: (Number(key) + 9) % 10 });
  else if (key === "backspace") tell("erase");
  else return;
  event.preventDefault();
});

on(reader, "ink", (event) => (asks = event.detail.strokes !== null));
on(reader, "model", () => asks && strokes().length && send());
on(reader, "take", taken);
on(reader, "evidence", (event) => {
  colours = event.detail.colours;
  paint();
});
on(window, "connection", (event) => language.put(element.querySelector(".notice"), event.detail === "lost" && "pad.lost"));
watch("value", () => {
  if (props.value === sent.value) return; // our own message, not a drawing from the server
  live = null;
  keep(JSON.parse(props.value || '{"strokes":[]}').strokes.map((stroke) => stroke.map(([x, y, ms = 0]) => [x, y, ms])));
  refresh();
});

function fit() {
  const side = Math.round(canvas.clientWidth * devicePixelRatio);
  if (!side || side === canvas.width) return;
  canvas.width = canvas.height = side;
  paint();
}

new ResizeObserver(fit).observe(canvas);
on(window, "resize", fit); // zoomed, or moved to a screen with another pixel ratio
new MutationObserver(() => getComputedStyle(canvas).color !== colour && paint()).observe(document.body, { attributes: true, attributeFilter: ["class"] });

refresh();
