// The page's language, as window.language. CATALOGUES and LANGUAGES (names by code) are declared before it; see server/languages/.
//
// An element remembers what it says: `data-say` is the key of its text, `data-say-title` and the like are those of its attributes, and the values
// of the placeholders are kept beside. Another language thus rewrites all that is on the page. In a template these attributes are all that is
// needed; an element with `data-slot` in it takes the place of the placeholder of that name. Values are strings, numbers, nodes, phrases or lists.
window.language = (() => {
  const MEMORY = "kuzushiji.language";
  const ATTRIBUTES = ["title", "aria-label", "aria-roledescription", "placeholder", "alt"];
  const SAID = ["data-say", ...ATTRIBUTES.map((name) => `data-say-${name}`)];
  const values = new WeakMap(); // element -> {attribute that holds the key: its values}
  const place = new URL(location.href);
  let current = "en";

  /** `action` on the browser's memory; nothing where there is none, as in a private window. */
  const memory = (action) => {
    try {
      return action(localStorage);
    } catch {
      return null;
    }
  };

  const phrase = (key, its = {}) => ({ key, values: its });
  const decimal = (number, digits = 1) => ({ number, digits });

  /** A sentence as texts and nodes. */
  function parts(key, its = {}) {
    const sentence = CATALOGUES[current][key] ?? CATALOGUES.en[key];
    if (sentence === undefined) throw new Error(`no sentence is called ${key}`);
    const form = typeof sentence === "string" ? sentence : (sentence[new Intl.PluralRules(current).select(its.count)] ?? sentence.other);
    return form.split(/\{(\w+)\}/).flatMap((part, n) => (n % 2 ? written(its[part]) : part ? [part] : []));
  }

  function written(value) {
    if (Array.isArray(value)) return value.flatMap(written);
    if (typeof value === "number") return [new Intl.NumberFormat(current).format(value)];
    if (value?.digits !== undefined) {
      const digits = { minimumFractionDigits: value.digits, maximumFractionDigits: value.digits };
      return [new Intl.NumberFormat(current, digits).format(value.number)];
    }
    if (value?.key) return parts(value.key, value.values);
    return value === undefined || value === "" ? [] : [value];
  }

  /** The sentence of this key as a string. */
  const text = (key, its) =>
    parts(key, its)
      .map((part) => part.textContent ?? part)
      .join("");

  function slots(node) {
    const found = [...node.querySelectorAll("[data-slot]")];
    return Object.fromEntries(found.map((slot) => [slot.dataset.slot, slot]));
  }

  function rewrite(node) {
    const kept = values.get(node) ?? {};
    values.set(node, kept);
    if (node.dataset.say) {
      kept["data-say"] ??= slots(node);
      node.replaceChildren(...parts(node.dataset.say, kept["data-say"]));
    }
    for (const name of ATTRIBUTES) {
      const key = node.getAttribute(`data-say-${name}`);
      if (key) node.setAttribute(name, text(key, kept[`data-say-${name}`]));
    }
  }

  function remember(node, name, key, its) {
    values.set(node, { ...values.get(node), [name]: its });
    node.setAttribute(name, key);
  }

  /** Let an element say the sentence of this key, in any language from now on; nothing without a key. */
  function put(node, key, its = {}) {
    if (!key) {
      delete node.dataset.say;
      node.replaceChildren();
      return node;
    }
    remember(node, "data-say", key, its);
    node.replaceChildren(...parts(key, its));
    return node;
  }

  /** The same for an attribute of an element, as "title". */
  function label(node, name, key, its = {}) {
    if (key) {
      remember(node, `data-say-${name}`, key, its);
      node.setAttribute(name, text(key, its));
    } else for (const each of [name, `data-say-${name}`]) node.removeAttribute(each);
    return node;
  }

  /** Write all that is said within an element. */
  function fill(root) {
    for (const node of root.querySelectorAll(SAID.map((name) => `[${name}]`).join(","))) rewrite(node);
  }

  /** Speak this language from now on; remembered if the visitor chose it. */
  function choose(code, byVisitor) {
    current = code;
    document.documentElement.lang = code;
    if (byVisitor) {
      memory((store) => store.setItem(MEMORY, code));
      if (place.searchParams.has("lang")) {
        const now = new URL(location.href); // other parts of it may have changed
        now.searchParams.set("lang", code); // so that the page comes back as it is
        history.replaceState(history.state, "", now);
      }
    }
    fill(document);
    window.dispatchEvent(new CustomEvent("language", { detail: code }));
  }

  const wanted = [place.searchParams.get("lang"), memory((store) => store.getItem(MEMORY)), ...(navigator.languages ?? [])];
  const known = wanted.map((code) => code?.slice(0, 2).toLowerCase()).filter((code) => code in CATALOGUES);
  choose(known[0] ?? "en", false);

  return { LANGUAGES, choose, decimal, fill, label, phrase, put, text, current: () => current };
})();
