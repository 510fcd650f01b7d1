// Forms: the kana table, and beside it one kana with its strokes, its letters and real examples of them.

const ROWS = ["あいうえお", "かきくけこ", "さしすせそ", "たちつてと", "なにぬねの", "はひふへほ", "まみむめも", "や ゆ よ", "らりるれろ", "わゐ ゑを", "ん"];
const FIRST = "は"; // the kana that stands there at first

/** Build the panel; `practise(kana, letter)` goes to the practice of a letter. */
function buildForms(panel, course, practise) {
  const sheet = make("section", { className: "kana-sheet" });
  const cells = new Map();
  const table = make("div", { className: "kana-table", role: "group", labels: { "aria-label": ["learn.table"] } });
  for (const row of ROWS)
    for (const kana of row.padEnd(5)) {
      const entry = course.kana.get(kana);
      table.append(entry ? cell(entry) : make("span"));
    }
  panel.append(make("div", { className: "columns" }, [make("div", {}, [paragraph("help", "learn.table_help"), table]), sheet]), paragraph("credit", "learn.credit"));
  table.addEventListener("keydown", walk);

  function cell({ kana, romaji }) {
    const node = make("button", { type: "button", tabIndex: -1, ariaPressed: "false", labels: { "aria-label": ["learn.kana_button", { kana, romaji }] } }, [
      glyph(kana),
      make("span", { className: "romaji", textContent: romaji }),
    ]);
    node.classList.toggle("real", course.ten.includes(kana));
    node.addEventListener("click", () => show(kana, true));
    cells.set(kana, node);
    return node;
  }

  /** Arrow keys walk over the table as it lies: in columns, or in rows on a phone. */
  function walk(event) {
    const across = getComputedStyle(table).gridAutoFlow.startsWith("column")
      ? { ArrowDown: 1, ArrowUp: -1, ArrowRight: 5, ArrowLeft: -5 }
      : { ArrowDown: 5, ArrowUp: -5, ArrowRight: 1, ArrowLeft: -1 };
    const by = across[event.key];
    const all = [...table.children];
    let place = all.indexOf(document.activeElement);
    if (!by || place < 0) return;
    event.preventDefault();
    do place += by;
    while (all[place] && all[place].tagName !== "BUTTON");
    all[place]?.focus();
  }

  let shown = "";
  async function show(kana, byVisitor) {
    shown = kana;
    const entry = course.kana.get(kana);
    for (const [each, node] of cells) {
      node.ariaPressed = String(each === kana);
      node.tabIndex = each === kana ? 0 : -1;
    }
    const order = strokeOrder(kana, entry.strokes);
    const count = entry.strokes.length;
    const own = make("div", { className: "own" });
    const groups = byParent(course.lettersOf(kana), entry, course.hasExamples);
    const others = groups.map(([parent, letters]) => ({ parent, letters, place: make("div", { className: "examples" }) }));
    sheet.replaceChildren(
      make("header", {}, [
        order,
        make("div", {}, [
          make("h3", {}, [glyph(kana), " ", make("span", { className: "romaji", textContent: entry.romaji })]),
          make("p", {}, [make("span", { said: ["learn.today", { parent: entry.parent }] }), " ", make("span", { said: ["learn.stroke_count", { count }] })]),
          own,
          make("div", { className: "buttons" }, [
            button("learn.write", () => practise(kana, kana), { className: "strong", labels: { "aria-label": ["learn.practise", { letter: kana, parent: entry.parent }] } }),
            button("learn.replay", () => order.play()),
          ]),
        ]),
      ]),
      make("h4", { said: ["learn.others"] }),
      make(
        "ol",
        { className: "letters" },
        others.map(({ parent, letters, place }) => make("li", {}, [lettersOf(kana, parent, letters), make("div", {}, [paragraph("parent", "learn.after", { parent }), place])])),
      ),
    );
    order.play();
    if (byVisitor) {
      say("learn.kana_shown", { kana, romaji: entry.romaji, count: course.lettersOf(kana).length + 1 });
      const { top } = sheet.getBoundingClientRect();
      if (top > innerHeight - 160) sheet.scrollIntoView({ behavior: isStill() ? "auto" : "smooth", block: "start" });
    }
    const found = await course.examples(kana);
    if (shown !== kana) return;
    exhibit(
      own,
      kana,
      entry.parent,
      [kana],
      found,
      groups.every(([parent]) => parent !== entry.parent),
    );
    for (const { parent, letters, place } of others)
      exhibit(
        place,
        kana,
        parent,
        letters.map(({ letter }) => letter),
        found,
        true,
      );
  }

  const lettersOf = (kana, parent, letters) =>
    make(
      "div",
      { className: "shapes" },
      letters.map(({ letter }) => {
        const node = make("button", { type: "button", className: "shape", labels: { "aria-label": ["learn.practise", { letter: kana, parent }], title: ["learn.write"] } }, [
          glyph(letter),
        ]);
        node.addEventListener("click", () => practise(kana, letter));
        return node;
      }),
    );

  const first = show(FIRST, false);
  return { show, ready: first };
}

/** Letters in groups of one parent: that of today's letter first, then those that stand in our books. */
function byParent(letters, entry, hasExamples) {
  const groups = Map.groupBy
    ? Map.groupBy(letters, ({ parent }) => parent)
    : letters.reduce((map, each) => map.set(each.parent, [...(map.get(each.parent) ?? []), each]), new Map());
  const rank = ([parent, own]) => 2 * (parent === entry.parent) + own.some(hasExamples);
  return [...groups].sort((a, b) => rank(b) - rank(a));
}

/** Real examples of the letters, or what there is of their parent kanji, said as such. */
function exhibit(place, kana, parent, letters, found, withParent) {
  const real = letters.flatMap((letter) => (found.letters[letter] ?? []).slice(0, letters.length > 1 ? 3 : 6));
  const brushed = withParent ? (found.parents[parent] ?? []) : [];
  if (real.length) return place.replaceChildren(pictures(real, "learn.real_alt", { kana }), paragraph("caption", "learn.real"));
  if (brushed.length)
    return place.replaceChildren(
      pictures(brushed, "learn.brushed_alt", { parent }),
      paragraph("caption", Object.keys(found.letters).length ? "learn.brushed_only" : "learn.brushed"),
    );
  if (withParent) place.replaceChildren(paragraph("caption", "learn.none"));
}
