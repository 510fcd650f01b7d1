"""The page's models: three by default, the operator's alone, and fewer where weights are missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kmnist_model import Recognizer, WeightsError
from kmnist_model.recognizer import weights_path
from server import models
from server.models import Models, UnknownModel


def test_by_default_there_are_three() -> None:
    loaded = models.load("", "cpu")
    assert loaded.names == ["everything", "kana", "kmnist"]
    assert [loaded.recognizer(name).size for name in loaded.names] == [48, 48, 28]
    sizes = [len(loaded.recognizer(name).alphabet) for name in loaded.names]
    assert sizes[0] > 6_000 > sizes[1] > sizes[2] == 10
    assert {entry.kind for entry in loaded.recognizer("kana").alphabet} == {"kana"}
    assert loaded.recognizer() is loaded.recognizer("everything")
    assert loaded.pages is loaded.recognizer("everything")
    assert [path.stem for path in loaded.weights.values()] == ["kuzushiji", "kuzushiji", "kmnist"]
    loaded.warm_up()


def test_without_the_large_weights_there_are_the_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> Path:
        if name == "kuzushiji":
            raise WeightsError("There are none.")
        return weights_path(name)

    monkeypatch.setattr(models, "weights_path", find)
    assert models.load("", "cpu").names == ["kmnist"]


@pytest.mark.parametrize("weights", ["kmnist", str(weights_path("kmnist"))], ids=["name", "path"])
def test_the_operators_weights_are_alone(weights: str) -> None:
    loaded = models.load(weights, "cpu")
    assert loaded.names == ["kmnist"]
    assert loaded.weights == {"kmnist": weights_path("kmnist")}
    assert loaded.pages is loaded.recognizer()


def test_pages_are_read_with_the_operators_weights_whatever_their_size() -> None:
    loaded = models.load("kuzushiji", "cpu")
    assert (loaded.names, loaded.recognizer().size, loaded.pages.size) == (["kuzushiji"], 48, 48)


def test_weights_that_are_not_there_are_one_sentence() -> None:
    with pytest.raises(WeightsError, match="There are no weights 'none'"):
        models.load("none", "cpu")


@pytest.mark.parametrize("asked", [None, ""])
def test_who_names_none_gets_the_default(recognizer: Recognizer, asked: str | None) -> None:
    assert Models.only(recognizer).recognizer(asked) is recognizer


@pytest.mark.parametrize("asked", ["none", "KMNIST", 5, [1], {"a": 1}], ids=str)
def test_an_unknown_name_is_one_sentence(recognizer: Recognizer, asked: Any) -> None:
    with pytest.raises(UnknownModel, match=r"^There is no model of this name: choose one of kmnist\.$"):
        Models.only(recognizer).name(asked)
