// The browser half of PageReader: its state, and its requests and answers. Gradio runs it once, as a function of (element, trigger, props, server, upload, watch).
// pager.js, overlay.js, transcript.js and downloads.js follow in the same function.

const PAGED = /(^image\/(gif|tiff)|^application\/pdf|\.(gif|tiff?|pdf))$/i; // types and names of files that may have several pages: they are sent whole
const KNOWN_TYPES = /^image\/(png|jpeg|webp|gif|bmp|tiff|avif)$/; // types that the server reads

const desk = find(".desk");
const [picture, boxes] = [".scan-picture", ".boxes"].map(find);
let seq = 0; // of the newest request: answers to older ones come too late
let sent = null; // the last request, to send it again with another direction or page
let answered = null; // the request of the page on show
let page = null; // the last page that was read, as JSON
let chosen = -1; // the index of the selected character, -1 for none
let shownUrl = ""; // the URL of the picture on show
let nextUrl = null; // the URL of the picture that is being read; null for the one on show, or one that the server sends

const isSure = (character) => Boolean(character.corrected) || (character.verdict === "character" && character.candidates[0].probability >= SURE);
const kindOf = (character) => (isSure(character) ? "sure" : character.verdict === "character" ? "unsure" : "unknown");
const romajiOf = (character) => ROMAJI[character.character] ?? "";

function enter(state) {
  desk.dataset.state = state;
}

function say(text) {
  find(".spoken").textContent = text;
}

/** Say what is wrong with the newest picture. The page before goes, so that it is not taken for it; of several pages, the others stay in reach. */
function fail(message, answer = {}) {
  const request = sent;
  const { value } = find(".direction");
  clear();
  find(".failure").textContent = message;
  if (!(answer.pages > 1)) return;
  sent = answered = request;
  find(".direction").value = value;
  placeIn(answer);
  enter("failed");
  focusAgain();
}

function clear() {
  choose(-1);
  page = sent = answered = null;
  placeIn({});
  show("data:,");
  find(".direction").value = "auto";
  find(".failure").textContent = "";
  enter("empty");
}

function show(url) {
  if (shownUrl.startsWith("blob:")) URL.revokeObjectURL(shownUrl);
  shownUrl = url;
  picture.src = url;
}

/** Send a page: `message` holds its picture or the index of an example. The last page stays on show until the answer comes. */
function send(message, url = null) {
  sent = message;
  nextUrl = url;
  seq = performance.now();
  choose(-1);
  held = false;
  find(".failure").textContent = "";
  find("progress").value = 0;
  find(".doing").textContent = "Sending the picture";
  enter("busy");
  props.value = JSON.stringify({ seq, direction: find(".direction").value, ...message });
  trigger("input");
}

async function take(file) {
  seq = performance.now();
  const mine = seq;
  let [blob, size] = [file, null];
  try {
    if (PAGED.test(file.type) || PAGED.test(file.name)) throw file.type;
    const bitmap = await createImageBitmap(file);
    const scale = Math.sqrt(WORKING_PIXELS / (bitmap.width * bitmap.height));
    size = [bitmap.width, bitmap.height];
    const isPhoto = file.type === "image/jpeg" || !KNOWN_TYPES.test(file.type); // other types may be transparent
    if ((scale < 0.8 && size[0] * size[1] <= MAX_PIXELS) || !KNOWN_TYPES.test(file.type)) blob = await scaledCopy(bitmap, Math.min(1, scale), isPhoto);
    bitmap.close();
  } catch {
    // a PDF, TIFF or GIF, or no picture at all: the server reads it and sends a copy to show, or rejects it
  }
  if (mine !== seq) return; // superseded by a newer page
  if (blob.size > MAX_BYTES) return fail(`This file is larger than ${MAX_BYTES / 1e6} MB: save it smaller, as a JPEG for example.`);
  const url = await asUrl(blob);
  if (mine !== seq) return;
  fileName = file.name || "page.png";
  name = fileName.replace(/\.[^.]*$/, "");
  find(".direction").value = "auto";
  send({ picture: url, size }, size ? URL.createObjectURL(file) : null);
}

function receive(answer) {
  if (answer.seq !== seq) return;
  if (answer.state === "busy") {
    find("progress").value = answer.share;
    find(".doing").textContent = answer.doing;
  } else if (answer.state === "error") fail(answer.message, answer);
  else {
    const url = answer.preview ?? nextUrl;
    if (url) show(url);
    nextUrl = null;
    page = answer.page;
    answered = sent;
    placeIn(answer);
    enter("found");
    focusAgain();
    drawBoxes();
    writeLines();
    choose(-1);
    const count = page.characters.length;
    say(count ? `${count} characters in ${page.columns} ${page.direction === "vertical" ? "columns" : "lines"}.` : "I find no writing on this page.");
  }
}

/** Correct a character to what the visitor says it is. */
function correct(index, character) {
  const it = page.characters[index];
  it.corrected = true;
  it.character = character;
  page.text = textOf(page);
  refreshBox(index);
  writeLines();
  choose(index);
  say(`Corrected to ${character}.`);
}

function textOf({ characters, columns }) {
  const lines = Array.from({ length: columns }, () => "");
  for (const character of characters) lines[character.column] += character.character;
  return lines.join("\n");
}

let name = "page"; // the stem of downloaded files' names
let fileName = "page.png"; // of the picture

for (const [n, { title, thumbnail }] of EXAMPLES.entries()) {
  const item = document.createElement("li");
  const button = Object.assign(document.createElement("button"), { type: "button", className: "example" });
  button.append(Object.assign(new Image(), { alt: "", src: thumbnail }), Object.assign(document.createElement("span"), { textContent: title }));
  button.onclick = () => {
    name = title.toLowerCase().replace(/\W+/g, "-");
    fileName = `${name}.jpg`;
    find(".direction").value = "auto";
    send({ example: n });
  };
  item.append(button);
  find(".examples").append(item);
}

/** Ask the visitor, if there are corrections that would be lost. */
function mayDropCorrections(doing, question) {
  const count = page?.characters.filter((character) => character.corrected).length;
  return !count || confirm(`${doing} drops your ${count === 1 ? "correction" : `${count} corrections`}. ${question}`);
}

takePictures(take, desk, false);
let direction = "auto"; // the direction that the page was read in
on(find(".direction"), "focus", ({ target }) => (direction = target.value));
on(find(".direction"), "change", ({ target }) => {
  if (!mayDropCorrections("Reading the page again", "Read it again?")) {
    target.value = direction;
    return;
  }
  if (sent) send(sent);
});
on(find(".cancel-reading"), "click", () => {
  seq = performance.now();
  props.value = JSON.stringify({ seq, cancel: true });
  trigger("input");
  sent = answered;
  enter(page ? "found" : answered ? "failed" : "empty");
});
on(find(".close"), "click", () => {
  seq = performance.now();
  clear();
});
const REJECTED = {
  413: "This page is too large for the server: save it smaller, as a JPEG for example.",
  503: "The server is busy with other pages: try again in a moment.",
};
on(window, "rejected", ({ detail: status }) => {
  if (desk.dataset.state === "busy") fail(REJECTED[status] ?? "This page did not reach the server: try again.");
});
watch("value", () => {
  const answer = JSON.parse(props.value || "{}");
  if (answer.state) receive(answer); // not the component's own request, echoed
});
