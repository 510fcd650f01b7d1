// What the marks mean, and the slider: what is read less surely than it says is withheld from the picture and the text, without a new request.

const BINS = 25; // bars of the distribution over the slider
let least = 0; // 0..1: with 0 everything is shown, unknown characters too

const isCovered = (character) => sureness(character) >= least;

const NAMES = { main: "marks.main", note: "marks.note", ruby: "marks.ruby", sure: "marks.sure", unsure: "marks.unsure", unknown: "marks.unknown" };

/** Say how many there are of each kind and degree, draw how sure they are, and whatever depends on the slider. */
function describe() {
  describeView();
  const all = marks.map(({ character, kind }) => [kind, degreeOf(character)]);
  for (const [place, at, names] of [
    [".kinds", 0, ["main", "note", "ruby"]],
    [".degrees", 1, ["sure", "unsure", "unknown"]],
  ])
    find(place).replaceChildren(...names.map((name) => entry(name, all.filter((each) => each[at] === name).length)).filter((it, n) => !n || it.dataset.count > 0));
  const bins = new Array(BINS).fill(0);
  for (const { character } of marks) bins[Math.min(BINS - 1, Math.floor(sureness(character) * BINS))] += 1;
  const most = Math.max(1, ...bins);
  const height = (count) => count && 2 + 22 * Math.sqrt(count / most); // a root, so that the few unsure ones are seen beside the many sure
  const wide = 100 / BINS;
  find(".spread").replaceChildren(...bins.map((count, n) => shape("rect", { x: n * wide, y: 24 - height(count), width: wide * 0.8, height: height(count) })));
  cover();
}

function entry(name, count) {
  const item = document.createElement("li");
  item.dataset.count = count;
  const sample = document.createElement("i");
  sample.className = `sample ${name}`;
  const number = Object.assign(document.createElement("b"), { textContent: count });
  item.append(sample, language.put(document.createElement("span"), NAMES[name]), " ", number);
  return item;
}

/** Show what is at least as sure as the slider says. */
function cover() {
  for (const index of rects.keys()) refreshBox(index);
  if (chosen >= 0) light(marks[chosen].line);
  for (const span of find(".lines").querySelectorAll("[data-index]")) writeGlyph(span, Number(span.dataset.index));
  if (find(".list").open) writeTable();
  sayLeast();
  for (const [n, bar] of [...find(".spread").children].entries()) bar.classList.toggle("out", (n + 1) / BINS <= least);
  const text = marks.filter(({ character }) => isCovered(character)).length;
  const rest = marks.length - text;
  if (rest) language.put(find(".covered"), "marks.some_shown", { count: marks.length, shown: text, mark: WITHHELD });
  else language.put(find(".covered"), marks.length && "marks.all_shown", { count: marks.length });
}

const sayLeast = () => language.put(find(".at-least"), "marks.share", { share: Math.round(100 * least) });
sayLeast();

on(find(".least"), "input", ({ target }) => {
  least = target.value / 100;
  if (page) cover();
});
