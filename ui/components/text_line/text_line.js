// The browser half of TextLine. Gradio runs it once, as a function of (element, trigger, props, server, upload, watch).

const COPIED = 1600; // ms that the button says so

const [text, copy, erase, empty, spoken] = [".text", ".copy", ".erase", ".empty", ".spoken"].map((name) => element.querySelector(name));
const reader = element.closest(".reader") ?? element;
let copied = 0;

function refresh() {
  for (const button of [copy, erase, empty]) button.disabled = !text.value;
}

/** `said` is the key of what a screen reader says, and its values. */
function write(value, ...said) {
  text.value = value;
  text.scrollLeft = text.scrollWidth; // the end is what was written last
  refresh();
  language.put(spoken, ...said);
}

function deleteLast() {
  if (text.value) write([...text.value].slice(0, -1).join(""), [...text.value].length > 1 ? "line.deleted" : "line.deleted_all");
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
  const said = done || copySelected() ? "line.copied" : "line.not_copied";
  for (const node of [spoken, copy]) language.put(node, said);
  clearTimeout(copied);
  copied = setTimeout(() => language.put(copy, "line.copy"), COPIED);
}

text.addEventListener("input", refresh);
copy.addEventListener("click", copyText);
erase.addEventListener("click", deleteLast);
empty.addEventListener("click", (event) => {
  write("", "line.empty");
  if (!event.detail) text.focus({ preventScroll: true }); // by keyboard: the button is disabled now
});
reader.addEventListener("take", ({ detail }) => write(text.value + detail.character, "line.written", { character: detail.character }));
reader.addEventListener("erase", deleteLast);
