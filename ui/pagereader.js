// The browser half of PageReader: what it is doing, and what it knows of the page. Gradio runs it once as a function of (element, trigger, props, server, upload, watch).
// overlay.js, transcript.js and downloads.js follow in the same function.

const MOST_PIXELS = 4e6; // characters are looked for on a picture of this size: more need not be sent
const SURE = 0.9; // of a calibrated probability

const desk = find(".desk");
const [picture, boxes] = [".scan-picture", ".boxes"].map(find);
let turn = 0; // of the page that was given last: answers to older ones come too late
let sent = null; // what was sent last, to send it again in another direction
let page = null; // what was read
let chosen = -1; // the character that is being looked at
let address = ""; // of the picture that is shown

const isSure = (character) => Boolean(character.corrected) || (character.verdict === "character" && character.candidates[0].probability >= SURE);
const kindOf = (character) => (isSure(character) ? "sure" : character.verdict === "character" ? "unsure" : "unknown");
const romajiOf = (character) => ROMAJI[character.character] ?? "";

function enter(state) {
  desk.dataset.state = state;
}

function say(text) {
  find(".spoken").textContent = text;
}

function fail(message) {
  find(".failure").textContent = message;
  enter(page ? "found" : "empty");
}

function show(url) {
  if (address.startsWith("blob:")) URL.revokeObjectURL(address);
  address = url;
  picture.src = url;
}

/** Give the server a page: `message` holds its picture or the number of an example. */
function send(message) {
  sent = message;
  turn = performance.now();
  page = null;
  choose(-1);
  find(".failure").textContent = "";
  find("progress").value = 0;
  find(".doing").textContent = "Sending the picture";
  enter("busy");
  props.value = JSON.stringify({ turn, direction: find(".direction").value, ...message });
  trigger("input");
}

async function take(file) {
  const mine = (turn = performance.now());
  let [blob, size] = [file, null];
  try {
    const bitmap = await createImageBitmap(file);
    const scale = Math.sqrt(MOST_PIXELS / (bitmap.width * bitmap.height));
    size = [bitmap.width, bitmap.height];
    if (scale < 0.8 && size[0] * size[1] <= 40e6) blob = await brought(bitmap, scale, true);
    bitmap.close();
  } catch {
    // a TIFF, or no picture at all: the server knows, and sends a copy to show
  }
  if (mine !== turn) return; // a newer page came meanwhile
  if (blob.size > MOST_BYTES) return fail(`This file is larger than ${MOST_BYTES / 1e6} MB: save it smaller, as a JPEG for example.`);
  show(size ? URL.createObjectURL(file) : "data:,");
  name = (file.name || "page").replace(/\.[^.]*$/, "");
  const url = await asUrl(blob);
  if (mine === turn) send({ picture: url, size });
}

function hear(answer) {
  if (answer.turn !== turn) return;
  if (answer.state === "busy") {
    find("progress").value = answer.share;
    find(".doing").textContent = answer.doing;
  } else if (answer.state === "error") fail(answer.message);
  else {
    if (answer.preview) show(answer.preview);
    page = answer.page;
    enter("found");
    drawBoxes();
    writeLines();
    choose(-1);
    const count = page.characters.length;
    say(count ? `${count} characters in ${page.columns} ${page.direction === "vertical" ? "columns" : "lines"}.` : "I find no writing on this page.");
  }
}

/** Make `character` what the visitor says it is. */
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

let name = "page"; // of the file, for what is downloaded

for (const [n, { title, thumbnail }] of EXAMPLES.entries()) {
  const item = document.createElement("li");
  item.innerHTML = `<button type="button" class="example"><img alt="" src="${thumbnail}"><span>${title}</span></button>`;
  item.firstChild.onclick = () => {
    name = title.toLowerCase().replace(/\W+/g, "-");
    show("data:,");
    send({ example: n });
  };
  find(".examples").append(item);
}

takePictures(take, desk, false);
on(find(".direction"), "change", () => sent && send(sent));
on(find(".close"), "click", () => {
  turn = performance.now();
  page = sent = null;
  show("data:,");
  find(".failure").textContent = "";
  enter("empty");
});
watch("value", () => {
  try {
    const answer = JSON.parse(props.value);
    if (answer.state) hear(answer);
  } catch {
    // the component's own message, echoed
  }
});

