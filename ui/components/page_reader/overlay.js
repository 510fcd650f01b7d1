// The boxes over the picture, the line under the pointer, and the selected character.

const SVG = "http://www.w3.org/2000/svg";
let rects = []; // one for each mark
let bands = []; // one for each row: the ground of its characters
let held = false; // a selection by tap or key stays; one by hovering ends

function shape(name, attributes) {
  const it = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) it.setAttribute(key, value);
  return it;
}

const middleOf = ({ x, y, width, height }) => [x + width / 2, y + height / 2];
const boxOf = (index) => marks[index].box;

function drawBoxes() {
  const { width, height } = viewSize();
  for (const layer of [boxes, find(".order")]) layer.setAttribute("viewBox", `0 0 ${width} ${height}`);
  rects = marks.map(({ box, kind }, index) => {
    const round = kind === "ruby" ? { rx: Math.min(box.width, box.height) / 2 } : {};
    return shape("rect", { ...box, ...round, role: "option", id: `character-${index}` });
  });
  bands = rows.map(band);
  boxes.replaceChildren(...bands, ...rects);
  for (const index of rects.keys()) refreshBox(index);
  find(".view").classList.toggle("bare", !rects.length);
}

/** The ground of a row: the outline of a note, and what lights up of any row. */
function band({ kind, members }, line) {
  const sides = members.map(boxOf);
  const pad = Math.max(2, 0.15 * Math.min(...sides.map((box) => Math.min(box.width, box.height))));
  const [left, top] = [Math.min(...sides.map((box) => box.x)) - pad, Math.min(...sides.map((box) => box.y)) - pad];
  const [right, bottom] = [Math.max(...sides.map((box) => box.x + box.width)) + pad, Math.max(...sides.map((box) => box.y + box.height)) + pad];
  return shape("path", { d: `M${left} ${top}H${right}V${bottom}H${left}Z`, class: `band ${kind}`, "data-line": line, "aria-hidden": "true" });
}

function refreshBox(index) {
  const { character, kind } = marks[index];
  const degree = degreeOf(character);
  const classes = [kind, degree, index === chosen && "chosen", character.corrected && "corrected", !isCovered(character) && "withheld"];
  rects[index].setAttribute("class", classes.filter(Boolean).join(" "));
  const read = [`${character.character} ${romajiOf(character)}`.trim(), degree === "unsure" && language.phrase("marks.unsure")];
  const words = degree === "unknown" ? [language.phrase("chosen.unknown")] : read;
  language.label(rects[index], "aria-label", "list.of", { items: language.list([...words, kind !== "main" && language.phrase(KIND_NAMES[kind])]) });
  rects[index].setAttribute("aria-selected", index === chosen);
}

/** Light up a row in the picture and in the text, -1 for none. */
function light(line) {
  for (const it of element.querySelectorAll(".lit")) it.classList.remove("lit");
  bands[line]?.classList.add("lit");
  for (const index of rows[line]?.members ?? []) rects[index]?.classList.add("lit");
  find(`.lines [data-line="${line}"]`)?.classList.add("lit");
}

/** Select the character of this index, -1 for none; `from` is where the pointer is, "picture" or "text", which does not scroll. */
function choose(index, from = "") {
  const before = chosen;
  chosen = index;
  if (rects[before]) refreshBox(before);
  find(".one .nothing").hidden = index >= 0;
  find(".one .chosen").hidden = index < 0;
  for (const span of find(".lines").querySelectorAll(".chosen")) span.classList.remove("chosen");
  light(marks[index]?.line ?? -1);
  showReal(index);
  if (index < 0 || !page) return boxes.removeAttribute("aria-activedescendant");
  refreshBox(index);
  light(marks[index].line);
  boxes.setAttribute("aria-activedescendant", rects[index].id);
  const { character, box } = marks[index];
  cropTo(find(".crop"), box);
  find(".read").textContent = character.character;
  language.show(find(".about"), about(marks[index]));
  find(".choices").replaceChildren(...character.candidates.map((candidate) => choice(index, candidate)));
  find(".typed").value = "";
  const span = find(`.lines [data-index="${index}"]`);
  span?.classList.add("chosen");
  if (span && from !== "text") keepInView(span, find(".lines"));
  if (from !== "picture") keepInView(rects[index], find(".view"));
}

