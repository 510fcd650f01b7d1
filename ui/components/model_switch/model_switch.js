// The browser half of ModelSwitch. Gradio runs it once, as a function of (element, trigger, props, server, upload, watch).

const MEMORY = "kuzushiji.read";

const reader = element.closest(".reader") ?? element;
const place = new URL(location.href);

/** `action` on the browser's memory; nothing where there is none, as in a private window. */
function memory(action) {
  try {
    return action(localStorage);
  } catch {
    return null;
  }
}

function segment({ name, key }) {
  const input = Object.assign(document.createElement("input"), { type: "radio", name: "read", value: name });
  const box = document.createElement("label");
  box.append(input, language.show(document.createElement("span"), key ? language.phrase(key) : name));
  input.addEventListener("change", () => choose(name, true));
  return [input, box];
}

const segments = new Map(MODELS.map((model) => [model.name, segment(model)]));
element.querySelector(".switch").append(...[...segments.values()].map(([, box]) => box));

function choose(name, byVisitor) {
  segments.get(name)[0].checked = true;
  reader.dataset.model = name;
  if (byVisitor) {
    memory((store) => store.setItem(MEMORY, name));
    if (place.searchParams.has("read")) {
      place.searchParams.set("read", name); // so that the page comes back as it is
      history.replaceState(history.state, "", place);
    }
  }
  element.dispatchEvent(new CustomEvent("model", { bubbles: true, detail: { seq: performance.now() } }));
}

const asked = [place.searchParams.get("read"), memory((store) => store.getItem(MEMORY)), MODELS[0].name];
choose(
  asked.find((name) => segments.has(name)),
  false,
);
