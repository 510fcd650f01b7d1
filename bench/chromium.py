"""The headless Chromium that measurements run in."""

from __future__ import annotations

import os

from playwright.sync_api import Browser, Playwright
from playwright.sync_api import Error as PlaywrightError

from bench.section import CannotMeasureError

_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


def launch(playwright: Playwright) -> Browser:
    """Start the Chromium that CHROMIUM names, or Playwright's own. Raises `CannotMeasureError` where there is none."""
    try:
        return playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM") or None, args=_FLAGS)
    except PlaywrightError:
        raise CannotMeasureError("no Chromium was found: set CHROMIUM to its path, or run it with make bench.") from None
