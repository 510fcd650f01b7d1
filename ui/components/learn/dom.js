// Small makers of nodes.

function make(name, properties = {}, children = []) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

/** Japanese text; a historical letter gets the font that has it. */
const glyph = (text, className = "") => make("span", { lang: "ja", className: `${className} ${text.codePointAt(0) >= 0x1b000 ? "historical" : ""}`.trim(), textContent: text });

function button(key, act, properties = {}) {
  const node = make("button", { type: "button", textContent: sentence(key), ...properties });
  node.addEventListener("click", act);
  return node;
}

const paragraph = (className, key, values) => make("p", { className }, phrase(key, values));

/** Real characters as a row of pictures. */
const pictures = (sources, alt) => make("div", { className: "pictures" }, [...sources.map((src, n) => make("img", { src, alt: n ? "" : alt, width: 40, height: 40 }))]);

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
    return make("label", {}, [input, make("span", { textContent: sentence(key) })]);
  });
  return make("fieldset", { className: "segments" }, [make("legend", { textContent: sentence(legend) }), ...labels]);
}
