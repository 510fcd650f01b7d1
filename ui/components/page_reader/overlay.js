// The boxes over the picture, the filter, and the selected character.

const SVG = "http://www.w3.org/2000/svg";
let rects = [];

function drawBoxes() {
  const { width, height } = page.size;
  boxes.setAttribute("viewBox", `0 0 ${width} ${height}`);
  rects = page.characters.map(({ box }, index) => {
    const rect = document.createElementNS(SVG, "rect");
    for (const side of ["x", "y", "width", "height"]) rect.setAttribute(side, box[side]);
    rect.setAttribute("role", "option");
    rect.id = `character-${index}`;
    return rect;
  });
  boxes.replaceChildren(...rects);
  for (const index of rects.keys()) refreshBox(index);
  find(".view").classList.toggle("bare", !rects.length);
}

function refreshBox(index) {
  const character = page.characters[index];
  rects[index].setAttribute("class", `${kindOf(character)}${index === chosen ? " chosen" : ""}${character.corrected ? " corrected" : ""}`);
  const kind = kindOf(character);
  rects[index].setAttribute("aria-label", kind === "unknown" ? "unknown character" : `${character.character} ${romajiOf(character)}${kind === "unsure" ? ", unsure" : ""}`);
  rects[index].setAttribute("aria-selected", index === chosen);
}

/** Select the character of this index, -1 for none. */
function choose(index) {
  const before = chosen;
  chosen = index;
  if (rects[before]) refreshBox(before);
  find(".one .nothing").hidden = index >= 0;
  find(".one .chosen").hidden = index < 0;
  for (const span of find(".lines").querySelectorAll(".chosen")) span.classList.remove("chosen");
  if (index < 0 || !page) return boxes.removeAttribute("aria-activedescendant");
  refreshBox(index);
  boxes.setAttribute("aria-activedescendant", rects[index].id);
  const character = page.characters[index];
  cropTo(find(".crop"), character.box);
  find(".read").textContent = character.character;
  find(".about").textContent = about(character);
  find(".choices").replaceChildren(...character.candidates.map((candidate) => choice(index, candidate)));
  find(".typed").value = "";
  const span = find(".lines").querySelector(`[data-index="${index}"]`);
  span?.classList.add("chosen");
  if (span) keepInView(span, find(".lines"));
}

/** Scroll `box` alone until its `part` is visible: scrollIntoView would move the page under the pointer. */
function keepInView(part, box) {
  const [inner, outer] = [part.getBoundingClientRect(), box.getBoundingClientRect()];
  const by = (low, high) => Math.min(0, inner[low] - outer[low] - 8) + Math.max(0, inner[high] - outer[high] + 8);
  box.scrollBy(by("left", "right"), by("top", "bottom"));
}

function about(character) {
  if (character.corrected) return "corrected by you";
  if (character.verdict === "unknown") return "not a character I know; nearest shapes:";
  return `${romajiOf(character)}, ${percent(character.candidates[0].probability)}`;
}

function choice(index, { character, romaji, probability }) {
  const button = document.createElement("button");
  button.type = "button";
  const [glyph, sound, meter, share] = Array.from({ length: 4 }, () => document.createElement("span"));
  Object.assign(glyph, { lang: "ja", textContent: character });
  sound.textContent = romaji;
  meter.className = "meter";
  meter.append(document.createElement("i"));
  meter.firstChild.style.width = `${100 * probability}%`;
  share.textContent = percent(probability);
  button.append(glyph, sound, meter, share);
  button.setAttribute("aria-label", `Make it ${character}, ${romaji}, ${percent(probability)}`);
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
  const scale = picture.naturalWidth / page.size.width; // a preview may be smaller than the page
  const side = Math.max(width, height) * 1.15;
  const [left, top] = [x + width / 2 - side / 2, y + height / 2 - side / 2];
  context.drawImage(picture, left * scale, top * scale, side * scale, side * scale, 0, 0, canvas.width, canvas.height);
}

/** The index of the next character in reading order, or of the nearest one in the next column; the step is [along, across]. */
function neighbour([along, across]) {
  if (chosen < 0) return 0;
  if (along) return Math.min(Math.max(chosen + along, 0), rects.length - 1);
  const { column, box } = page.characters[chosen];
  const middle = (it) => (page.direction === "vertical" ? it.y + it.height / 2 : it.x + it.width / 2);
  let best = chosen;
  for (const [index, character] of page.characters.entries()) {
    if (character.column !== column + across) continue;
    if (best === chosen || Math.abs(middle(character.box) - middle(box)) < Math.abs(middle(page.characters[best].box) - middle(box))) best = index;
  }
  return best;
}

const STEPS = {
  vertical: { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowLeft: [0, 1], ArrowRight: [0, -1] },
  horizontal: { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] },
};
let held = false; // a selection by tap or key stays; one by hovering ends

const indexAt = (event) => rects.indexOf(event.target.closest?.("rect"));
on(boxes, "pointerover", (event) => event.pointerType === "mouse" && !held && indexAt(event) >= 0 && choose(indexAt(event)));
on(boxes, "click", (event) => {
  const index = indexAt(event);
  held = index >= 0;
  choose(index);
});
on(boxes, "pointerdown", () => find(".view").classList.add("pointed")); // the focus ring is for the keyboard
on(boxes, "blur", () => find(".view").classList.remove("pointed"));
on(boxes, "keydown", (event) => {
  find(".view").classList.remove("pointed");
  if (!page?.characters.length) return;
  const step = STEPS[page.direction][event.key];
  if (step) choose(neighbour(step));
  else if (event.key === "Home") choose(0);
  else if (event.key === "End") choose(rects.length - 1);
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
on(find(".filter"), "change", ({ target }) => (desk.dataset.show = target.value));
on(picture, "load", () => {
  if (page && chosen >= 0) cropTo(find(".crop"), page.characters[chosen].box);
  if (page && find(".list").open) writeTable();
});
desk.dataset.show = "all";
