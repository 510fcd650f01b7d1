"""Writes server/http/preloaded.txt, the files of Gradio that the page's first load asks for: `python -m tools.preloaded`."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import sync_playwright

from bench.chromium import launch
from bench.server_process import serving
from bench.speed.first_load import load

FILE = Path(__file__).parent.parent / "server" / "http" / "preloaded.txt"
_FOLDER = "/assets/"


def assets(addresses: tuple[str, ...]) -> list[str]:
    """The names of Gradio's scripts and styles among `addresses`, in their order."""
    names = (address.rpartition("/")[2] for address in addresses if _FOLDER in address and address.endswith((".css", ".js")))
    return list(dict.fromkeys(names))


def main() -> None:
    """Open the page without hints in Chromium, and write what it loads."""
    FILE.write_text("", "utf-8")
    with sync_playwright() as playwright, serving("app.py") as server:
        browser = launch(playwright)
        names = assets(load(browser, server.url).addresses)
        browser.close()
    FILE.write_text("".join(f"{name}\n" for name in names), "utf-8")
    print(f"{FILE.name} names {len(names)} files.")


if __name__ == "__main__":
    main()
