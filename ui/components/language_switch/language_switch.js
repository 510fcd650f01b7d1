// The browser half of LanguageSwitch. Gradio runs it once, as a function of (element, trigger, props, server, upload, watch).
// It also writes what Gradio itself shows, once it is there: the names of the tabs (TABS: their keys by id), the page's title, and the link to the API.

const box = element.querySelector(".languages");

const button = ([code, name]) => {
  const it = Object.assign(document.createElement("button"), { type: "button", lang: code, value: code, textContent: name });
  it.addEventListener("click", () => language.choose(code, true));
  return it;
};

/** Gradio keeps these text nodes: their texts alone are replaced. */
function write(owner, words) {
  const node = [...owner.childNodes].find((child) => child.nodeType === Node.TEXT_NODE && child.data.trim());
  if (node && node.data.trim() !== words) node.data = words;
}

function follow() {
  for (const it of box.children) it.setAttribute("aria-pressed", String(it.value === language.current()));
  document.title = language.text("page.title");
  for (const tab of document.querySelectorAll("[role=tab][data-tab-id]")) {
    const key = TABS[tab.dataset.tabId];
    if (key) write(tab, language.text(key));
  }
  for (const api of document.querySelectorAll("footer .show-api")) write(api, language.text("page.api"));
}

box.append(...Object.entries(language.LANGUAGES).map(button));
window.addEventListener("language", follow);
new MutationObserver(follow).observe(element.closest(".gradio-container") ?? document.body, { childList: true, subtree: true });
follow();
