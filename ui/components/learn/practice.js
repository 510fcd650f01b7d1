// Practice: the next card by the FSRS schedule, to be written or to be read, and what the visitor can do with the progress.

const EASY = 97; // the score from which a letter that was not looked at counts as easy

/** Build the panel. Returns `write(kana, letter)`, which asks for one letter whatever is due. */
function buildPractice(panel, course, store, pad, compare) {
  const writing = make("div", { className: "desk" });
  const reading = make("div", { className: "desk", hidden: true });
  const counts = make("p", { className: "counts" });
  const kept = make("p", { className: "caption" });
  const sure = make("div", { className: "sure", hidden: true, role: "group", labels: { "aria-label": ["learn.erase_sure"] } });
  const file = make("input", { type: "file", accept: ".json,application/json", hidden: true });
  const eraser = button("learn.erase", () => ask(true));
  let mode = "write";
  let last = { write: "", read: "" };
  let current = null;

  panel.append(
    segments(
      "learn.mode",
      "learn-mode",
      [
        ["write", "learn.mode_write"],
        ["read", "learn.mode_read"],
      ],
      mode,
      (value) => {
        mode = value;
        next();
      },
    ),
    writing,
    reading,
    make("footer", { className: "progress" }, [
      counts,
      make("div", { className: "buttons" }, [button("learn.export", save), button("learn.import", () => file.click()), eraser, file]),
      sure,
      kept,
    ]),
  );
  sure.append(
    make("span", { said: ["learn.erase_sure"] }),
    button("learn.erase_yes", erase),
    button("learn.erase_no", () => ask(false)),
  );
  const desks = { write: writingDesk(writing, pad, compare), read: readingDesk(reading, course) };

  function count() {
    put(counts, "learn.progress", store.counts(course.decks[mode].map(({ id }) => id)));
    put(kept, store.isKept() ? "learn.kept" : "learn.not_kept");
  }

  function next() {
    const deck = course.decks[mode];
    const id = store.pick(
      deck.map((card) => card.id),
      last[mode],
    );
    show(deck.find((card) => card.id === id));
  }

  function show(card) {
    current = card;
    last[mode] = card.id;
    writing.hidden = mode !== "write";
    reading.hidden = mode !== "read";
    desks[mode].ask(mode === "write" ? toWrite(card) : toRead(card));
    count();
  }

  function note(card, rating) {
    const when = whenBack(store.rate(card.id, rating));
    count();
    return [paragraph("detail", "learn.returns", { when })];
  }

  function toWrite(card) {
    const { kana, letter, parent } = card;
    const isNew = store.isNew(card.id);
    let isNoted = false;
    return {
      ...card,
      paths: letter === kana ? course.kana.get(kana).strokes : null,
      prompt: letter === kana ? ["learn.ask_write_today", { kana }] : ["learn.ask_write", { kana, parent }],
      hint: isNew ? "learn.new_card" : "learn.old_card",
      showModel: isNew,
      note({ grade, score }, looked) {
        if (isNoted) return []; // written again: the schedule counts the first try
        isNoted = true;
        if (grade === "far" || grade === "other") return note(card, "again");
        if (grade === "fair" || (looked && !isNew)) return note(card, "hard");
        return note(card, score >= EASY && !isNew ? "easy" : "good");
      },
      done: next,
    };
  }

  function toRead(card) {
    const others = shuffled([...course.ten].filter((kana) => kana !== card.kana)).slice(0, 3);
    const isRight = (right) => note(card, right ? "good" : "again");
    return { ...card, options: shuffled([card.kana, ...others]), prompt: ["learn.ask_read"], note: isRight, done: next };
  }

  function save() {
    const link = make("a", { download: "kuzushiji-progress.json", href: URL.createObjectURL(new Blob([store.text()], { type: "application/json" })) });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  file.addEventListener("change", async () => {
    const seen = store.restore(await file.files[0].text());
    file.value = "";
    if (seen === null) return say("learn.not_imported", {}, kept);
    next();
    say("learn.imported", { count: seen }, kept);
  });

  function ask(show) {
    sure.hidden = !show;
    if (show) sure.querySelector("button:last-child").focus();
    else eraser.focus();
  }

  function erase() {
    store.erase();
    ask(false);
    next();
    say("learn.erased", {}, kept);
  }

  return {
    open: () => (current ? show(current) : next()),
    write(kana, letter) {
      mode = "write";
      panel.querySelector("input[value=write]").checked = true;
      show(course.decks.write.find((card) => card.kana === kana && card.letter === letter));
    },
  };
}
