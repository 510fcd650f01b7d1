"""Look of the page: washi (paper) colours in light mode, sumi (ink) in dark mode; system fonts, so that none are downloaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gradio as gr

from server.languages.catalogue import LANGUAGES, catalogue

_HERE = Path(__file__).parent
CSS = (_HERE / "page.css").read_text("utf-8")
_CATALOGUES = json.dumps({code: catalogue(code) for code in LANGUAGES}, ensure_ascii=False).replace("</", "<\\/")
_SCRIPTS = (
    f"const CATALOGUES = {_CATALOGUES};\nconst LANGUAGES = {json.dumps(LANGUAGES, ensure_ascii=False)};\n",
    (_HERE / "language.js").read_text("utf-8"),
    (_HERE / "connection.js").read_text("utf-8"),
)
HEAD = "".join(f"<script>{script}</script>" for script in _SCRIPTS)
HEADER = (_HERE / "header.html").read_text("utf-8")
FOOTER = (_HERE / "footer.html").read_text("utf-8")
FILL = "language.fill(element)"  # what a header or footer runs as it is shown

_SANS = ["-apple-system", "BlinkMacSystemFont", "Segoe UI", "Hiragino Sans", "Yu Gothic UI", "Noto Sans CJK JP", "Noto Sans", "sans-serif"]
_MONO = ["ui-monospace", "Menlo", "Consolas", "monospace"]

# Gradio's name: (light, dark)
_COLOURS = {
    "body_background_fill": ("#f4efe5", "#141416"),
    "body_text_color": ("#1d1a17", "#ebe5d8"),
    "body_text_color_subdued": ("#675f54", "#a59d8f"),
    "background_fill_primary": ("#fbf8f2", "#1b1b1e"),
    "background_fill_secondary": ("#ebe4d6", "#27272b"),
    "block_background_fill": ("#fcfaf5", "#1b1b1e"),
    "border_color_primary": ("#d9cfbd", "#37363a"),
    "border_color_accent": ("#a8321f", "#e27a62"),
    "link_text_color": ("#8f2a1a", "#e8907b"),
    "link_text_color_hover": ("#6d1f13", "#f3b3a4"),
    "link_text_color_active": ("#6d1f13", "#f3b3a4"),
    "link_text_color_visited": ("#8f2a1a", "#e8907b"),
    "button_primary_background_fill": ("#a8321f", "#e27a62"),
    "button_primary_background_fill_hover": ("#8f2a1a", "#e8907b"),
    "button_primary_text_color": ("#fffaf2", "#1a1210"),
    "error_background_fill": ("#fbf8f2", "#1b1b1e"),
    "error_border_color": ("#a8321f", "#e27a62"),
    "error_text_color": ("#1d1a17", "#ebe5d8"),
}


def theme() -> gr.themes.Base:
    """The Gradio theme, with each colour in light and dark mode."""
    base = gr.themes.Base(font=_SANS, font_mono=_MONO, radius_size="none")
    colours = {name: light for name, (light, _) in _COLOURS.items()} | {f"{name}_dark": dark for name, (_, dark) in _COLOURS.items()}
    return base.set(
        **colours, block_border_width="0px", block_shadow="none", block_padding="0px", color_accent="var(--border-color-accent)"
    )


def look() -> dict[str, Any]:
    """The arguments of Gradio's `launch` that give the page its look and its sentences."""
    return {"theme": theme(), "css": CSS, "head": HEAD}
