// The browser half of Learn. Gradio runs it, after the files of the parts, as a function of (element, trigger, props, server, upload, watch).
// The tab's data, its font and the schedule's library are asked for when this runs: when the tab is opened.

const TITLES = { forms: "learn.forms", practice: "learn.practice", lesson: "learn.lesson" };
const FONT = "Learn hentaigana";
const box = element.querySelector(".learn");
const [tabs, failure, spoken] = [".rooms-of-learning", ".failure", ".spoken"].map((name) => element.querySelector(name));
const panels = { forms: box.querySelector(".forms"), practice: box.querySelector(".practice"), lesson: box.querySelector(".lesson") };
const room = element.closest(".learn-room");
const answers = new Map(); // seq -> what to do with the answer

function say(key, values = {}, place = spoken) {
  put(place, key, values);
  if (place !== spoken) put(spoken, key, values);
}

/** Ask the server how near a drawing came. */
function compare({ kana, letter }, strokes) {
  const seq = performance.now();
  return new Promise((resolve) => {
    answers.set(seq, resolve);
    props.value = JSON.stringify({ seq, kana, letter, strokes });
    trigger("input");
  });
}

watch("value", () => {
  const message = JSON.parse(props.value || "{}");
  if (message.strokes) return; // our own request
  answers.get(message.seq)?.(message);
  answers.delete(message.seq);
});
window.addEventListener("unanswered", () => {
  for (const resolve of answers.values()) resolve({ message: language.phrase("learn.unanswered") });
  answers.clear();
});

async function json(address) {
  const reply = await fetch(address);
  if (!reply.ok) throw new Error(`${address}: ${reply.status}`);
  return reply.json();
}

/** Everything to learn: kana and letters, the decks of cards, and real examples, asked for one kana at a time. */
function makeCourse(data, root) {
  const kept = new Map();
  const kana = new Map(data.kana.map((entry) => [entry.kana, entry]));
  const letters = data.letters.map(([letter, its, parent]) => ({ letter, kana: its, parent }));
  const lettersOf = (one) => letters.filter((each) => each.kana.includes(one));
  const hasExamples = ({ letter }) => Boolean(data.examples[letter]);
  const inOrder = [...data.ten, ...[...kana.keys()].filter((one) => !data.ten.includes(one))];
  const all = inOrder.flatMap((one) => [{ letter: one, parent: kana.get(one).parent }, ...lettersOf(one)].map(({ letter, parent }) => ({ kana: one, letter, parent })));
  const known = [...all.filter(hasExamples), ...all.filter((each) => !hasExamples(each))]; // what stands in our books first
  const deck = (kind, cards) => cards.map((card) => ({ ...card, id: `${kind}:${card.kana}:${card.letter}` }));
  return {
    root,
    kana,
    ten: data.ten,
    line: data.line,
    lettersOf,
    hasExamples,
    decks: { write: deck("write", known), read: deck("read", all.filter(hasExamples)) },
    examples(one) {
      if (!kept.has(one)) kept.set(one, json(`${root}/learn/examples/${encodeURIComponent(one)}`));
      kept.get(one).catch(() => kept.delete(one));
      return kept.get(one);
    },
  };
}

async function open() {
  const { root } = window.gradio_config;
  put(failure, "");
  box.ariaBusy = "true";
  try {
    const font = new FontFace(FONT, `url(${root}/learn/hentaigana.woff2)`);
    const [data, library] = await Promise.all([json(`${root}/learn/forms.json`), import(`${root}/learn/ts-fsrs.mjs`), font.load()]);
    document.fonts.add(font);
    furnish(makeCourse(data, root), openStore(library));
    box.ariaBusy = "false";
  } catch (error) {
    console.error(error);
    failure.replaceChildren(make("span", { said: ["learn.failed"] }), " ", button("learn.again", open));
  }
}

function furnish(course, store) {
  const pad = practicePad(room);
  const practice = buildPractice(panels.practice, course, store, pad, compare);
  const practise = (kana, letter) => {
    select("practice", false);
    practice.write(kana, letter);
    panels.practice.querySelector(".prompt").focus({ preventScroll: true });
    box.scrollIntoView({ block: "start", behavior: isStill() ? "auto" : "smooth" });
  };
  buildForms(panels.forms, course, practise);
  const lesson = buildLesson(panels.lesson, course, store, pad, compare, () => select("practice"));
  const rooms = { forms: { open: () => {} }, practice, lesson };
  language.label(tabs, "aria-label", "learn.tabs");
  const nodes = Object.entries(panels).map(([name, panel]) => {
    const node = button(TITLES[name], () => select(name), { role: "tab", id: `learn-tab-${name}` });
    node.dataset.name = name;
    panel.id = `learn-panel-${name}`;
    panel.setAttribute("aria-labelledby", node.id);
    node.setAttribute("aria-controls", panel.id);
    return node;
  });
  tabs.replaceChildren(...nodes);
  tabs.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const node = nodes[(nodes.indexOf(document.activeElement) + by + nodes.length) % nodes.length];
    node.focus();
    node.click();
  });

  function select(name, opens = true) {
    for (const node of nodes) {
      node.ariaSelected = String(node.dataset.name === name);
      node.tabIndex = node.dataset.name === name ? 0 : -1;
      panels[node.dataset.name].hidden = node.dataset.name !== name;
    }
    if (opens) rooms[name].open();
  }
  select("forms");
}

say("learn.loading", {}, failure);
open();
