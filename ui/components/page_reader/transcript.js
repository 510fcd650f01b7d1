// The text in its lines, with notes and ruby set apart, and the table of all characters.

const WITHHELD = "〓"; // the printers' geta mark, in the place of a character that is not shown

function writeLines() {
  const lines = find(".lines");
  lines.classList.toggle("vertical", page.direction === "vertical");
  const written = rows.slice(0, page.columns).map(lineOf);
  if (written.length) written[0].tabIndex = 0;
  lines.replaceChildren(...written);
  const [all, ruby] = [page.characters.length, marks.length - page.characters.length];
  const characters = language.phrase("transcript.count", { count: all });
  if (!marks.length) language.put(find(".count"), "transcript.none");
  else language.show(find(".count"), ruby ? language.phrase("transcript.with_ruby", { characters, ruby }) : characters);
  if (find(".list").open) writeTable();
}

/** A line of the text, each ruby over the characters that it stands beside. */
function lineOf({ kind, members }, line) {
  const it = Object.assign(document.createElement("p"), { className: `line ${kind === "main" ? "" : kind}`.trim(), tabIndex: -1 });
  it.dataset.line = line;
  const ruby = rows.slice(page.columns).filter(({ column }) => column === line);
  const spans = ruby.map(({ members: own }) => besides(own, members)).filter(([first]) => first >= 0);
  let at = 0;
  for (const [first, last, own] of spans.sort((one, other) => one[0] - other[0])) {
    if (first < at) {
      it.lastChild.querySelector("rt").append(...own.map(glyph)); // two readings beside the same characters
      continue;
    }
    it.append(...members.slice(at, first).map(glyph));
    const pair = document.createElement("ruby");
    const reading = document.createElement("rt");
    reading.append(...own.map(glyph));
    pair.append(...members.slice(first, last + 1).map(glyph), reading);
    it.append(pair);
    at = last + 1;
  }
  it.append(...members.slice(at).map(glyph));
  return it;
}

/** The first and last place in a line of the characters that a ruby stands beside, and the ruby. */
function besides(ruby, members) {
  const isVertical = page.direction === "vertical";
  const [low, long] = isVertical ? ["y", "height"] : ["x", "width"];
  const [start, end] = [Math.min(...ruby.map((index) => boxOf(index)[low])), Math.max(...ruby.map((index) => boxOf(index)[low] + boxOf(index)[long]))];
  const places = [...members.keys()].filter((place) => {
    const middle = middleOf(boxOf(members[place]))[isVertical ? 1 : 0];
    return start <= middle && middle <= end;
  });
  if (places.length) return [places[0], places.at(-1), ruby];
  const off = (place) => Math.abs(middleOf(boxOf(members[place]))[isVertical ? 1 : 0] - (start + end) / 2);
  const nearest = [...members.keys()].reduce((best, place) => (off(place) < off(best) ? place : best), 0);
  return [members.length ? nearest : -1, nearest, ruby];
}

function glyph(index) {
  const span = document.createElement("span");
  span.dataset.index = index;
  writeGlyph(span, index);
  return span;
}

function writeGlyph(span, index) {
  const { character } = marks[index];
  const isShown = isCovered(character);
  span.textContent = isShown ? character.character : WITHHELD;
  span.className = [degreeOf(character), index === chosen && "chosen", !isShown && "withheld"].filter(Boolean).join(" ");
}

function writeTable() {
  const table = document.createElement("table");
  const head = table.createTHead().insertRow();
  for (const key of ["table.picture", "table.character", "table.romaji", "table.probability", "table.box"]) head.append(language.put(document.createElement("th"), key));
  const body = table.createTBody();
  for (const [index, { character, kind, box }] of marks.entries()) {
    const row = body.insertRow();
    row.className = `${degreeOf(character)}${isCovered(character) ? "" : " withheld"}`;
    const crop = Object.assign(document.createElement("canvas"), { width: 48, height: 48 });
    cropTo(crop, box);
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: character.character, lang: "ja" });
    language.label(button, "aria-label", "table.look", { number: index + 1, character: character.character });
    button.onclick = () => {
      held = true;
      choose(index);
      boxes.focus();
      rects[index].scrollIntoView({ block: "center", behavior: "smooth" });
    };
    const { x, y, width, height } = character.box;
    const known = character.verdict === "character" && !character.corrected;
    const degree = known ? percent(character.candidates[0].probability) : language.phrase(character.corrected ? "table.corrected" : "marks.unknown");
    const items = language.list([degree, kind !== "main" && language.phrase(KIND_NAMES[kind])]);
    const cells = [crop, button, romajiOf(character), language.phrase("list.of", { items }), `${x}, ${y}, ${width} × ${height}`];
    for (const cell of cells) language.show(row.insertCell(), cell);
  }
  find(".rows").replaceChildren(table);
}

// ---- The line under the pointer or the focus lights up in the picture

const lineAt = (event) => event.target.closest?.(".line");
const spanAt = (event) => event.target.closest?.("[data-index]");

on(find(".list"), "toggle", () => find(".list").open && page && writeTable());
on(find(".lines"), "pointerover", (event) => {
  if (event.pointerType !== "mouse" || held) return;
  if (spanAt(event)) choose(Number(spanAt(event).dataset.index), "text");
  else if (lineAt(event)) light(Number(lineAt(event).dataset.line));
});
on(find(".lines"), "click", (event) => {
  if (!spanAt(event)) return;
  held = true;
  choose(Number(spanAt(event).dataset.index), "text");
});
on(find(".lines"), "focusin", ({ target }) => {
  for (const line of find(".lines").children) line.tabIndex = line === target ? 0 : -1;
  const line = Number(target.dataset.line);
  if (marks[chosen]?.line !== line) choose(-1);
  light(line);
  keepInView(bands[line], find(".view"));
});
on(find(".lines"), "keydown", (event) => {
  const line = lineAt(event);
  if (!line) return;
  const [on, back] = page.direction === "vertical" ? ["ArrowLeft", "ArrowRight"] : ["ArrowDown", "ArrowUp"];
  const goal = { [on]: line.nextElementSibling, [back]: line.previousElementSibling, Home: line.parentNode.firstElementChild, End: line.parentNode.lastElementChild }[event.key];
  if (event.key === "Enter") {
    choose(rows[line.dataset.line].members[0]);
    held = true;
    boxes.focus();
  } else if (goal) goal.focus();
  else return;
  event.preventDefault();
});

/** The text as it is shown: without ruby, 〓 for what is withheld. */
const shownText = () =>
  rows
    .slice(0, page.columns)
    .map(({ members }) => members.map((index) => (isCovered(marks[index].character) ? marks[index].character.character : WITHHELD)).join(""))
    .join("\n");

on(find(".copy"), "click", async () => {
  try {
    await navigator.clipboard.writeText(shownText());
  } catch {
    // the clipboard needs HTTPS: copy the selection of an element instead
    const area = Object.assign(document.createElement("textarea"), { value: shownText() });
    element.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  language.put(find(".copy"), "line.copied");
  say(language.phrase("transcript.copied"));
  setTimeout(() => language.put(find(".copy"), "line.copy"), 1500);
});
