// The pages of a file with several: which one is on show, and the ways to the others.

let number = 1; // of the page on show, from 1
let pages = 1; // of its file
let focusNext = null; // the button that had the page read, which gets the focus back: it is hidden while the page is read

function placeIn(answer) {
  [number, pages] = [answer.number ?? 1, answer.pages ?? 1];
  find(".pager").hidden = pages < 2;
  language.put(find(".place"), "pager.place", { number, pages });
  find(".previous").setAttribute("aria-disabled", number <= 1);
  find(".next").setAttribute("aria-disabled", number >= pages);
}

/** Read the page that is so many pages on. */
function leaf(by, button = null) {
  const next = number + by;
  if (next < 1 || next > pages || !mayDropCorrections("page_reader.drop_to_leaf")) return;
  focusNext = button;
  send({ ...sent, page: next });
}

/** After the answer. */
function focusAgain() {
  focusNext?.focus();
  focusNext = null;
}

for (const [name, by] of [
  [".previous", -1],
  [".next", 1],
])
  on(find(name), "click", ({ currentTarget }) => leaf(by, currentTarget));
on(desk, "keydown", (event) => {
  const by = { PageUp: -1, PageDown: 1 }[event.key];
  if (!by || pages < 2 || !["found", "failed"].includes(desk.dataset.state) || /^(INPUT|SELECT)$/.test(event.target.nodeName)) return;
  event.preventDefault();
  leaf(by, event.target);
});
