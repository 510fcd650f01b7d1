// The browser half of PictureInput. Gradio runs it once as a function of (element, trigger, props, server, upload, watch).

const LARGEST = 1024; // px, the longest side of what is sent; the model sees 28
const MOST_BYTES = 8 * 2 ** 20;
const HINT = PHONE ? "Or read a picture." : "Or read a picture: drop or paste one.";

const reader = element.closest(".reader") ?? element;
const [words, thumb] = [".words", ".thumb"].map(find);
let latest = 0; // which picture was given last

function tell(text, picture = "") {
  words.textContent = text;
  thumb.hidden = !picture;
  thumb.src = picture || "data:,";
}

/** The picture upright and at most LARGEST px, as PNG where it may be transparent; or the file as it is, where this browser cannot decode it. */
async function lighten(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return file; // the server knows formats that browsers do not, and has the words for the rest
  }
  const scale = Math.min(1, LARGEST / Math.max(bitmap.width, bitmap.height));
  if (scale === 1 && file.size < 2 ** 20) return file;
  return brought(bitmap, scale, /jpe?g|hei[cf]/.test(file.type));
}

async function read(file) {
  const mine = ++latest;
  const light = await lighten(file);
  if (light.size > MOST_BYTES) return tell("This file is larger than 8 MB: make the picture smaller.");
  const picture = await asUrl(light);
  if (mine !== latest) return; // a newer picture came while this one was being opened
  tell(file.name && file.name !== "image.png" ? file.name : "Your picture", picture);
  const turn = performance.now();
  props.value = JSON.stringify({ turn, picture });
  element.dispatchEvent(new CustomEvent("ink", { bubbles: true, detail: { turn, strokes: null } }));
  trigger("input");
}

thumb.addEventListener("error", () => (thumb.hidden = true));
takePictures(read, reader, true);
on(reader, "ink", (event) => {
  if (event.detail.strokes === null) return;
  latest += 1; // whoever draws again has done with the picture
  tell(HINT);
});

tell(HINT);
