// Small makers of nodes.

/** A node. `said` is the key of its sentence, and its values; `labels` are the same for attributes, as "title". */
function make(name, { said, labels = {}, ...properties } = {}, children = []) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  if (said) put(node, ...said);
  for (const [attribute, its] of Object.entries(labels)) language.label(node, attribute, ...its);
  return node;
}

const isJapanese = (text) => typeof text === "string" && /^[\u3005\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u{1b000}-\u{1b16f}]+$/u.test(text);

/** Let a node say the sentence of this key. Values that are Japanese are marked so, for fonts and screen readers. */
function put(node, key, values = {}) {
  const marked = Object.entries(values).map(([name, value]) => [name, isJapanese(value) ? glyph(value) : value]);
  return language.put(node, key, Object.fromEntries(marked));
}

/** Japanese text; a historical letter gets the font that has it. */
const glyph = (text, className = "") => make("span", { lang: "ja", className: `${className} ${text.codePointAt(0) >= 0x1b000 ? "historical" : ""}`.trim(), textContent: text });

function button(key, act, properties = {}) {
  const node = make("button", { type: "button", said: [key], ...properties });
  node.addEventListener("click", act);
  return node;
}

const paragraph = (className, key, values) => make("p", { className, said: [key, values] });

/** Real characters as a row of pictures; `alt` is the key of what the first one says, and its values. */
const pictures = (sources, ...alt) =>
  make("div", { className: "pictures" }, [...sources.map((src, n) => make("img", { src, alt: "", width: 40, height: 40, labels: n ? {} : { alt } }))]);

const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
const shuffled = (list) =>
  list
    .map((item) => [Math.random(), item])
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);

/** Radio buttons as a segmented switch; `choose` gets the value. */
function segments(legend, name, values, chosen, choose) {
  const labels = values.map(([value, key]) => {
    const input = make("input", { type: "radio", name, value, checked: value === chosen });
    input.addEventListener("change", () => choose(value));
    return make("label", {}, [input, make("span", { said: [key] })]);
  });
  return make("fieldset", { className: "segments" }, [make("legend", { said: [legend] }), ...labels]);
}
