// The browser half of PageReader: its state, and its requests and answers. Gradio runs it once, as a function of (element, trigger, props, server, upload, watch).
// The other scripts of this folder follow in the same function.

const PAGED = /(^image\/(gif|tiff)|^application\/pdf|\.(gif|tiff?|pdf))$/i; // types and names of files that may have several pages: they are sent whole
const KNOWN_TYPES = /^image\/(png|jpeg|webp|gif|bmp|tiff|avif|hei[cf])$/; // types that the server reads

const desk = find(".desk");
const [picture, boxes] = [".scan-picture", ".boxes"].map(find);
let seq = 0; // of the newest request: answers to older ones come too late
let sent = null; // the last request, to send it again with another direction or page
let answered = null; // the request of the page on show
let page = null; // the last page that was read, as JSON, in px of the picture as it was given
let marks = []; // every character with a box: {character, kind, line, box}, the text's in reading order and then the ruby's; the box is in px of the upright picture
let rows = []; // the lines of the text in reading order, and then those of ruby: {kind, column, members}, the indices of marks
let inks = []; // what the model saw of each mark, as data URLs
let chosen = -1; // the index of the selected mark, -1 for none
let nextUrl = null; // the URL of the picture that is being read; null for the one on show, or one that the server sends

const romajiOf = ({ character, candidates }) => candidates.find((candidate) => candidate.character === character)?.romaji || (ROMAJI[character] ?? "");

/** How surely a character is read, 0..1; what the visitor corrected is certain. */
function sureness({ corrected, verdict, candidates }) {
  if (corrected) return 1;
  return verdict === "character" ? candidates[0].probability : 0;
}

const degreeOf = (character) => (sureness(character) >= SURE ? "sure" : sureness(character) > 0 ? "unsure" : "unknown");

function enter(state) {
  desk.dataset.state = state;
}

/** What a screen reader says, and what is wrong: phrases. */
const say = (phrase) => language.show(find(".spoken"), phrase);
const complain = (phrase) => language.show(find(".failure"), phrase);

/** Say by a phrase what is wrong with the newest picture. The page before goes, so that it is not taken for it; of several pages, the others stay in reach. */
function fail(why, answer = {}) {
  const request = sent;
  clear();
  complain(why);
  if (!(answer.pages > 1)) return;
  sent = answered = request;
  placeIn(answer);
  enter("failed");
  focusAgain();
}

function clear() {
  choose(-1);
  page = sent = answered = null;
  [marks, inks, rows, rects] = [[], [], [], []];
  boxes.replaceChildren();
  find(".lines").replaceChildren();
  placeIn({});
  show("data:,", 0);
  complain(null);
  enter("empty");
}

/** A new picture is opened: what was on show is hidden, and comes back only if the visitor cancels. */
function open(key) {
  seq = performance.now();
  choose(-1);
  held = false;
  complain(null);
  find("progress").value = 0;
  language.put(find(".doing"), key);
  enter("busy");
  return seq;
}

/** Send a page: `message` holds its picture or the index of an example, and how it is to be read if the visitor says so. */
function send(message, url = null) {
  sent = message;
  nextUrl = url;
  open("page_reader.sending");
  props.value = JSON.stringify({ seq, ...message });
  trigger("input");
}

async function take(file) {
  const mine = open("doing.opening");
  try {
    await takeFile(file, mine);
  } catch (error) {
    if (mine === seq) fail(language.phrase("page_reader.not_opened", { reason: error.message }));
  }
}

async function takeFile(file, mine) {
  let [blob, size] = [file, null];
  try {
    if (PAGED.test(file.type) || PAGED.test(file.name)) throw file.type;
    const bitmap = await createImageBitmap(file);
    const scale = Math.sqrt(WORKING_PIXELS / (bitmap.width * bitmap.height));
    size = [bitmap.width, bitmap.height];
    const isPhoto = file.type === "image/jpeg" || !KNOWN_TYPES.test(file.type); // other types may be transparent
    if ((scale < 0.8 && size[0] * size[1] <= MAX_PIXELS) || !KNOWN_TYPES.test(file.type)) blob = (await scaledCopy(bitmap, Math.min(1, scale), isPhoto)) ?? file;
    bitmap.close();
  } catch {
    // a PDF, TIFF or GIF, or no picture at all: the server reads it and sends a copy to show, or rejects it
  }
  if (mine !== seq) return; // superseded by a newer page
  if (blob.size > MAX_BYTES) return fail(language.phrase("error.file_too_large", { size: MAX_BYTES / 1e6 }));
  const url = await asUrl(blob);
  if (mine !== seq) return;
  fileName = file.name || "page.png";
  name = fileName.replace(/\.[^.]*$/, "");
  send({ picture: url, size }, size ? URL.createObjectURL(file) : null);
}

