// The picture on show: set upright where the page lies turned in it, and enlarged where the visitor asks or a scroll would be a ribbon.

const MAX_CANVAS = 16e6; // px, a size that every browser supports
const LEGIBLE = 32; // CSS px, a typical character of an enlarged page
const TINY = 7; // CSS px: a fitted page whose characters are smaller is enlarged from the start, as on a phone
const RIBBON = 2.4; // times as long as it is wide: a scroll, enlarged from the start

let source = "data:,"; // the URL of the picture as it was given
let shown = "data:,"; // the URL of the picture on show, a copy if it is turned
let showing = 0; // the number of the newest call of show

const isSideways = () => page.turned % 180 !== 0;
const viewSize = () => (isSideways() ? { width: page.size.height, height: page.size.width } : page.size);

/** A box of the picture as it was given, in px of the upright picture. */
function upright({ x, y, width, height }) {
  const right = page.size.width - x - width;
  const below = page.size.height - y - height;
  if (page.turned === 90) return { x: y, y: right, width: height, height: width };
  if (page.turned === 180) return { x: right, y: below, width, height };
  if (page.turned === 270) return { x: below, y: x, width: height, height: width };
  return { x, y, width, height };
}

const drop = (url) => url.startsWith("blob:") && URL.revokeObjectURL(url);

/** Show the picture of this URL, or the last one again, turned back by as many degrees as the page lies turned in it. */
async function show(url, turned) {
  showing += 1;
  const mine = showing;
  if (url && url !== source) {
    drop(source);
    source = url;
  }
  if (shown !== source) drop(shown);
  shown = source;
  if (turned) {
    picture.src = "data:,"; // until the copy is there
    let copy;
    try {
      copy = await turnedBack(source, turned);
    } catch (error) {
      if (mine === showing) fail(language.phrase("page_reader.cannot_turn", { reason: error.message }));
      return;
    }
    if (mine !== showing) return drop(copy);
    shown = copy;
  }
  picture.src = shown;
}

/** The URL of a copy of a picture, turned anticlockwise by 90, 180 or 270 degrees. */
async function turnedBack(url, turned) {
  const image = new Image();
  image.src = url;
  await image.decode();
  const within = Math.min(1, Math.sqrt(MAX_CANVAS / (image.naturalWidth * image.naturalHeight)));
  const [width, height] = [image.naturalWidth, image.naturalHeight].map((side) => Math.round(side * within));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = turned === 180 ? [width, height] : [height, width];
  const context = canvas.getContext("2d");
  context.setTransform(...{ 90: [0, -1, 1, 0, 0, width], 180: [-1, 0, 0, -1, width, height], 270: [0, 1, -1, 0, height, 0] }[turned]);
  context.drawImage(image, 0, 0, width, height);
  return URL.createObjectURL(await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92)));
}

const LAY = { 90: "page_reader.lay_side", 180: "page_reader.lay_head", 270: "page_reader.lay_side" };

/** Say whether the picture on show is turned, and offer the other direction. */
function describeView() {
  const [asked, turned] = [answered?.turned !== undefined, page.turned];
  language.put(find(".turned"), turned && (asked ? "page_reader.turned" : LAY[turned]), { degrees: 360 - turned });
  const isVertical = page.direction === "vertical";
  language.put(find(".swap span"), isVertical ? "page_reader.as_lines" : "page_reader.as_columns");
  language.label(find(".swap"), "title", isVertical ? "page_reader.as_lines_title" : "page_reader.as_columns_title");
  find(".swap").classList.toggle("to-lines", isVertical);
}

/** The side of a typical character, in px of the upright picture. */
function typicalSide() {
  const sides = marks.filter(({ kind }) => kind === "main").map(({ box }) => Math.max(box.width, box.height));
  return sides.sort((one, other) => one - other)[sides.length >> 1] ?? 0;
}

/** CSS px for each px of the picture, fitted into the page. */
function fittedScale() {
  find(".view").classList.remove("large");
  return boxes.getBoundingClientRect().width / viewSize().width;
}

/** Whether the page is enlarged from the start: characters could not be told apart. */
const startsLarge = () => isRibbon() || (marks.length > 0 && typicalSide() * fittedScale() < TINY);

/** Enlarge the picture so that its characters are legible, or fit it into the page again. */
function enlarge(large) {
  const view = find(".view");
  const { width, height } = viewSize();
  const typical = typicalSide();
  const fitted = fittedScale();
  const room = width > height ? Math.max(384, innerHeight - 176) / height : find(".sight").clientWidth / width;
  const needed = typical ? LEGIBLE / typical : 2 * fitted;
  const fills = isRibbon() && typical * room >= LEGIBLE / 2; // and need not be scrolled both ways
  const scale = Math.max(fills ? room : needed, 1.5 * fitted);
  view.style.setProperty("--large", `${Math.round(scale * width)}px`);
  view.classList.toggle("large", large);
  language.put(find(".enlarge"), large ? "page_reader.fit" : "page_reader.enlarge");
  find(".enlarge").setAttribute("aria-pressed", large);
  if (large) keepInView(rects[Math.max(chosen, 0)] ?? picture, view);
  drawOrder();
}

const isRibbon = () => Math.max(viewSize().width / viewSize().height, viewSize().height / viewSize().width) > RIBBON;

/** Scroll `box` alone until its `part` is visible: scrollIntoView would move the page under the pointer. */
function keepInView(part, box) {
  const [inner, outer] = [part.getBoundingClientRect(), box.getBoundingClientRect()];
  const by = (low, high) => Math.min(0, inner[low] - outer[low] - 8) + Math.max(0, inner[high] - outer[high] + 8);
  box.scrollBy(by("left", "right"), by("top", "bottom"));
}

on(find(".enlarge"), "click", () => enlarge(!find(".view").classList.contains("large")));
