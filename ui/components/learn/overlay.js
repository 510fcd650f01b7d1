// The visitor's strokes over the letter that was to be written. The letter is moved and scaled, evenly; the strokes stay as they are.

const DRAWN = 480; // px, the side of the square that a letter is drawn in
const SERIF = '"Hiragino Mincho ProN", "Yu Mincho", "Noto Serif CJK JP", "Noto Serif JP", serif';

/** A letter in one colour on a canvas, with the box of its ink: [left, top, width, height]. */
function letterPicture(letter, paths, colour) {
  const canvas = make("canvas", { width: DRAWN, height: DRAWN });
  const ink = canvas.getContext("2d");
  ink.fillStyle = ink.strokeStyle = colour;
  if (paths) {
    ink.scale(DRAWN / 109, DRAWN / 109);
    ink.lineWidth = 5.5;
    ink.lineCap = ink.lineJoin = "round";
    for (const d of paths) ink.stroke(new Path2D(d));
  } else {
    ink.font = `${DRAWN * 0.72}px "${FONT}", ${SERIF}`;
    ink.textAlign = "center";
    ink.fillText(letter, DRAWN / 2, DRAWN * 0.78);
  }
  return { canvas, box: inkBox(ink.getImageData(0, 0, DRAWN, DRAWN).data) };
}

function inkBox(data) {
  let [left, top, right, bottom] = [DRAWN, DRAWN, 0, 0];
  for (let place = 3; place < data.length; place += 4) {
    if (!data[place]) continue;
    const [x, y] = [((place - 3) / 4) % DRAWN, Math.floor((place - 3) / 4 / DRAWN)];
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x + 1), Math.max(bottom, y + 1)];
  }
  return [left, top, right - left, bottom - top];
}

/** Draw both on `canvas`, whose size is set: the letter as large as the drawing, around the same middle. */
function overlay(canvas, drawing, letter, paths) {
  const ink = canvas.getContext("2d");
  const scale = canvas.width / SIDE;
  const points = drawing.flat();
  const range = (axis) => [Math.min(...points.map((point) => point[axis])), Math.max(...points.map((point) => point[axis]))];
  const [[x0, x1], [y0, y1]] = [range(0), range(1)];
  const style = getComputedStyle(canvas);
  const { canvas: picture, box } = letterPicture(letter, paths, style.getPropertyValue("--model"));
  const size = Math.max(x1 - x0, y1 - y0, SIDE / 10) + BRUSH;
  const times = (size * scale) / Math.max(box[2], box[3]);
  const [middleX, middleY] = [((x0 + x1) / 2) * scale, ((y0 + y1) / 2) * scale];
  ink.clearRect(0, 0, canvas.width, canvas.height);
  ink.globalAlpha = 0.6;
  ink.drawImage(picture, ...box, middleX - (box[2] * times) / 2, middleY - (box[3] * times) / 2, box[2] * times, box[3] * times);
  const own = make("canvas", { width: canvas.width, height: canvas.height });
  const pen = own.getContext("2d");
  pen.strokeStyle = pen.fillStyle = style.color;
  for (const stroke of drawing) trace(pen, stroke, true);
  ink.globalAlpha = 0.82;
  ink.drawImage(own, 0, 0);
}
