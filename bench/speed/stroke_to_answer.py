"""The latency that a visitor sees: from stroke end to painted answer in headless Chromium, of our pad and of the stock `gr.Sketchpad`."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import FloatRect, Locator, Page, sync_playwright

from bench.chromium import launch
from bench.report.stamp import spread
from bench.section import Figures, Row, Section, pick
from bench.server_process import serving
from train.data.drawing.strokes import load, resample


@dataclass(frozen=True)
class Sizes:
    """How many strokes are measured on each pad, and how many drawings of the kanji."""

    ours: int
    kanji: int
    stock: int


FULL, SMOKE = Sizes(60, 60, 20), Sizes(2, 1, 1)
_KANJI = "朝"  # of 12 strokes
_KANJIVG = 109  # units on a side of its strokes
_BETWEEN = 100  # ms between two strokes

# Resolves with the ms from the next release of the pointer to the frame after `answered()` holds, or with null after 10 s without.
_CLOCK = """(answered) => new Promise((resolve) => {
  addEventListener("pointerup", (up) => {
    const late = () => performance.now() - up.timeStamp > 10000;
    const painted = () => setTimeout(() => resolve(performance.now() - up.timeStamp));
    const check = () => answered() ? requestAnimationFrame(painted) : late() ? resolve(null) : setTimeout(check, 1);
    check();
  }, { once: true });
})"""
_OURS_ANSWERED = """() => {
  if (!window.inkSeq) addEventListener("ink", (event) => (window.inkSeq = event.detail.seq), true);
  window.inkSeq ??= 1;
  const clock = CLOCK;
  const answer = () => document.querySelector(".answer").dataset;
  window.measured = clock(() => Number(answer().seq) === window.inkSeq && answer().state !== "empty");
}""".replace("CLOCK", _CLOCK)
_STOCK_ANSWERED = """() => {
  const clock = CLOCK;
  const number = () => Number(document.querySelector("#answer")?.dataset.number ?? 0);
  const before = number();
  window.measured = clock(() => number() > before);
}""".replace("CLOCK", _CLOCK)


def _box(canvas: Locator) -> FloatRect:
    box = canvas.bounding_box()
    if box is None:
        raise RuntimeError("The pad is not on the page.")
    return box


def _stroke(page: Page, box: FloatRect, number: int) -> None:
    """Draw one short stroke, another one for each `number`."""
    x, y = box["x"] + box["width"] * (0.25 + 0.02 * (number % 9)), box["y"] + box["height"] * 0.3
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + box["width"] * 0.3, y + box["height"] * 0.1, steps=6)
    page.mouse.move(x, y + box["height"] * 0.3, steps=6)
    page.mouse.up()


def _ours(page: Page, address: str, strokes: int) -> list[float]:
    page.goto(address)
    canvas = page.locator(".sketchpad canvas").first
    canvas.wait_for()
    waits = []
    for number in range(strokes + 1):
        if number % 6 == 0 and number:
            page.keyboard.press("Escape")
        page.evaluate(_OURS_ANSWERED)
        _stroke(page, _box(canvas), number)
        waits.append(float(page.evaluate("window.measured")))
        page.wait_for_timeout(_BETWEEN)
    return waits[1:]


def _kanji(page: Page, address: str, drawings: int) -> list[float]:
    """After the last stroke of each drawing of the kanji, read with the wide weights."""
    page.goto(f"{address}?read=everything")
    canvas = page.locator(".sketchpad canvas").first
    canvas.wait_for()
    strokes = [(resample(stroke, 6) / _KANJIVG).tolist() for stroke in load(_KANJI)]
    waits = []
    for _ in range(drawings + 1):
        box = _box(canvas)
        for number, stroke in enumerate(strokes, 1):
            page.wait_for_timeout(_BETWEEN)
            if number == len(strokes):
                page.evaluate(_OURS_ANSWERED)
            _trace(page, box, stroke)
        waits.append(float(page.evaluate("window.measured")))
        page.keyboard.press("Escape")
    return waits[1:]


def _trace(page: Page, box: FloatRect, stroke: list[tuple[float, float]]) -> None:
    """Draw a stroke of points in shares of the pad's side."""
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point)
    page.mouse.up()


def _stock(page: Page, address: str, strokes: int) -> list[float]:
    page.goto(address)
    canvas = page.locator("canvas").first
    canvas.wait_for()
    page.get_by_role("button", name="Brush", exact=False).first.click()
    page.wait_for_timeout(1000)
    whole = _box(canvas)
    side = 0.8 * min(whole["width"], whole["height"])  # its sheet is the square in the canvas's middle
    left, top = whole["x"] + (whole["width"] - side) / 2, whole["y"] + (whole["height"] - side) / 2
    box = FloatRect(x=left, y=top, width=side, height=side)
    _stroke(page, box, 0)  # the first stroke after the tool is chosen sends no event
    page.wait_for_timeout(3000)
    waits = []
    for number in range(1, strokes + 1):
        page.evaluate(_STOCK_ANSWERED)
        _stroke(page, box, number)
        waits.append(float(page.evaluate("window.measured")))
        page.wait_for_timeout(300)
    return waits


def measure(smoke: bool = False) -> Figures:
    """Milliseconds from stroke end to painted answer: ours, ours of a kanji, the stock component's, in one browser on one machine."""
    sizes = SMOKE if smoke else FULL
    figures = {}
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for name, command, drive, strokes in (
            ("ours_ms", ("app.py",), _ours, sizes.ours),
            ("kanji_ms", ("app.py",), _kanji, sizes.kanji),
            ("stock_ms", ("-m", "bench.speed.stock_sketchpad"), _stock, sizes.stock),
        ):
            with serving(*command) as server:
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                page.set_default_timeout(20_000)
                figures[name] = spread(drive(page, server.url, strokes))
                page.close()
        browser.close()
    return figures


SECTION = Section(
    name="page",
    group="Speed",
    measure=measure,
    rows=(
        Row("stroke end -> answer painted, p50", pick("ours_ms", "p50"), pick("ours_ms", "n"), 60, True, "ms"),
        Row("stroke end -> answer painted, p95", pick("ours_ms", "p95"), pick("ours_ms", "n"), 120, True, "ms"),
        Row("last of a kanji's 12 strokes -> answer painted, p50", pick("kanji_ms", "p50"), pick("kanji_ms", "n"), 70, True, "ms"),
        Row("last of a kanji's 12 strokes -> answer painted, p95", pick("kanji_ms", "p95"), pick("kanji_ms", "n"), 120, True, "ms"),
        Row("the stock gr.Sketchpad, p50", pick("stock_ms", "p50"), pick("stock_ms", "n"), unit="ms"),
        Row("the stock gr.Sketchpad, p95", pick("stock_ms", "p95"), pick("stock_ms", "n"), unit="ms"),
    ),
    code=("kmnist_model/*.py", "kmnist_model/characters/*.py", "kmnist_model/weights/*.safetensors", "app.py", "server/*.py", "ui/**/*"),
)
