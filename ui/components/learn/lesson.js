// Ten characters in ten minutes: each is met, written and read; then a line of an old book is read.

const ORDER = "つきなおまれやすはを"; // few strokes first
const TRIES = 2; // at a character of the line, before it is given

/** Build the panel; `toPractice()` leaves for it. */
function buildLesson(panel, course, store, pad, compare, toPractice) {
  const steps = [...ORDER].flatMap((kana, n) => [
    { kind: "meet", kana, n },
    { kind: "write", kana, n },
    { kind: "read", kana, n },
  ]);
  steps.push({ kind: "line" });
  const bar = make("progress", { max: steps.length, value: 0 });
  const place = make("span", { className: "caption" });
  const restart = button("learn.restart", () => go(0));
  const skip = button("learn.skip", () => go(at + 1));
  const head = make("header", { className: "lesson-head" }, [make("div", { className: "steps" }, [bar, place]), make("div", { className: "buttons" }, [skip, restart])]);
  const rooms = Object.fromEntries(["intro", "meet", "write", "read", "line"].map((name) => [name, make("div", { className: `desk ${name}`, hidden: true })]));
  panel.append(head, ...Object.values(rooms));
  const writing = writingDesk(rooms.write, pad, compare);
  const reading = readingDesk(rooms.read, course);
  let at = -1;

  const enter = (name) => {
    for (const [each, room] of Object.entries(rooms)) room.hidden = each !== name;
    head.hidden = name === "intro";
  };
  const entryOf = (kana) => course.kana.get(kana);
  const forward = () => go(at + 1);

  function go(to) {
    at = to;
    store.reach(to);
    const step = steps[to];
    bar.value = to;
    const now = { now: to + 1, all: steps.length };
    put(place, "learn.step", now);
    language.label(bar, "aria-label", "learn.step", now);
    skip.hidden = step.kind === "line";
    enter(step.kind);
    ({ meet, write, read, line })[step.kind](step);
    panel.scrollIntoView({ block: "nearest", behavior: isStill() ? "auto" : "smooth" });
  }

  function intro() {
    enter("intro");
    const reached = Math.min(store.lesson(), steps.length - 1);
    const buttons = [button(reached ? "learn.go_on" : "learn.start", () => go(reached), { className: "strong" }), ...(reached ? [button("learn.restart", () => go(0))] : [])];
    rooms.intro.replaceChildren(
      make("p", { className: "ten", lang: "ja", textContent: ORDER }),
      paragraph("lead", "learn.lesson_intro"),
      make("div", { className: "buttons" }, buttons),
    );
  }

  async function meet({ kana }) {
    const entry = entryOf(kana);
    const order = strokeOrder(kana, entry.strokes);
    const old = make("div", { className: "examples" });
    const next = button("learn.next", forward, { className: "strong" });
    const words = make("div", { className: "word-side" }, [
      make("h3", { className: "prompt", said: ["learn.meet", { kana, romaji: entry.romaji }] }),
      paragraph("help", "learn.meet_today", { parent: entry.parent }),
      old,
      make("div", { className: "buttons" }, [next, button("learn.replay", () => order.play())]),
    ]);
    rooms.meet.replaceChildren(make("div", { className: "sheet-side order-frame" }, [order]), words);
    order.play();
    spoken.textContent = words.querySelector("h3").textContent;
    next.focus({ preventScroll: true });
    const { letters } = await course.examples(kana);
    const other = course.lettersOf(kana).find(({ letter, parent }) => letters[letter] && parent !== entry.parent);
    old.append(paragraph("caption", "learn.meet_old"), pictures(letters[kana].slice(0, 6), "learn.real_alt", { kana }));
    if (other) old.append(paragraph("caption", "learn.meet_other", { parent: other.parent }), pictures(letters[other.letter].slice(0, 6), "learn.real_alt", { kana }));
  }

  function write({ kana }) {
    const { parent, strokes } = entryOf(kana);
    writing.ask({ kana, letter: kana, parent, paths: strokes, prompt: ["learn.lesson_write", { kana }], showModel: true, done: forward });
  }

  function read({ kana, n }) {
    const met = shuffled([...ORDER.slice(0, Math.max(n, 3) + 1)].filter((each) => each !== kana)).slice(0, 3);
    reading.ask({ kana, letter: kana, parent: entryOf(kana).parent, options: shuffled([kana, ...met]), prompt: ["learn.lesson_read"], done: forward });
  }

  function line() {
    const finished = () => (bar.value = steps.length);
    readLine(rooms.line, course, finished, [
      button(
        "learn.to_practice",
        () => {
          store.reach(0);
          at = -1;
          toPractice();
        },
        { className: "strong" },
      ),
    ]);
  }

  return { open: () => (at < 0 ? intro() : steps[at].kind === "write" && go(at)) };
}

