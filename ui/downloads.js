// What a visitor takes away, with their corrections: JSON, CSV, and the picture with its boxes. All of it is made here.

function save(parts, type, ending) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(parts, { type }));
  link.download = `${name}${ending}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

on(find(".save-json"), "click", () => save([JSON.stringify(page, null, 2)], "application/json", ".json"));
on(find(".save-csv"), "click", () => {
  const rows = page.characters.map((character) => {
    const { x, y, width, height } = character.box;
    const verdict = character.corrected ? "corrected" : character.verdict;
    const probability = character.corrected ? "" : character.candidates[0].probability.toFixed(4);
    return [character.column, character.character, romajiOf(character), probability, verdict, x, y, width, height].map(String).map(quoted).join(",");
  });
  // the mark at its head tells spreadsheets that this is UTF-8
  save(["\ufeff", ["column,character,romaji,probability,verdict,x,y,width,height", ...rows].join("\r\n"), "\r\n"], "text/csv", ".csv");
});
on(find(".save-png"), "click", () => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight];
  const scale = picture.naturalWidth / page.size.width;
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0);
  context.lineWidth = Math.max(1.5, canvas.width / 900);
  context.textBaseline = "top";
  for (const character of page.characters) {
    const [x, y, width, height] = ["x", "y", "width", "height"].map((side) => character.box[side] * scale);
    const colour = { sure: "#1f6f5c", unsure: "#b26a00", unknown: "#8a8a8a" }[kindOf(character)];
    context.strokeStyle = colour;
    context.strokeRect(x, y, width, height);
    const size = Math.max(11, Math.min(width, height) * 0.42);
    context.font = `600 ${size}px ${getComputedStyle(find(".lines")).fontFamily}`;
    context.fillStyle = "rgb(255 255 255 / 85%)";
    context.fillRect(x + width + 1, y, size * 1.1, size * 1.15);
    context.fillStyle = colour;
    context.fillText(character.character, x + width + 1 + size * 0.05, y + size * 0.05);
  }
  canvas.toBlob((blob) => save([blob], "image/png", "-read.png"), "image/png");
});
