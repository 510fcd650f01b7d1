// The browser half of TextLine. Gradio runs it once, as a function of (element, trigger, props, server, upload, watch).

const COPIED = 1600; // ms that the button says so

const [text, copy, erase, empty, spoken] = [".text", ".copy", ".erase", ".empty", ".spoken"].map((name) => element.querySelector(name));
const reader = element.closest(".reader") ?? element;
let copied = 0;

function say(words) {
  spoken.textContent = words;
}

function refresh() {
  for (const button of [copy, erase, empty]) button.disabled = !text.value;
}

function write(value, words) {
  text.value = value;
  text.scrollLeft = text.scrollWidth; // the end is what was written last
  refresh();
  say(words);
}

function deleteLast() {
  if (text.value) write([...text.value].slice(0, -1).join(""), `Deleted. ${text.value ? "" : "The line is empty."}`);
}

/** Copy without the clipboard's API, which browsers have over HTTPS only. */
function copySelected() {
  const focused = document.activeElement;
  text.select();
  const done = document.execCommand("copy");
  text.setSelectionRange(text.value.length, text.value.length);
  focused?.focus({ preventScroll: true });
  return done;
}

async function copyText() {
  const done = await navigator.clipboard?.writeText(text.value).then(
    () => true,
    () => false,
  );
  const words = done || copySelected() ? "Copied" : "Not copied";
  say(words);
  copy.textContent = words;
  clearTimeout(copied);
  copied = setTimeout(() => (copy.textContent = "Copy"), COPIED);
}

text.addEventListener("input", refresh);
copy.addEventListener("click", copyText);
erase.addEventListener("click", deleteLast);
empty.addEventListener("click", (event) => {
  write("", "The line is empty.");
  if (!event.detail) text.focus({ preventScroll: true }); // by keyboard: the button is disabled now
});
reader.addEventListener("take", ({ detail }) => write(text.value + detail.character, `${detail.character} is written.`));
reader.addEventListener("erase", deleteLast);
