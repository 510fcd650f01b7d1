"""Writes kmnist_model/characters/kanji.tsv from KANJIDIC2: `python -m tools.kanji_table kanjidic2.xml.gz [--data DIR]`.

The file is `usr/share/edict/kanjidic2.xml.gz` of Debian's package kanjidic-xml, or the one that the EDRDG publishes.
"""

from __future__ import annotations

import argparse
import gzip
import unicodedata
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from kmnist_model.characters import kanji
from kmnist_model.characters.kanji import Kanji
from train.data import kuzushiji
from train.data.data_folder import DataFolder, data_folder
from train.data.file_formats import read_npz

_MAX_READINGS = 4  # of each kind
_MAX_MEANING = 64  # characters
_HEAD = (
    "# Readings and meanings from KANJIDIC2 of {date}, (c) Electronic Dictionary Research and Development Group (EDRDG), CC BY-SA 4.0,\n"
    "# https://www.edrdg.org/wiki/index.php/KANJIDIC_Project; shortened by tools/kanji_table.py. This table: CC BY-SA 4.0.\n"
)


def read_kanjidic(path: Path) -> tuple[str, dict[str, Kanji]]:
    """The date of a KANJIDIC2 file (XML, gzipped or not), and what it says of each kanji."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        root = ElementTree.parse(file).getroot()
    return root.findtext("header/date_of_creation", ""), {each.findtext("literal", ""): _shortened(each) for each in root.iter("character")}


def _shortened(element: ElementTree.Element) -> Kanji:
    readings: dict[str, list[str]] = {"ja_on": [], "ja_kun": []}
    for reading in element.iter("reading"):
        if reading.get("r_type") in readings and reading.text:
            readings[str(reading.get("r_type"))].append(reading.text)
    glosses = [each.text for each in element.iter("meaning") if each.text and not each.get("m_lang") and "radical (no" not in each.text]
    return Kanji(_first(readings["ja_on"]), _first(readings["ja_kun"]), tuple(_fitting(glosses)))


def _first(readings: list[str]) -> tuple[str, ...]:
    """The first few different readings; those that stand only within words (-うえ, うわ-) come last."""
    ordered = sorted(readings, key=lambda reading: "-" in reading)
    return tuple(dict.fromkeys(reading.strip("-") for reading in ordered))[:_MAX_READINGS]


def _fitting(glosses: list[str]) -> list[str]:
    """The first glosses as long as they are not too long together."""
    kept: list[str] = []
    for gloss in glosses:
        if kept and len("; ".join([*kept, gloss])) > _MAX_MEANING:
            break
        kept.append(gloss)
    return kept


def known_kanji(data: DataFolder) -> str:
    """The kanji of the wide alphabet, in its order."""
    codepoints = read_npz(data.path / "kkanji" / kuzushiji.KANJI_FILE, "codepoints")["codepoints"]
    return "".join(entry.character for entry in kuzushiji.alphabet(codepoints) if entry.kind == "kanji" and entry.character != "々")


def table(characters: str, known: dict[str, Kanji]) -> dict[str, Kanji]:
    """What is `known` of the `characters`; a compatibility ideograph has the entry of the one that Unicode unifies it with."""
    found = {character: known.get(character) or known.get(unicodedata.normalize("NFC", character)) for character in sorted(characters)}
    return {character: entry for character, entry in found.items() if entry and (entry.on or entry.kun or entry.glosses)}


def main() -> None:
    """Write the table and print how many of the kanji it covers."""
    parser = argparse.ArgumentParser(prog="python -m tools.kanji_table", description="Write the table of readings and meanings of kanji.")
    parser.add_argument("kanjidic", type=Path, metavar="FILE", help="kanjidic2.xml or kanjidic2.xml.gz")
    parser.add_argument("--data", metavar="DIR", help="the folder of the datasets (default: KMNIST_DATA, else data/)")
    arguments = parser.parse_args()
    date, known = read_kanjidic(arguments.kanjidic)
    characters = known_kanji(data_folder(arguments.data))
    entries = table(characters, known)
    lines = ["\t".join([character, *entry.columns()]) for character, entry in entries.items()]
    kanji.FILE.write_text(_HEAD.format(date=date) + "".join(f"{line}\n" for line in lines), "utf-8")
    read = sum(bool(entry.on or entry.kun) for entry in entries.values())
    meant = sum(bool(entry.glosses) for entry in entries.values())
    print(f"{kanji.FILE.stat().st_size:,} bytes; of {len(characters):,} kanji {read:,} have readings, {meant:,} a meaning")


if __name__ == "__main__":
    main()
