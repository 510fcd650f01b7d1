"""The wide task: its alphabet, its protocols, and how often each kind of example is drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench import small_data
from kmnist_model.alphabet import KUZUSHIJI49
from tests.support.make_once import make_once
from train.data import kuzushiji
from train.data.data_folder import DataFolder
from train.data.drawing import fonts
from train.data.kuzushiji import VOICED, alphabet, jis_kanji, open_wide, without_voicing
from train.data.sources import TEST_PAGES
from train.data.splits import Split
from train.errors import DataError

KANJI = "一二三山口日月木火水"  # of small_data


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    return DataFolder(make_once(tmp_path_factory, "wide_folder", small_data.write), verify=False)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kuzushiji, "jis_kanji", lambda: "花鳥")
    monkeypatch.setattr(kuzushiji, "EACH", dict.fromkeys(kuzushiji.EACH, 1))
    monkeypatch.setattr(kuzushiji, "OUTLIERS", 10)
    monkeypatch.setattr(fonts, "_SYSTEM", ())


def test_jis_has_its_6355_kanji() -> None:
    kanji = jis_kanji()
    assert (len(kanji), len(set(kanji))) == (6355, 6355)
    assert (kanji[0], kanji[-1]) == ("亜", "熙")


def test_the_alphabet_knows_kana_from_kanji() -> None:
    known = alphabet(np.array([ord("鷹"), ord("花")], np.uint32))
    kana = [entry for entry in known if entry.kind == "kana"]
    assert len(kana) == len(KUZUSHIJI49) + len(VOICED) == 74
    assert [entry.character for entry in known if entry.kind == "kanji"] == ["々", *sorted("花鳥鷹")]
    assert known[known.index("が")].parents == known[known.index("か")].parents


def test_voiced_kana_are_their_plain_ones() -> None:
    assert without_voicing("がぱ花ん") == "かは花ん"


def _share(split: Split, kind: str) -> float:
    """The chance of an example of the `kind` ("kana" or "kanji"), or of an outlier."""
    assert split.weights is not None
    kinds = np.array([entry.kind for entry in split.alphabet] + ["outliers"])
    return float(split.weights[kinds[split.train.labels] == kind].sum())


def test_the_shares_of_the_kinds(data: DataFolder, capsys: pytest.CaptureFixture[str]) -> None:
    split = open_wide("all", data)
    assert "No brush font was found" in capsys.readouterr().err
    assert split.size == 48
    assert split.weights is not None
    assert split.weights.sum() == pytest.approx(1)
    assert len(split.weights) == len(split.train)
    present = {kind: share for kind, share in kuzushiji._SHARES.items() if not kind.endswith("fonts")}  # there are no fonts
    assert _share(split, "outliers") == pytest.approx(present["outliers"] / sum(present.values()))
    assert _share(split, "kanji") == pytest.approx((present["kanji, old"] + present["kanji, strokes"]) / sum(present.values()))


def test_each_protocol_learns_from_its_own_old_kana(data: DataFolder) -> None:
    sizes = {protocol: len(open_wide(protocol, data).train) for protocol in kuzushiji.PROTOCOLS}
    spread, kmnist = 48, 150
    assert sizes["first-book"] == sizes["second-book"] == sizes["fonts-only"] + kmnist + spread
    assert sizes["all"] == sizes["fonts-only"] + kmnist + 2 * spread


def test_the_books_are_kept_apart(data: DataFolder) -> None:
    known = open_wide("fonts-only", data).alphabet
    first, second = (kuzushiji.book_kana(data, known, book) for book in (kuzushiji.FIRST_BOOK, kuzushiji.SECOND_BOOK))
    assert len(first) == len(second) == 48
    assert not np.array_equal(first.inks, second.inks)


def test_test_images_are_not_learnt_from(data: DataFolder) -> None:
    split = open_wide("all", data)
    learnt = {ink.tobytes() for ink in split.train.inks}
    known = split.alphabet
    held_out = (split.test, kuzushiji.kmnist(data, known)[2], kuzushiji.modern_kana(data, known, TEST_PAGES))
    for examples in held_out:
        assert len(examples)
        assert not learnt & {ink.tobytes() for ink in examples.inks}


def test_what_it_learns_from_is_described(data: DataFolder) -> None:
    assert any("none was found" in line for line in kuzushiji.describe("all", data))
    assert not any("KMNIST" in line or "old kana" in line for line in kuzushiji.describe("fonts-only", data))
    assert sum("old kana" in line for line in kuzushiji.describe("all", data)) == 2


def test_another_protocol_is_refused(data: DataFolder) -> None:
    with pytest.raises(DataError, match=r"no protocol 'official': choose one of all, fonts-only"):
        open_wide("official", data)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="kkanji is missing"):
        open_wide("all", DataFolder(tmp_path))
