from __future__ import annotations

import pytest

from kmnist_model.characters.romaji import hepburn


@pytest.mark.parametrize(
    ("kana", "latin"),
    [
        ("カ", "ka"),
        ("コウ", "kō"),
        ("キョウ", "kyō"),
        ("シュウ", "shū"),
        ("ジャ", "ja"),
        ("セイ", "sei"),
        ("ガッ", "gat"),
        ("はな", "hana"),
        ("おお.きい", "ōkii"),
        ("お.う", "ou"),  # a verb's ending makes no long vowel
        ("おも.う", "omou"),
        ("まっと.うする", "mattousuru"),
        ("マッチ", "matchi"),
        ("センチ", "senchi"),
        ("しんい", "shin'i"),
        ("メートル", "mētoru"),
        ("つづ.く", "tsuzuku"),
        ("ヴ", "vu"),
        ("", ""),
    ],
)
def test_readings_in_hepburn(kana: str, latin: str) -> None:
    assert hepburn(kana) == latin
