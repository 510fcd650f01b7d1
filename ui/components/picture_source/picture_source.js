// Picture sources: file, drop, paste and camera. Shared by PictureInput and PageReader, whose own scripts follow.

const PHONE = matchMedia("(pointer: coarse)").matches;
const find = (name) => element.querySelector(name);
const ending = new AbortController();
const on = (target, type, listener) => target.addEventListener(type, (event) => (element.isConnected ? listener(event) : ending.abort()), { signal: ending.signal });

function asUrl(blob) {
  return new Promise((resolve, reject) => {
    const file = new FileReader();
    file.onload = () => resolve(file.result);
    file.onerror = () => reject(file.error);
    file.readAsDataURL(blob);
  });
}

/** A copy of `bitmap`, its sides multiplied by `scale`, as a blob: JPEG for a photo, PNG for a picture that may be transparent. */
function scaledCopy(bitmap, scale, photo) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, photo ? "image/jpeg" : "image/png", 0.92));
}

/** Call `take` with each picture; `zone` is marked while a file is dragged over it; `square` crops the camera's pictures. */
function takePictures(take, zone, square) {
  const visible = () => zone.getClientRects().length > 0; // of two components, the one in the open tab takes it
  for (const name of [".file", ".photo"]) {
    on(find(name), "change", ({ target }) => {
      if (target.files[0]) take(target.files[0]);
      target.value = ""; // so that the same file can be chosen again
    });
  }
  for (const button of element.querySelectorAll(".choose")) on(button, "click", () => find(".file").click());

  const holdsFile = (event) => visible() && [...(event.dataTransfer?.types ?? [])].includes("Files");
  on(document, "dragover", (event) => {
    if (!holdsFile(event)) return;
    event.preventDefault();
    zone.classList.add("dropping");
  });
  on(document, "dragleave", (event) => event.relatedTarget ?? zone.classList.remove("dropping"));
  on(document, "drop", (event) => {
    zone.classList.remove("dropping");
    if (!holdsFile(event)) return;
    event.preventDefault();
    if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
  });
  on(document, "paste", (event) => {
    const [file] = event.clipboardData?.files ?? [];
    if (!file || !visible()) return;
    event.preventDefault();
    take(file);
  });
  for (const button of element.querySelectorAll(".camera")) {
    button.hidden = !PHONE && !navigator.mediaDevices;
    on(button, "click", () => (PHONE ? find(".photo").click() : openCamera(take, square)));
  }
}

// ---- The camera: a phone's own app, elsewhere a dialog

async function openCamera(take, square) {
  const [dialog, video, trouble] = ["dialog", "video", "dialog .trouble"].map(find);
  const stop = (stream) => {
    for (const track of stream.getTracks()) track.stop();
  };
  language.put(trouble);
  dialog.onclose = () => {
    if (video.srcObject) stop(video.srcObject);
    video.srcObject = null;
  };
  find(".take").onclick = () => {
    if (!video.videoWidth) return;
    const side = Math.min(video.videoWidth, video.videoHeight);
    const [width, height] = square ? [side, side] : [video.videoWidth, video.videoHeight];
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width, height];
    canvas.getContext("2d").drawImage(video, (video.videoWidth - width) / 2, (video.videoHeight - height) / 2, width, height, 0, 0, width, height);
    dialog.close();
    canvas.toBlob(take, "image/png");
  };
  dialog.showModal();
  try {
    const ideal = square ? {} : { width: { ideal: 4096 }, height: { ideal: 2160 } };
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", ...ideal } });
    if (!dialog.open) return stop(stream);
    video.srcObject = stream;
    await video.play();
  } catch (error) {
    if (dialog.open) language.put(trouble, "picture.no_camera", { reason: error.message });
  }
}
