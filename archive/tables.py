"""The two tables of an archive in Parquet: a row for each page, and a row for each character."""

from __future__ import annotations

import pyarrow as pa

from archive.types import Item, Options, Outcome
from kmnist_model.page.types import Character, Page

_CANDIDATE = pa.struct([("character", pa.string()), ("code_point", pa.string()), ("probability", pa.float32())])

PAGES = pa.schema(
    [
        ("page", pa.string()),  # the name of the source
        ("number", pa.int32()),  # of the page in its file, from 1
        ("sha256", pa.string()),  # of the file
        ("url", pa.string()),
        ("etag", pa.string()),
        ("canvas", pa.string()),
        ("width", pa.int32()),  # px of the upright picture
        ("height", pa.int32()),
        ("direction", pa.string()),
        ("turned", pa.int32()),
        ("skew", pa.float32()),
        ("lines", pa.int32()),
        ("characters", pa.int32()),
        ("error", pa.string()),  # why the page could not be read
        ("weights", pa.string()),
    ]
)

CHARACTERS = pa.schema(
    [
        ("page", pa.string()),
        ("number", pa.int32()),
        ("line", pa.int32()),  # in reading order, from 0, ruby included
        ("kind", pa.string()),  # main, note or ruby
        ("position", pa.int32()),  # in the line, from 0
        ("x", pa.int32()),  # px of the upright picture
        ("y", pa.int32()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("character", pa.string()),  # 〓 where it is unknown
        ("code_point", pa.string()),  # U+3042
        ("verdict", pa.string()),
        ("probability", pa.float32()),  # of the best candidate
        ("alternatives", pa.list_(_CANDIDATE)),  # the candidates, best first
        ("weights", pa.string()),
    ]
)


def facts_of(page: Page) -> dict[str, object]:
    """What the table of pages says of a page that was read."""
    return {
        "width": page.size[0],
        "height": page.size[1],
        "direction": page.direction,
        "turned": page.turned,
        "skew": round(page.skew, 3),
        "lines": len(page.lines),
        "characters": sum(len(line.characters) for line in page.lines),
    }


def page_row(outcome: Outcome, options: Options) -> dict[str, object]:
    """The row of `PAGES` for a page; what is not known of it is missing."""
    item = outcome.item
    said = {"page": item.name, "number": item.number, "sha256": outcome.sha256, "url": item.url, "etag": item.etag, "canvas": item.canvas}
    known = {name: value for name, value in said.items() if value != ""}
    return {**known, **outcome.facts, "error": outcome.error or None, "weights": options.weights}


def characters_of(page: Page, item: Item, options: Options) -> bytes:
    """The rows of `CHARACTERS` for a page, ruby included, in Arrow's IPC format."""
    rows = [
        {
            "page": item.name,
            "number": item.number,
            "line": number,
            "kind": line.kind,
            "position": position,
            **character.box._asdict(),
            **_reading(character, options.alternatives),
            "weights": options.weights,
        }
        for number, line in enumerate(page.lines)
        for position, character in enumerate(line.characters)
    ]
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, CHARACTERS, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(pa.Table.from_pylist(rows, CHARACTERS))
    return sink.getvalue().to_pybytes()


def read_characters(data: bytes) -> pa.Table:
    """The table that `characters_of` wrote."""
    with pa.ipc.open_stream(data) as reader:
        return reader.read_all()


def _reading(character: Character, alternatives: int) -> dict[str, object]:
    candidates = character.reading.candidates
    return {
        "character": character.text,
        "code_point": _code_point(character.text),
        "verdict": character.reading.verdict,
        "probability": candidates[0].probability,
        "alternatives": [
            {"character": each.character, "code_point": _code_point(each.character), "probability": each.probability}
            for each in candidates[:alternatives]
        ],
    }


def _code_point(text: str) -> str:
    return " ".join(f"U+{ord(each):04X}" for each in text)
