// The browser half of Answer. Gradio runs it once per answer as a function of (element, trigger, props, server, upload, watch).

const view = element.querySelector(".view");
const spoken = element.querySelector(".spoken");
const reader = element.closest(".reader") ?? element;
const nothing = props.value;
let shown = -Infinity; // the turn of what is shown: an answer to an older one comes too late
let asked = -Infinity; // the newest turn that was sent
let waiting = 0;
let speaking = 0;

function show(html) {
  const fresh = document.createElement("div");
  fresh.innerHTML = html;
  match(view, fresh);
  clearTimeout(speaking);
  speaking = setTimeout(() => (spoken.textContent = fresh.firstElementChild.dataset.spoken), 600); // once the hand rests
}

/** Make `old` like `fresh` in place, so that bars glide from one answer to the next. */
function match(old, fresh) {
  const [before, after] = [[...old.childNodes], [...fresh.childNodes]];
  for (const [n, node] of after.entries()) {
    const was = before[n];
    if (!was) old.append(node.cloneNode(true));
    else if (was.nodeName !== node.nodeName) was.replaceWith(node.cloneNode(true));
    else if (node.nodeType !== Node.ELEMENT_NODE) was.data !== node.data && (was.data = node.data);
    else {
      for (const { name } of [...was.attributes]) if (!node.hasAttribute(name)) was.removeAttribute(name);
      for (const { name, value } of node.attributes) if (was.getAttribute(name) !== value) was.setAttribute(name, value);
      match(was, node);
    }
  }
  for (const node of before.slice(after.length)) node.remove();
}

function settle() {
  clearTimeout(waiting);
  waiting = 0;
  view.removeAttribute("aria-busy");
}

reader.addEventListener("ink", (event) => {
  const { turn, strokes } = event.detail;
  asked = turn;
  if (strokes === 0) {
    shown = turn;
    settle();
    show(nothing);
  } else waiting ||= setTimeout(() => view.setAttribute("aria-busy", "true"), 400);
});

watch("value", () => {
  const turn = Number(/data-turn="([^"]*)"/.exec(props.value)?.[1]);
  if (!(turn >= shown)) return;
  shown = turn;
  if (turn >= asked) settle();
  show(props.value);
});

show(nothing);
