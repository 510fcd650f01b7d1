// Writing one letter: the pad, the check, and the drawing over the letter. Practice and the lesson share it, and the one pad.

const GRADES = { close: "learn.close", fair: "learn.fair", far: "learn.far", other: "learn.other" };

/** A desk to write at, made in `host`. `ask(task)` shows a letter to write; `compare(task, drawing)` gets the answer of the server. */
function writingDesk(host, pad, compare) {
  const slot = make("div", { className: "slot" });
  const canvas = make("canvas", { className: "over", role: "img", hidden: true });
  const prompt = make("h3", { className: "prompt", tabIndex: -1 });
  const hint = make("p", { className: "help" });
  const model = make("div", { className: "model", hidden: true });
  const verdict = make("div", { className: "verdict", hidden: true });
  const look = button("learn.look", () => reveal(true));
  const check = button("learn.check", submit, { className: "strong" });
  const next = button("learn.next", () => task.done(), { className: "strong" });
  const repeat = button("learn.repeat", () => start(true));
  const left = make("div", { className: "sheet-side" }, [slot, canvas]);
  host.append(
    make("div", { className: "word-side" }, [prompt, hint, model]),
    left,
    make("div", { className: "result-side" }, [verdict, make("div", { className: "buttons" }, [check, next, look, repeat])]),
  );

  let task = null;
  let drawing = [];
  let looked = false;
  let phase = "away"; // "writing", "checking", "checked"

  pad.listen((strokes) => (drawing = strokes));
  pad.accept(() => slot.contains(pad.node) && !host.hidden && phase === "writing" && submit());

  function reveal(byVisitor) {
    looked ||= byVisitor;
    const { letter, parent, paths } = task;
    const shape = paths ? strokeOrder(letter, paths) : glyph(letter, "big");
    model.replaceChildren(
      make("div", { className: "model-shape", role: "img", labels: { "aria-label": ["learn.model", { parent }] } }, [shape]),
      paragraph("caption", "learn.after", { parent }),
    );
    shape.play?.();
    model.hidden = false;
    look.hidden = true;
  }

  function set(to) {
    phase = to;
    const isDone = to === "checked";
    for (const node of [slot, check]) node.hidden = isDone;
    for (const node of [next, repeat, canvas, verdict]) node.hidden = !isDone;
    look.hidden = isDone || !model.hidden;
    check.disabled = to === "checking";
    put(check, to === "checking" ? "learn.checking" : "learn.check");
  }

  function start(isAgain) {
    looked = looked && isAgain;
    slot.append(pad.node);
    pad.clear();
    drawing = [];
    verdict.replaceChildren();
    set("writing");
    host.dataset.grade = "";
  }

  async function submit() {
    if (!drawing.length) return say("learn.empty_sheet", {}, hint);
    const [asked, strokes] = [task, drawing];
    set("checking");
    const found = await compare(asked, strokes);
    if (task !== asked || phase !== "checking") return;
    if (found.message) {
      set("writing");
      put(hint, found.message.key, found.message.values);
      return;
    }
    tell(found, strokes);
  }

  function tell(found, strokes) {
    const { kana, letter, parent, paths } = task;
    set("checked");
    host.dataset.grade = found.grade;
    const side = Math.round((left.clientWidth || 320) * devicePixelRatio);
    canvas.width = canvas.height = side;
    overlay(canvas, strokes, letter, paths);
    language.label(canvas, "aria-label", "learn.overlay", { parent });
    const after = task.note?.(found, looked) ?? [];
    const isRead = found.read && found.read !== kana;
    verdict.replaceChildren(
      paragraph("grade", GRADES[found.grade], { parent: found.parent }),
      make("div", { className: "score" }, [
        make("span", { said: ["learn.score"] }),
        make("meter", { min: 0, max: 100, low: 45, high: 78, optimum: 100, value: found.score, labels: { "aria-label": ["learn.score"] } }),
        make("span", { said: ["learn.score_of", { score: found.score }] }),
      ]),
      ...(isRead ? [paragraph("detail", "learn.read_as", { read: found.read })] : []),
      ...after,
      paragraph("caption", "learn.overlay_help"),
    );
    if (model.hidden) reveal(false);
    spoken.textContent = `${verdict.querySelector(".grade").textContent} ${language.text("learn.score_of", { score: found.score })}`;
    next.focus({ preventScroll: true });
  }

  return {
    /** `given`: {kana, letter, parent, paths, prompt, hint, showModel, note(found, looked) -> nodes, done()}. */
    ask(given) {
      task = given;
      looked = false;
      put(prompt, ...given.prompt);
      put(hint, given.hint);
      model.hidden = true;
      if (given.showModel) reveal(false);
      start(false);
      spoken.textContent = prompt.textContent;
    },
  };
}

/** The Sketchpad of the tab, which is moved to where it is used. */
function practicePad(room) {
  const node = room.querySelector(".learn-pad");
  language.label(node.querySelector("canvas"), "aria-label", "learn.pad");
  return {
    node,
    listen: (hear) => room.addEventListener("ink", ({ detail }) => hear(detail.drawing)),
    accept: (act) => room.addEventListener("accept", act),
    clear: () => node.querySelector(".clear").click(),
  };
}
