"""How the page looks: washi by day, sumi by night; system fonts, so that no other host is asked for any."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

CSS = (Path(__file__).parent / "page.css").read_text("utf-8")
HEAD = f"<script>{(Path(__file__).parent / 'connection.js').read_text('utf-8')}</script>"

HEADER = """
<h1><span lang="ja">くずし字</span> Read as you write</h1>
<p>Draw a character of Japan’s old cursive script, or bring a page of it, and see it read.</p>
"""

FOOTER = """
<p>Learned from “<a href="https://codh.rois.ac.jp/kmnist/">KMNIST Dataset</a>” (created by CODH), adapted from
“Kuzushiji Dataset” (created by NIJL and others), <a href="https://doi.org/10.20676/00000341">doi:10.20676/00000341</a>.</p>
"""

_SANS = ["-apple-system", "BlinkMacSystemFont", "Segoe UI", "Hiragino Sans", "Yu Gothic UI", "Noto Sans CJK JP", "Noto Sans", "sans-serif"]
_MONO = ["ui-monospace", "Menlo", "Consolas", "monospace"]

# name: (washi, sumi)
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
    """The Gradio theme: each colour by day and by night."""
    base = gr.themes.Base(font=_SANS, font_mono=_MONO, radius_size="none")
    colours = {name: day for name, (day, _) in _COLOURS.items()} | {f"{name}_dark": night for name, (_, night) in _COLOURS.items()}
    return base.set(
        **colours, block_border_width="0px", block_shadow="none", block_padding="0px", color_accent="var(--border-color-accent)"
    )
