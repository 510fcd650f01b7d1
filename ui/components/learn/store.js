// What a visitor has learnt: cards of the FSRS schedule (ts-fsrs), kept in this browser alone.

const MEMORY = "kuzushiji.learn";
const VERSION = 1;
const KNOWN = 2; // FSRS's state of a card that is past its first steps

/** The store; `library` is the module ts-fsrs. */
function openStore(library) {
  const schedule = library.fsrs({ enable_fuzz: false });
  const blank = () => ({ version: VERSION, cards: {}, lesson: 0 });
  let isKept = true;
  let state = read();

  function read() {
    try {
      return checked(JSON.parse(localStorage.getItem(MEMORY) ?? "null")) ?? blank();
    } catch (error) {
      if (!(error instanceof SyntaxError)) isKept = false; // a private window
      return blank();
    }
  }

  function save() {
    try {
      localStorage.setItem(MEMORY, JSON.stringify(state));
    } catch {
      isKept = false;
    }
  }

  /** The state if it has the form of one, else null. */
  function checked(found) {
    if (found?.version !== VERSION || typeof found.cards !== "object" || !Number.isInteger(found.lesson)) return null;
    const isCard = (card) => ["stability", "difficulty", "reps", "state"].every((name) => Number.isFinite(card?.[name])) && !Number.isNaN(Date.parse(card.due));
    return Object.values(found.cards ?? {}).every(isCard) ? found : null;
  }

  const due = (id) => Date.parse(state.cards[id].due);

  return {
    isKept: () => isKept,
    isNew: (id) => !state.cards[id],
    /** The card to show now: the one that is due longest, else the first new one, else the one that is due next; not `last` again if there is another. */
    pick(ids, last, now = Date.now()) {
      const others = ids.length > 1 ? ids.filter((id) => id !== last) : ids;
      const met = others.filter((id) => state.cards[id]).sort((a, b) => due(a) - due(b));
      if (met.length && due(met[0]) <= now) return met[0];
      return others.find((id) => !state.cards[id]) ?? met[0];
    },
    /** Note how a card went, "again", "hard", "good" or "easy"; returns when it comes back. */
    rate(id, rating, now = new Date()) {
      const grade = { again: library.Rating.Again, hard: library.Rating.Hard, good: library.Rating.Good, easy: library.Rating.Easy }[rating];
      const { card } = schedule.next(state.cards[id] ?? library.createEmptyCard(now), now, grade);
      state.cards[id] = card;
      save();
      return card.due;
    },
    counts(ids, now = Date.now()) {
      const met = ids.filter((id) => state.cards[id]);
      return { all: ids.length, seen: met.length, due: met.filter((id) => due(id) <= now).length, learnt: met.filter((id) => state.cards[id].state === KNOWN).length };
    },
    lesson: () => state.lesson,
    reach(step) {
      state.lesson = step;
      save();
    },
    text: () => `${JSON.stringify(state, null, 1)}\n`,
    /** Take over an exported text; returns the number of cards, or null if it is none. */
    restore(text) {
      let found = null;
      try {
        found = checked(JSON.parse(text));
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
      }
      if (!found) return null;
      state = found;
      save();
      return Object.keys(state.cards).length;
    },
    erase() {
      state = blank();
      try {
        localStorage.removeItem(MEMORY);
      } catch {
        isKept = false;
      }
    },
  };
}

/** "in 10 minutes", as a sentence's part. */
function whenBack(date, now = Date.now()) {
  const minutes = Math.max(1, Math.round((new Date(date) - now) / 60_000));
  const [unit, count] = minutes < 60 ? ["minute", minutes] : minutes < 1440 ? ["hour", Math.round(minutes / 60)] : ["day", Math.round(minutes / 1440)];
  return language.phrase({ minute: "learn.minutes", hour: "learn.hours", day: "learn.days" }[unit], { count });
}