const KIND_NAMES = { note: "marks.in_note", ruby: "marks.as_ruby" };

function about({ character, kind }) {
  const where = KIND_NAMES[kind] && language.phrase(KIND_NAMES[kind]);
  const items = (...all) => ({ items: language.list([...all, where]) });
  if (character.corrected) return language.phrase("list.of", items(language.phrase("chosen.corrected")));
  if (character.verdict === "unknown") return language.phrase("chosen.nearest", items(language.phrase("chosen.not_known")));
  return language.phrase("list.of", items(romajiOf(character), percent(character.candidates[0].probability)));
}

function choice(index, { character, romaji, probability }) {
  const button = Object.assign(document.createElement("button"), { type: "button", title: romaji });
  const [glyph, meter, share] = Array.from({ length: 3 }, () => document.createElement("span"));
  Object.assign(glyph, { lang: "ja", textContent: character });
  meter.className = "meter";
  meter.append(document.createElement("i"));
  meter.firstChild.style.width = `${100 * probability}%`;
  language.show(share, percent(probability));
  button.append(glyph, meter, share);
  language.label(button, "aria-label", "chosen.make", { character: language.list([character, romaji, percent(probability)]) });
  button.onclick = () => {
    correct(index, character);
    boxes.focus();
  };
  return button;
}

function cropTo(canvas, { x, y, width, height }) {
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, canvas.width, canvas.height);
  if (!picture.naturalWidth) return;
  const scale = picture.naturalWidth / viewSize().width; // a preview may be smaller than the page
  const side = Math.max(width, height) * 1.15;
  const [left, top] = [x + width / 2 - side / 2, y + height / 2 - side / 2];
  context.drawImage(picture, left * scale, top * scale, side * scale, side * scale, 0, 0, canvas.width, canvas.height);
}

/** The index of the next character in reading order, or of the nearest one in the next line; the step is [along, across]. */
function neighbour([along, across]) {
  if (chosen < 0) return 0;
  if (along) return Math.min(Math.max(chosen + along, 0), rects.length - 1);
  const at = (index) => middleOf(boxOf(index))[page.direction === "vertical" ? 1 : 0];
  const { members } = rows[marks[chosen].line + across] ?? { members: [chosen] };
  return members.reduce((best, index) => (Math.abs(at(index) - at(chosen)) < Math.abs(at(best) - at(chosen)) ? index : best));
}

const STEPS = {
  vertical: { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowLeft: [0, 1], ArrowRight: [0, -1] },
  horizontal: { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] },
};

const indexAt = (event) => rects.indexOf(event.target.closest?.("rect"));
on(boxes, "pointerover", (event) => {
  if (event.pointerType !== "mouse" || held) return;
  if (indexAt(event) >= 0) choose(indexAt(event), "picture");
  else if (event.target.dataset?.line) light(Number(event.target.dataset.line));
});
on(boxes, "click", (event) => {
  const index = indexAt(event);
  held = index >= 0;
  choose(index, "picture");
});
on(boxes, "pointerdown", () => find(".view").classList.add("pointed")); // the focus ring is for the keyboard
on(boxes, "blur", () => find(".view").classList.remove("pointed"));
on(boxes, "keydown", (event) => {
  find(".view").classList.remove("pointed");
  if (!marks.length) return;
  const step = STEPS[page.direction][event.key];
  if (step) choose(neighbour(step));
  else if (event.key === "Home") choose(0);
  else if (event.key === "End") choose(page.characters.length - 1);
  else if (event.key === "Enter" && chosen >= 0) find(".typed").focus();
  else if (event.key === "Escape") choose(-1);
  else if (/^[1-5]$/.test(event.key) && chosen >= 0) find(".choices").children[event.key - 1]?.click();
  else return;
  held = chosen >= 0;
  event.preventDefault();
});
on(find(".other"), "submit", (event) => {
  event.preventDefault();
  const [character] = find(".typed").value.normalize("NFC").trim();
  if (!character || chosen < 0) return;
  correct(chosen, character);
  boxes.focus();
});
on(picture, "load", () => {
  if (!page) return;
  if (chosen >= 0) cropTo(find(".crop"), boxOf(chosen));
  if (find(".list").open) writeTable();
  enlarge(startsLarge());
});