/** A real line: its characters of the ten are asked for, one after the other; the others are given. */
function readLine(host, course, finished, after) {
  const { text, source, size, boxes } = course.line;
  const characters = [...text];
  const asked = characters.flatMap((character, n) => (course.ten.includes(character) ? [n] : []));
  const frames = boxes.map(([x, y, width, height], n) =>
    draw("rect", { x: x - 4, y: y - 4, width: width + 8, height: height + 8, rx: 3, class: asked.includes(n) ? "mine" : "given" }),
  );
  const picture = make("img", { src: `${course.root}/learn/old-line.webp`, labels: { alt: ["learn.line_alt", { title: "虚南留別志" }] }, width: size[0], height: size[1] });
  const scan = make("div", { className: "scan" }, [picture, draw("svg", { viewBox: `0 0 ${size[0]} ${size[1]}`, "aria-hidden": "true" }, frames)]);
  const cells = characters.map((character, n) => make("li", { className: asked.includes(n) ? "mine" : "given" }, [glyph(asked.includes(n) ? "・" : character)]));
  const zoom = make("canvas", { className: "zoom", width: 240, height: 240, ariaHidden: "true" });
  const prompt = make("h3", { className: "prompt" });
  const remark = make("p", { className: "detail", role: "status" });
  const choices = make("div", { className: "choices ten-choices", role: "group", labels: { "aria-label": ["learn.choices"] } });
  const words = make("div", { className: "word-side" }, [prompt, paragraph("help", "learn.line_help"), zoom, choices, remark]);
  host.replaceChildren(scan, make("ol", { className: "transcript", labels: { "aria-label": ["learn.line"] } }, cells), words);
  let now = -1;
  let tries = 0;

  choices.append(
    ...[...course.ten].map((kana) => {
      const node = make("button", { type: "button", value: kana }, [glyph(kana)]);
      node.addEventListener("click", () => answer(kana));
      return node;
    }),
  );
  if (picture.complete) magnify();
  else picture.addEventListener("load", magnify);
  next();

  function magnify() {
    if (now >= asked.length || now < 0 || !picture.naturalWidth) return;
    const [x, y, width, height] = boxes[asked[now]];
    const side = Math.max(width, height) + 24;
    const [left, top] = [x + width / 2 - side / 2, y + height / 2 - side / 2];
    const ink = zoom.getContext("2d");
    ink.fillStyle = "#e9dcb8";
    ink.fillRect(0, 0, 240, 240);
    ink.drawImage(picture, left, top, side, side, 0, 0, 240, 240);
  }

  function next() {
    now += 1;
    tries = 0;
    for (const [n, frame] of frames.entries()) frame.classList.toggle("now", n === asked[now]);
    for (const [n, cell] of cells.entries()) cell.classList.toggle("now", n === asked[now]);
    if (now === asked.length) return finish();
    put(prompt, "learn.line_ask", { now: now + 1, all: asked.length });
    spoken.textContent = prompt.textContent;
    magnify();
  }

  function answer(kana) {
    const right = characters[asked[now]];
    tries += 1;
    if (kana !== right && tries < TRIES) return say("learn.line_wrong", {}, remark);
    const cell = cells[asked[now]];
    cell.replaceChildren(glyph(right));
    cell.classList.add(kana === right ? "right" : "wrong");
    if (kana === right) put(remark, "");
    else put(remark, "learn.line_given", { kana: right });
    next();
  }

  function finish() {
    finished();
    put(prompt, "learn.line_done");
    words.replaceChildren(
      prompt,
      make("p", { className: "whole" }, [glyph(text)]),
      paragraph("lead", "learn.line_meaning"),
      paragraph("help", "learn.lesson_done"),
      make("div", { className: "buttons" }, after),
      paragraph("caption", "learn.line_source", { source }),
    );
    spoken.textContent = prompt.textContent;
    after[0].focus({ preventScroll: true });
  }
}
