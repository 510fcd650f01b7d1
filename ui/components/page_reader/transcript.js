// The text in its lines, and the table of all characters.

function writeLines() {
  const lines = find(".lines");
  lines.classList.toggle("vertical", page.direction === "vertical");
  const rows = Array.from({ length: page.columns }, () => Object.assign(document.createElement("p"), { className: "line" }));
  for (const [index, character] of page.characters.entries()) {
    const span = document.createElement("span");
    span.textContent = character.character;
    span.className = `${kindOf(character)}${index === chosen ? " chosen" : ""}`;
    span.dataset.index = index;
    rows[character.column].append(span);
  }
  lines.replaceChildren(...rows);
  const known = page.characters.filter((character) => kindOf(character) !== "unknown").length;
  const all = page.characters.length;
  find(".count").textContent = all === 0 ? "I find no writing on this page." : known === all ? `${all} characters` : `${all} characters, ${all - known} unknown`;
  if (find(".list").open) writeTable();
}

function writeTable() {
  const table = document.createElement("table");
  const head = table.createTHead().insertRow();
  for (const title of ["", "Character", "Romaji", "Probability", "Box"]) head.append(Object.assign(document.createElement("th"), { textContent: title }));
  const body = table.createTBody();
  for (const [index, character] of page.characters.entries()) {
    const row = body.insertRow();
    row.className = kindOf(character);
    const crop = Object.assign(document.createElement("canvas"), { width: 48, height: 48 });
    cropTo(crop, character.box);
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: character.character, lang: "ja" });
    button.setAttribute("aria-label", `Look at character ${index + 1}, ${character.character}`);
    button.onclick = () => {
      held = true;
      choose(index);
      boxes.focus();
      rects[index].scrollIntoView({ block: "center", behavior: "smooth" });
    };
    const { x, y, width, height } = character.box;
    const known = character.verdict === "character" && !character.corrected;
    const cells = [
      crop,
      button,
      romajiOf(character),
      character.corrected ? "corrected" : known ? percent(character.candidates[0].probability) : "unknown",
      `${x}, ${y}, ${width} × ${height}`,
    ];
    for (const cell of cells) row.insertCell().append(cell);
  }
  find(".rows").replaceChildren(table);
}

on(find(".list"), "toggle", () => find(".list").open && page && writeTable());
on(find(".lines"), "click", (event) => {
  const span = event.target.closest("[data-index]");
  if (!span) return;
  held = true;
  choose(Number(span.dataset.index));
});
on(find(".copy"), "click", async () => {
  try {
    await navigator.clipboard.writeText(page.text);
  } catch {
    // the clipboard needs HTTPS: copy the selection of an element instead
    const area = Object.assign(document.createElement("textarea"), { value: page.text });
    element.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  find(".copy").textContent = "Copied";
  say("The text is copied.");
  setTimeout(() => (find(".copy").textContent = "Copy"), 1500);
});
