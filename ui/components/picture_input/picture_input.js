// The browser half of PictureInput. Gradio runs it once as a function of (element, trigger, props, server, upload, watch).

const MAX_SIDE = 1024; // px, the longest side of a picture that is sent; the model sees 28 or 48
const HINT = language.phrase(PHONE ? "picture.hint_phone" : "picture.hint");

const reader = element.closest(".reader") ?? element;
const [words, thumb] = [".words", ".thumb"].map(find);
let latest = 0; // the number of the newest picture
let current = ""; // the picture on show, as a data URL

/** `what` is a phrase, or the name of a file. */
function describe(what, picture = "") {
  language.show(words, what);
  thumb.hidden = !picture;
  thumb.src = picture || "data:,";
}

/** The picture, upright and at most MAX_SIDE px, as PNG if it may be transparent; the file itself if this browser cannot decode it. */
async function scaleDown(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return file; // the server knows more formats, and answers with an error for the rest
  }
  const scale = Math.min(1, MAX_SIDE / Math.max(bitmap.width, bitmap.height));
  if (scale === 1 && file.size < 2 ** 20) return file;
  return scaledCopy(bitmap, scale, /jpe?g|hei[cf]/.test(file.type));
}

async function read(file) {
  const mine = ++latest;
  const small = await scaleDown(file);
  if (mine !== latest) return; // superseded by a newer picture
  if (small.size > MAX_BYTES) return fail(language.phrase("picture.too_large", { size: MAX_BYTES / 2 ** 20 }));
  const picture = await asUrl(small);
  if (mine !== latest) return;
  describe(file.name && file.name !== "image.png" ? file.name : language.phrase("picture.yours"), picture);
  current = picture;
  send();
}

function fail(phrase) {
  current = "";
  describe(HINT);
  element.dispatchEvent(new CustomEvent("failed", { bubbles: true, detail: { seq: performance.now(), phrase } }));
}

function send() {
  const seq = performance.now();
  const { model } = reader.dataset;
  props.value = JSON.stringify({ seq, picture: current, model });
  element.dispatchEvent(new CustomEvent("ink", { bubbles: true, detail: { seq, strokes: null, model } }));
  trigger("input");
}

thumb.addEventListener("error", () => (thumb.hidden = true));
takePictures(read, reader, true);
on(reader, "ink", (event) => {
  if (event.detail.strokes === null) return;
  latest += 1; // a new drawing replaces the picture
  current = "";
  describe(HINT);
});
on(reader, "model", () => current && send());

describe(HINT);
