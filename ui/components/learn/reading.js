// Reading one real example: choose among four, or type.

/** A desk to read at, made in `host`. */
function readingDesk(host, course) {
  const picture = make("img", { className: "to-read", width: 40, height: 40, labels: { alt: ["learn.example_alt"] } });
  const prompt = make("h3", { className: "prompt", tabIndex: -1 });
  const choices = make("div", { className: "choices", role: "group", labels: { "aria-label": ["learn.choices"] } });
  const typed = make("input", { type: "text", autocomplete: "off", autocapitalize: "off", spellcheck: false, labels: { placeholder: ["learn.typed_hint"] } });
  const form = make("form", { className: "typed", hidden: true }, [make("label", {}, [make("span", { said: ["learn.typed"] }), typed]), make("button", { said: ["learn.check"] })]);
  const verdict = make("div", { className: "verdict", hidden: true });
  const next = button("learn.next", () => task.done(), { className: "strong", hidden: true });
  host.append(
    make("div", { className: "word-side" }, [prompt]),
    make("div", { className: "sheet-side" }, [make("div", { className: "to-read-frame" }, [picture])]),
    make("div", { className: "result-side" }, [choices, form, verdict, make("div", { className: "buttons" }, [next])]),
  );
  let task = null;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = typed.value.trim().normalize("NFC").toLowerCase();
    const entry = [...course.kana.values()].find(({ kana, romaji }) => kana === text || romaji === text || (romaji === "wo" && text === "o" && task.kana === "を"));
    if (entry) answer(entry.kana);
  });
  host.addEventListener("keydown", (event) => {
    const node = choices.children[Number(event.key) - 1];
    if (!node || node.disabled || event.target === typed || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    node.click();
  });

  function answer(kana) {
    const isRight = kana === task.kana;
    const { romaji } = course.kana.get(task.kana);
    for (const node of choices.children) {
      node.disabled = true;
      node.classList.toggle("right", node.value === task.kana);
      node.classList.toggle("chosen", node.value === kana);
    }
    form.hidden = true;
    host.dataset.grade = isRight ? "right" : "wrong";
    const said = paragraph("grade", isRight ? "learn.right" : "learn.wrong", { kana: task.kana, romaji });
    verdict.replaceChildren(said, paragraph("detail", "learn.written_after", { parent: task.parent }), ...(task.note?.(isRight) ?? []));
    verdict.hidden = next.hidden = false;
    spoken.textContent = said.textContent;
    next.focus({ preventScroll: true });
  }

  return {
    /** `given`: {kana, letter, parent, options, prompt, note(isRight) -> nodes, done()}. */
    async ask(given) {
      task = given;
      form.hidden = verdict.hidden = next.hidden = true; // until the example is here
      choices.replaceChildren();
      const found = await course.examples(given.kana);
      if (task !== given) return;
      const examples = found.letters[given.letter];
      picture.src = examples[Math.floor(Math.random() * examples.length)];
      put(prompt, ...given.prompt);
      choices.replaceChildren(
        ...given.options.map((kana, n) => {
          const node = make("button", { type: "button", value: kana }, [make("span", { className: "key", ariaHidden: "true", textContent: String(n + 1) }), glyph(kana)]);
          node.addEventListener("click", () => answer(kana));
          return node;
        }),
      );
      typed.value = "";
      form.hidden = false;
      verdict.hidden = next.hidden = true;
      host.dataset.grade = "";
      spoken.textContent = prompt.textContent;
    },
  };
}