function receive(answer) {
  if (answer.seq !== seq) return;
  if (answer.state === "busy") {
    find("progress").value = answer.share;
    language.show(find(".doing"), language.reported(answer));
  } else if (answer.state === "error") fail(language.reported(answer), answer);
  else {
    [page, inks] = [answer.page, answer.inks];
    show(answer.preview ?? nextUrl, page.turned);
    nextUrl = null;
    answered = sent;
    placeIn(answer);
    setMarks();
    enter("found");
    focusAgain();
    drawBoxes();
    writeLines();
    describe();
    choose(-1);
    const count = page.characters.length;
    const where = language.phrase(page.direction === "vertical" ? "page_reader.in_columns" : "page_reader.in_lines", { count: page.columns });
    say(count ? language.phrase("page_reader.read", { characters: language.phrase("transcript.count", { count }), where }) : language.phrase("transcript.none"));
  }
}

function setMarks() {
  rows = page.kinds.map((kind, column) => ({ kind, column, members: [] }));
  marks = [];
  const add = (line) => (character) => {
    rows[line].members.push(marks.length);
    marks.push({ character, kind: rows[line].kind, line, box: upright(character.box) });
  };
  for (const character of page.characters) add(character.column)(character);
  for (const { characters } of page.ruby) {
    rows.push({ kind: "ruby", column: characters[0].column, members: [] });
    characters.forEach(add(rows.length - 1));
  }
}

/** Correct a character to what the visitor says it is. */
function correct(index, text) {
  const it = marks[index].character;
  it.corrected = true;
  it.character = text;
  const textOf = ({ members }) => members.map((member) => marks[member].character.character).join("");
  page.text = rows
    .filter(({ kind }) => kind !== "ruby")
    .map(textOf)
    .join("\n");
  for (const [n, row] of rows.slice(page.columns).entries()) page.ruby[n].text = textOf(row);
  refreshBox(index);
  writeLines();
  describe();
  choose(index);
  say(language.phrase("chosen.corrected_to", { character: text }));
}

let name = "page"; // the stem of downloaded files' names
let fileName = "page.png"; // of the picture

for (const [n, { name: exampleName, key, thumbnail }] of EXAMPLES.entries()) {
  const item = document.createElement("li");
  const button = Object.assign(document.createElement("button"), { type: "button", className: "example" });
  button.append(Object.assign(new Image(), { alt: "", src: thumbnail }), language.put(document.createElement("span"), key));
  button.onclick = () => {
    name = exampleName;
    fileName = `${name}.jpg`;
    send({ example: n });
  };
  item.append(button);
  find(".examples").append(item);
}

/** Ask the visitor with the sentence of this key, if there are corrections that would be lost. */
function mayDropCorrections(key) {
  const count = marks.filter(({ character }) => character.corrected).length;
  return !count || confirm(language.text(key, { count }));
}

/** Read the page on show again, in the way that the visitor asks for. */
function readAgain(way, button) {
  if (!page || !mayDropCorrections("page_reader.drop_to_read")) return;
  focusNext = button;
  send({ ...sent, ...way });
}

takePictures(take, desk, false);
on(find(".turn"), "click", ({ currentTarget }) => readAgain({ turned: (page.turned + 270) % 360 }, currentTarget));
on(find(".swap"), "click", ({ currentTarget }) => readAgain({ turned: page.turned, direction: page.direction === "vertical" ? "horizontal" : "vertical" }, currentTarget));
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
  413: "page_reader.too_large",
  503: "page_reader.busy",
};
on(window, "rejected", ({ detail: status }) => {
  if (desk.dataset.state === "busy") fail(language.phrase(REJECTED[status] ?? "page_reader.not_reached"));
});
on(window, "interrupted", () => {
  if (desk.dataset.state === "busy") fail(language.phrase("page_reader.broke"));
});
watch("value", () => {
  const answer = JSON.parse(props.value || "{}");
  if (answer.state) receive(answer); // not the component's own request, echoed
});
