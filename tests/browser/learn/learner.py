"""What a visitor of the Learn tab does."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.hand import Hand, strokes_of


class Learner:
    """A visitor in front of the Learn tab of `hand`'s page."""

    def __init__(self, hand: Hand) -> None:
        self.page: Page = hand.page
        self.open()

    def open(self) -> None:
        self.page.locator("[role=tab][data-tab-id=learn]").click()
        expect(self.page.locator(".learn")).to_have_attribute("aria-busy", "false")

    def part(self, name: str) -> Locator:
        """Go to the part "forms", "practice" or "lesson"."""
        self.page.locator(f"#learn-tab-{name}").click()
        panel = self.page.locator(f"#learn-panel-{name}")
        expect(panel).to_be_visible()
        return panel

    def kana(self, kana: str) -> Locator:
        return self.page.locator(".kana-table button", has=self.page.get_by_text(kana, exact=True))

    def draw(self, character: str) -> None:
        canvas = self.page.locator(".learn .slot:visible canvas")
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        assert box is not None
        for line in strokes_of(character):
            points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in line]
            self.page.mouse.move(*points[0])
            self.page.mouse.down()
            for point in points[1:]:
                self.page.mouse.move(*point)
            self.page.mouse.up()

    def kept(self) -> dict[str, Any] | None:
        """What the browser keeps."""
        return self.page.evaluate("JSON.parse(localStorage.getItem('kuzushiji.learn'))")
