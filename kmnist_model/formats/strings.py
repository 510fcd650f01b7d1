"""Strings of any origin -> strings that a line of a file, or XML, can hold."""

from __future__ import annotations

import re

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def one_line(text: str) -> str:
    """`text` as one line of valid UTF-8: line breaks and undecodable bytes of file names are escaped."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\r", "\\r").replace("\n", "\\n")


def clean(text: str) -> str:
    """`text` with U+FFFD for each character that XML 1.0 cannot hold: most control characters, lone surrogates, U+FFFE and U+FFFF."""
    return _NOT_XML.sub("\ufffd", text)
