"""tools/kanji_table.py: KANJIDIC2's XML -> the table of readings and meanings."""

from __future__ import annotations

import gzip
from pathlib import Path

from kmnist_model.characters.kanji import Kanji
from tools.kanji_table import read_kanjidic, table

_XML = """<?xml version="1.0" encoding="UTF-8"?>
<kanjidic2><header><date_of_creation>2022-08-23</date_of_creation></header>
<character><literal>一</literal><reading_meaning><rmgroup>
<reading r_type="pinyin">yi1</reading><reading r_type="ja_on">イチ</reading><reading r_type="ja_on">イツ</reading>
<reading r_type="ja_kun">ひと-</reading><reading r_type="ja_kun">ひと.つ</reading>
<meaning>one</meaning><meaning>one radical (no.1)</meaning><meaning m_lang="fr">un</meaning>
</rmgroup></reading_meaning></character>
<character><literal>丂</literal></character>
</kanjidic2>"""


def test_japanese_readings_and_english_glosses_are_kept(tmp_path: Path) -> None:
    (tmp_path / "kanjidic2.xml.gz").write_bytes(gzip.compress(_XML.encode()))
    date, known = read_kanjidic(tmp_path / "kanjidic2.xml.gz")
    assert date == "2022-08-23"
    assert known["一"] == Kanji(("イチ", "イツ"), ("ひと.つ", "ひと"), ("one",))
    assert Kanji.of_columns(*known["一"].columns()) == known["一"]
    assert known["丂"] == Kanji((), (), ())


def test_the_table_is_sorted_without_empty_rows_and_with_compatibility_ideographs() -> None:
    fine = Kanji(("セイ",), (), ("refined",))
    found = table("精\ufa1d丂丁", {"精": fine, "丁": fine, "丂": Kanji((), (), ())})  # U+FA1D is unified with U+7CBE
    assert found == {"丁": fine, "精": fine, "\ufa1d": fine}
    assert list(found) == sorted(found)
