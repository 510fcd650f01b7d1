// Rendering of strokes: points [x, y, ms, pressure] in thousandths of the sheet's side -> ink on a canvas. The server gets the points.

const SIDE = 1000; // the sheet's side
const BRUSH = 34; // the width of a slow stroke
const BEND = 24; // curves begin at most this far from a point

const known = new WeakMap(); // stroke -> its widths so far

/** The brush's width at each point: thinner when fast, thicker with pressure; a finished stroke that ends fast tapers. */
function widths(points, done) {
  const list = known.get(points) ?? [BRUSH];
  known.set(points, list);
  for (let i = list.length; i < points.length; i++) {
    const [[x0, y0, t0], [x, y, t, pressure]] = [points[i - 1], points[i]];
    const length = Math.hypot(x - x0, y - y0);
    const speed = Math.min(3, length / Math.max(4, t - t0));
    const goal = pressure ? BRUSH * (0.45 + 1.1 * pressure) : BRUSH * (1.1 - 0.14 * speed);
    list.push(list[i - 1] + (goal - list[i - 1]) * Math.min(1, length / 90));
  }
  if (!done || points.length < 4) return list;
  const [end, before] = [points[points.length - 1], points[points.length - 4]];
  const speed = Math.min(1, Math.hypot(end[0] - before[0], end[1] - before[1]) / Math.max(12, end[2] - before[2]) - 0.5);
  const tapered = list.slice();
  for (let i = points.length - 1, left = 0; i > 0 && left < 120 * speed; i--) {
    tapered[i] *= 0.3 + 0.7 * (left / (120 * speed)) ** 0.7;
    left += Math.hypot(points[i][0] - points[i - 1][0], points[i][1] - points[i - 1][1]);
  }
  return tapered;
}

/** Draw a stroke, finished or not, from its point `from` on: straight lines with rounded corners. */
function trace(ink, points, done, from = 1) {
  const scale = ink.canvas.width / SIDE;
  const wide = widths(points, done);
  ink.lineCap = ink.lineJoin = "round";
  if (points.length === 1) {
    ink.beginPath();
    ink.arc(points[0][0] * scale, points[0][1] * scale, (BRUSH / 2) * scale, 0, 7);
    return ink.fill();
  }
  const end = points.length - 1;
  for (let i = from; i <= end; i++) {
    const [bent, leaving] = i === 1 ? [null, [...points[0].slice(0, 2), wide[0]]] : [near(points, wide, i - 1, i - 2), near(points, wide, i - 1, i)];
    if (bent) curve(ink, bent, points[i - 1], leaving, scale);
    const coming = i === end ? [...points[i].slice(0, 2), wide[i]] : near(points, wide, i, i - 1);
    curve(ink, leaving, leaving, coming, scale);
  }
}

/** Where the curve around point `i` meets the line to its neighbour `other`, and the width there: [x, y, width]. */
function near(points, wide, i, other) {
  const [[x, y], [u, v]] = [points[i], points[other]];
  const share = Math.min(0.5, BEND / (Math.hypot(u - x, v - y) || 1));
  return [x + (u - x) * share, y + (v - y) * share, wide[i] + (wide[other] - wide[i]) * share];
}

function curve(ink, start, bend, end, scale) {
  const grows = end[2] - start[2];
  const pieces = Math.max(1, Math.ceil(Math.abs(grows) / 0.4));
  let [x, y] = start;
  for (let piece = 1; piece <= pieces; piece++) {
    // A part of a quadratic curve is one too: from where the last one ended, bent towards the tangents' crossing.
    const [a, b] = [(piece - 1) / pieces, piece / pieces];
    const at = (t, axis) => (1 - t) ** 2 * start[axis] + 2 * t * (1 - t) * bend[axis] + t ** 2 * end[axis];
    const pull = (axis) => (1 - a) * (1 - b) * start[axis] + (a + b - 2 * a * b) * bend[axis] + a * b * end[axis];
    ink.lineWidth = (start[2] + grows * (a + b) * 0.5) * scale;
    ink.beginPath();
    ink.moveTo(x * scale, y * scale);
    [x, y] = [at(b, 0), at(b, 1)];
    ink.quadraticCurveTo(pull(0) * scale, pull(1) * scale, x * scale, y * scale);
    ink.stroke();
  }
}
