// The browser half of PictureInput. Gradio runs it once as a function of (element, trigger, props, server, upload, watch).

const LARGEST = 1024; // px, the longest side of what is sent; the model sees 28
const MOST_BYTES = 8 * 2 ** 20;
const PHONE = matchMedia("(pointer: coarse)").matches;
const HINT = PHONE ? "Or read a picture." : "Or read a picture: drop or paste one.";

const find = (name) => element.querySelector(name);
const reader = element.closest(".reader") ?? element;
const [words, thumb, dialog, video] = [".words", ".thumb", "dialog", "video"].map(find);
let latest = 0; // which picture was given last

function tell(text, picture = "") {
  words.textContent = text;
  thumb.hidden = !picture;
  thumb.src = picture || "data:,";
}

function asUrl(blob) {
  return new Promise((resolve, reject) => {
    const file = new FileReader();
    file.onload = () => resolve(file.result);
    file.onerror = () => reject(file.error);
    file.readAsDataURL(blob);
  });
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
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const type = /jpe?g|hei[cf]/.test(file.type) ? "image/jpeg" : "image/png";
  return new Promise((resolve) => canvas.toBlob(resolve, type, 0.92));
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

const ending = new AbortController();
const on = (target, type, listener) => target.addEventListener(type, (event) => (element.isConnected ? listener(event) : ending.abort()), { signal: ending.signal });

thumb.addEventListener("error", () => (thumb.hidden = true));
for (const name of [".file", ".photo"]) {
  on(find(name), "change", ({ target }) => {
    if (target.files[0]) read(target.files[0]);
    target.value = ""; // so that the same file may be chosen again
  });
}
on(find(".choose"), "click", () => find(".file").click());

const holdsFile = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
on(document, "dragover", (event) => {
  if (!holdsFile(event)) return;
  event.preventDefault();
  reader.classList.add("dropping");
});
on(document, "dragleave", (event) => event.relatedTarget ?? reader.classList.remove("dropping"));
on(document, "drop", (event) => {
  reader.classList.remove("dropping");
  if (!holdsFile(event)) return;
  event.preventDefault();
  if (event.dataTransfer.files[0]) read(event.dataTransfer.files[0]);
});
on(document, "paste", (event) => {
  const [file] = event.clipboardData?.files ?? [];
  if (!file) return;
  event.preventDefault();
  read(file);
});
on(reader, "ink", (event) => {
  if (event.detail.strokes === null) return;
  latest += 1; // whoever draws again has done with the picture
  tell(HINT);
});

// ---- The camera: a phone's own, elsewhere a small window

find(".camera").hidden = !PHONE && !navigator.mediaDevices;

on(find(".camera"), "click", async () => {
  if (PHONE) return find(".photo").click();
  find(".trouble").textContent = "";
  dialog.showModal();
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    if (!dialog.open) return stop(stream);
    video.srcObject = stream;
    await video.play();
  } catch (error) {
    if (dialog.open) find(".trouble").textContent = `The camera cannot be used (${error.message}): allow it in the browser, or choose a file.`;
  }
});
on(find(".take"), "click", () => {
  if (!video.videoWidth) return;
  const side = Math.min(video.videoWidth, video.videoHeight);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.min(side, LARGEST);
  const [x, y] = [(video.videoWidth - side) / 2, (video.videoHeight - side) / 2];
  canvas.getContext("2d").drawImage(video, x, y, side, side, 0, 0, canvas.width, canvas.height);
  dialog.close();
  canvas.toBlob((blob) => read(blob), "image/png");
});
on(dialog, "close", () => {
  if (video.srcObject) stop(video.srcObject);
  video.srcObject = null;
});

function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
}

tell(HINT);
