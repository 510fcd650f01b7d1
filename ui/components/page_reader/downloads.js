// Downloads with the visitor's corrections, made in the browser: JSON, CSV, and the picture with its boxes; all other formats by the server.

function save(parts, type, ending) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(parts, { type }));
  link.download = `${name}${pages > 1 ? `-${number}` : ""}${ending}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

on(find(".save-json"), "click", () => save([JSON.stringify(page, null, 2)], "application/json", ".json"));
on(find(".save-csv"), "click", () => {
  const table = marks.map(({ character, kind }) => {
    const { x, y, width, height } = character.box;
    const verdict = character.corrected ? "corrected" : character.verdict;
    const best = character.candidates[0];
    const [romaji, probability] = character.corrected ? [romajiOf(character), ""] : [best.romaji, best.probability.toFixed(4)];
    return [character.column, character.character, romaji, probability, verdict, x, y, width, height, kind].map(String).map(quoted).join(",");
  });
  // the byte order mark tells spreadsheets that this is UTF-8
  save(["\ufeff", ["column,character,romaji,probability,verdict,x,y,width,height,kind", ...table].join("\r\n"), "\r\n"], "text/csv", ".csv");
});

const COLOURS = { main: "#2f55b8", note: "#c4500a", ruby: "#5a1750" }; // as in style.css
const DASHES = { sure: [], unsure: [6, 3], unknown: [1.5, 3] };

on(find(".save-png"), "click", () => {
  const canvas = document.createElement("canvas");
  const within = Math.min(1, Math.sqrt(MAX_CANVAS / (picture.naturalWidth * picture.naturalHeight)));
  [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight].map((side) => Math.round(side * within));
  const scale = canvas.width / viewSize().width;
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  context.lineWidth = Math.max(1.5, canvas.width / 900);
  context.textBaseline = "top";
  for (const { character, kind, box } of marks.filter((mark) => isCovered(mark.character))) {
    const [x, y, width, height] = ["x", "y", "width", "height"].map((side) => box[side] * scale);
    context.strokeStyle = COLOURS[kind];
    context.setLineDash(DASHES[degreeOf(character)].map((length) => length * context.lineWidth));
    context.strokeRect(x, y, width, height);
    const size = Math.max(11, Math.min(width, height) * 0.42);
    context.font = `600 ${size}px ${getComputedStyle(find(".lines")).fontFamily}`;
    context.fillStyle = "rgb(255 255 255 / 85%)";
    const [broad, tall] = [size * 1.1, size * 1.15];
    const isAside = page.direction === "vertical"; // labels go into the gap between columns, or between lines
    const left = !isAside ? x : x + width + 1 + broad <= canvas.width ? x + width + 1 : x - 1 - broad;
    const top = isAside ? y : Math.max(0, y - 1 - tall);
    context.fillRect(left, top, broad, tall);
    context.fillStyle = COLOURS[kind];
    context.fillText(character.character, left + size * 0.05, top + size * 0.05);
  }
  canvas.toBlob((blob) => (blob ? save([blob], "image/png", "-read.png") : fail(language.phrase("transcript.too_large"))), "image/png");
});

for (const [format, { key }] of Object.entries(FORMATS)) if (key) find(".format").append(language.put(new Option("", format), key));

on(find(".save-file"), "click", async ({ target }) => {
  const format = find(".format").value;
  const { suffix, type } = FORMATS[format];
  target.disabled = true;
  try {
    const message = { seq: Date.now(), page, format, name: fileName, number, pages, picture: format === "pdf" ? pictureUrl() : null };
    const { file, ...problem } = await server.page_file(JSON.stringify(message));
    if (file) save([Uint8Array.from(atob(file), (byte) => byte.charCodeAt(0))], type, suffix);
    complain(problem.message ? language.reported(problem) : null);
  } catch {
    complain(language.phrase("transcript.not_reached"));
  }
  target.disabled = false;
});

function pictureUrl() {
  const canvas = document.createElement("canvas");
  const within = Math.min(1, Math.sqrt(MAX_CANVAS / (picture.naturalWidth * picture.naturalHeight)));
  [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight].map((side) => Math.round(side * within));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/jpeg", 0.9);
}
