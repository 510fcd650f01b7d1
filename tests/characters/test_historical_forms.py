from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from kmnist_model import Candidate, Reading, Recognizer, WeightsError
from kmnist_model.characters import historical_forms
from kmnist_model.characters.historical_forms import Form, HistoricalForms, Letter
from kmnist_model.weights_file import Card

CPU = torch.device("cpu")
INK = np.full((28, 28), 200, np.uint8)
LETTERS = (Letter("は", "は", "波"), Letter("\U0001b0a5", "は", "者"), Letter("\U0001b09f", "は", "盤"), Letter("\U0001b005", "あを", "惡"))


@pytest.fixture
def forms() -> HistoricalForms:
    """Prototypes along the axes of a space of four dimensions, two of them for U+1B0A5."""
    eye = np.eye(4, dtype=np.float32)
    return HistoricalForms(LETTERS, eye[[0, 1, 2, 3, 3]], np.array([0, 1, 2, 3, 1]), np.zeros(4, np.float32), eye, "abc", {"n": 3})


def _reading(character: str, verdict: str = "character") -> Reading:
    return Reading(verdict, (Candidate(character, "", 1.0),), INK)  # type: ignore[arg-type]


def _released(forms: HistoricalForms | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(historical_forms, "released", lambda: forms)


def _vector(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_letters_are_ranked_by_their_nearest_prototype(forms: HistoricalForms) -> None:
    found = forms.nearest(_vector(0.5, 0.1, 0.6, 0.9), "は")
    assert [form.letter for form in found] == ["\U0001b0a5", "\U0001b09f", "は"]
    assert found[0].similarity == pytest.approx(0.9 / np.sqrt(0.25 + 0.01 + 0.36 + 0.81))
    assert found[0].as_dict() == {"letter": "\U0001b0a5", "codepoint": "U+1B0A5", "parent": "者"}
    assert forms.nearest(_vector(0.5, 0.1, 0.6, 0.9), "は", 1) == found[:1]


@pytest.mark.parametrize("kana", ["ば", "ぱ"])
def test_a_voiced_kana_has_its_plain_kanas_letters(forms: HistoricalForms, kana: str) -> None:
    assert forms.nearest(_vector(0, 0, 1, 0), kana, 1)[0].parent == "盤"


def test_a_letter_of_two_kana_is_found_among_both_and_others_have_none(forms: HistoricalForms) -> None:
    assert [len(forms.nearest(_vector(1, 0, 0, 0), kana)) for kana in ("あ", "を", "い", "花", "")] == [1, 1, 0, 0, 0]


def test_features_are_whitened_first(forms: HistoricalForms) -> None:
    moved = replace(forms, mean=_vector(0, 10, 0, 0), projection=np.diag(_vector(1, 1, 5, 1)))
    assert moved.nearest(_vector(2, 10, 1, 0), "は", 1)[0].parent == "盤"


def test_saved_and_loaded_they_answer_the_same(forms: HistoricalForms, tmp_path: Path) -> None:
    forms.save(tmp_path / "forms.safetensors")
    loaded = HistoricalForms.load(tmp_path / "forms.safetensors")
    assert (loaded.letters, loaded.weights, loaded.metrics) == (LETTERS, "abc", {"n": 3})
    assert loaded.nearest(_vector(0, 1, 0, 0), "は") == forms.nearest(_vector(0, 1, 0, 0), "は")


def test_what_is_no_file_of_prototypes_is_refused(forms: HistoricalForms, tmp_path: Path) -> None:
    path = tmp_path / "forms.safetensors"
    with pytest.raises(WeightsError, match="python -m train forms"):
        HistoricalForms.load(path)
    path.write_bytes(b"nothing")
    with pytest.raises(WeightsError, match="no usable historical forms"):
        HistoricalForms.load(path)
    save_file({"prototypes": np.zeros((1, 1))}, path)
    with pytest.raises(WeightsError, match="another format"):
        HistoricalForms.load(path)
    replace(forms, owner=np.array([0, 1, 2, 3, 9])).save(path)
    with pytest.raises(WeightsError, match="a prototype of no letter"):
        HistoricalForms.load(path)
    replace(forms, mean=np.zeros(3, np.float32)).save(path)
    with pytest.raises(WeightsError, match="do not fit together"):
        HistoricalForms.load(path)
    replace(forms, letters=(*LETTERS[:3], Letter("x", 5, "惡"))).save(path)  # type: ignore[arg-type]
    with pytest.raises(WeightsError, match="a letter that is no text"):
        HistoricalForms.load(path)


@pytest.mark.usefixtures("damaged_forms")
def test_a_damaged_file_is_no_form_and_one_warning(recognizer: Recognizer, caplog: pytest.LogCaptureFixture) -> None:
    assert [historical_forms.form_of(_reading("は"), recognizer) for _ in range(3)] == [None] * 3
    assert historical_forms.are_damaged()
    with pytest.raises(WeightsError, match="no usable historical forms"):
        historical_forms.for_recognizer(recognizer)
    assert [(record.levelname, "no usable historical forms" in record.message) for record in caplog.records] == [("WARNING", True)]


def test_a_kanas_reading_has_a_form(card: Card, network: torch.nn.Module, monkeypatch: pytest.MonkeyPatch) -> None:
    recognizer = Recognizer(card, network, CPU)
    dimensions = recognizer.features(INK[None]).shape[1]
    own = recognizer.features(INK[None])
    prototypes = np.concatenate([own / np.linalg.norm(own), np.eye(dimensions, dtype=np.float32)[:1]])
    plain = np.zeros(dimensions, np.float32), np.eye(dimensions, dtype=np.float32)
    forms = HistoricalForms(LETTERS, prototypes, np.array([1, 0]), *plain, recognizer.fingerprint)
    _released(forms, monkeypatch)
    assert historical_forms.for_recognizer(recognizer) is forms
    form = historical_forms.form_of(_reading("は"), recognizer)
    assert form == Form("\U0001b0a5", "者", pytest.approx(1.0, abs=1e-5))
    others = [_reading("花"), _reading("ば", "perhaps"), _reading("は", "unknown"), _reading("は", "blank")]
    assert [found and found.parent for found in historical_forms.forms_of(others, recognizer)] == [None, "者", None, None]


@pytest.mark.parametrize("present", [True, False])
def test_without_prototypes_of_these_weights_there_is_no_form(
    forms: HistoricalForms, present: bool, recognizer: Recognizer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(historical_forms, "FILE", tmp_path / "forms.safetensors")
    _released(forms if present else None, monkeypatch)
    assert historical_forms.form_of(_reading("は"), recognizer) is None
    with pytest.raises(WeightsError, match="python -m train forms"):
        historical_forms.for_recognizer(recognizer)
