"""What does not fit on the screen: elements whose boxes lie outside the window, where no scroll bar leads."""

from __future__ import annotations

from playwright.sync_api import Page

WIDTHS = [320, 360, 390, 768, 780, 810, 834, 1024, 1280]

_CUT_OFF = """() => {
  const scrolls = (it) => it && it !== document.body && (/auto|scroll/.test(getComputedStyle(it).overflowX) || scrolls(it.parentElement));
  const unseen = (it) => it && (getComputedStyle(it).clipPath !== "none" || getComputedStyle(it).visibility === "hidden" || unseen(it.parentElement));
  return [...document.querySelectorAll(".gradio-container *")].filter((it) => {
    const { left, right, width, height } = it.getBoundingClientRect();
    return width && height && (left < -0.5 || right > innerWidth + 0.5) && !scrolls(it.parentElement) && !unseen(it);
  }).map((it) => `${it.nodeName} ${it.getAttribute("class") ?? ""}: ${Math.round(it.getBoundingClientRect().left)} to ${Math.round(it.getBoundingClientRect().right)}`);
}"""


def cut_off(page: Page) -> list[str]:
    """The elements that reach beyond the window's sides: `overflow-x: hidden` hides them from `scrollWidth`, so their boxes are compared."""
    return page.evaluate(_CUT_OFF)


def cut_off_at(page: Page, width: int) -> list[str]:
    """The same in a window of this width, in px."""
    page.set_viewport_size({"width": width, "height": 800})
    page.wait_for_function("(width) => innerWidth === width", arg=width)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return [f"at {width} px {it}" for it in cut_off(page)]
