"""The first load: compressed, with a hint for each of Gradio's files that it takes, and none of the gallery or of the other tabs before they are asked for."""

from __future__ import annotations

import gzip

import httpx
from playwright.sync_api import Browser

from bench.server_process import Server
from bench.speed.first_load import load
from server.http.first_page import PRELOADED
from tools.preloaded import assets


def test_the_page_hints_at_what_it_loads(browser: Browser, app: Server) -> None:
    loaded = load(browser, app.url)
    cure = "Gradio's files have changed: run python -m tools.preloaded"
    assert set(assets(loaded.addresses)) == set(PRELOADED.read_text("utf-8").split()), cure
    assert loaded.size < 1.5e6
    assert [address for address in loaded.addresses if "/learn/" in address or "/run/" in address] == []


def test_the_page_is_compressed_where_the_browser_asks_for_it(app: Server) -> None:
    plain = httpx.get(app.url, headers={"Accept-Encoding": "identity"})
    with httpx.stream("GET", app.url, headers={"Accept-Encoding": "gzip, br"}) as reply:
        raw = b"".join(reply.iter_raw())
    assert reply.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(raw) == plain.content
    assert len(raw) < len(plain.content) / 3
    assert b'<link rel="modulepreload" crossorigin href="./assets/' in plain.content
