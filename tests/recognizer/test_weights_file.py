"""The weights file describes itself; what is wrong with a file is said in one sentence."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from safetensors.torch import load_file, save_file

from kmnist_model import KMNIST, Recognizer, WeightsError, build, weights_file
from kmnist_model.recognizer import WEIGHTS
from kmnist_model.weights_file import Card

SHIPPED = WEIGHTS / "kmnist.safetensors"


@pytest.fixture
def written(tmp_path: Path, network: torch.nn.Module, card: Card) -> Path:
    path = tmp_path / "written.safetensors"
    weights_file.save(path, network, card)
    return path


def _metadata(path: Path, **changes: str | None) -> None:
    """Write the file at `path` again with metadata changed, or left out where None."""
    with weights_file.safe_open(path, framework="pt") as file:
        metadata = {**file.metadata(), **changes}
    save_file(load_file(path), path, {name: value for name, value in metadata.items() if value is not None})


def _refused(path: Path) -> str:
    with pytest.raises(WeightsError) as caught:
        weights_file.load(path)
    message = str(caught.value)
    assert path.name in message
    assert message.endswith(".")
    assert "\n" not in message
    return message


def test_what_is_written_is_read_again(written: Path, network: torch.nn.Module, card: Card) -> None:
    found, again = weights_file.load(written)
    assert found == card
    assert weights_file.load_card(written) == card
    assert not again.training
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in network.state_dict().items())
    assert weights_file.load_state(written).keys() == network.state_dict().keys()


def test_shipped_weights_tell_everything_of_themselves() -> None:
    card = weights_file.load_card(SHIPPED)
    assert (card.architecture, card.width, card.alphabet) == ("preact_resnet20", 32, KMNIST)
    assert (card.mean, card.std) == (0.19, 0.34)
    assert card.temperature != 1
    assert card.threshold != 0
    assert "KMNIST" in card.training_data[0]
    assert "t10k" in card.training_data[0]
    assert "CC BY-SA 4.0" in card.licence
    assert card.recipe["epochs"] == 10
    assert card.recipe["learning_rate"] > 0
    assert card.metrics["held_out"]["n"] == 2000
    assert card.metrics["held_out"]["accuracy"] > 0.9


def test_shipped_weights_are_small() -> None:
    assert SHIPPED.stat().st_size <= 5_000_000


@pytest.mark.parametrize("kept", [0, 4, 8, 100, 5000, -1])
def test_a_cut_off_file(written: Path, kept: int) -> None:
    written.write_bytes(written.read_bytes()[:kept])
    assert "not a whole safetensors file" in _refused(written)


@pytest.mark.parametrize(
    "write", [lambda p: torch.save({"a": torch.zeros(1)}, p), lambda p: p.write_bytes(pickle.dumps({"a": 1}))], ids=["torch", "pickle"]
)
def test_a_pickle_is_never_opened(tmp_path: Path, write: Callable[[Path], object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickle, "Unpickler", None)
    write(tmp_path / "weights.safetensors")
    assert "not a whole safetensors file" in _refused(tmp_path / "weights.safetensors")


LATER = {"size", "restrictions", "sure"}  # which the first weights files lack


@pytest.mark.parametrize("name", sorted({*Card.__dataclass_fields__, "format"} - LATER))
def test_missing_metadata(written: Path, name: str) -> None:
    _metadata(written, **{name: None})
    _refused(written)


def test_a_file_from_before_the_size_was_stored_is_for_28_pixels(written: Path) -> None:
    _metadata(written, size=None, restrictions=None, sure=None)
    card, _ = weights_file.load(written)
    assert (card.size, card.restrictions, card.sure) == (28, {}, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("size", "0"),
        ("size", "1000"),
        ("size", "true"),
        ("size", "28.5"),
        ("sure", "NaN"),
        ("sure", '"1"'),
        ("restrictions", "[]"),
        ("restrictions", '{"kana": {}}'),
        ("restrictions", '{"kana": {"temperature": 0, "threshold": 1}}'),
        ("restrictions", '{"kana": {"temperature": 1, "threshold": NaN}}'),
        ("restrictions", '{"kana": {"temperature": "1", "threshold": 1}}'),
    ],
)
def test_a_size_or_a_restriction_that_cannot_be(written: Path, name: str, value: str) -> None:
    _metadata(written, **{name: value})
    assert "not usable" in _refused(written)


def test_safetensors_without_any_metadata(written: Path) -> None:
    save_file(load_file(written), written)
    assert "not written for kmnist_model" in _refused(written)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("format", "kmnist_model/999"),
        ("architecture", '"vgg"'),
        ("architecture", "[1]"),
        ("architecture", '"resnet18"'),
        ("width", "0"),
        ("width", "-4"),
        ("width", "4.5"),
        ("width", "true"),
        ("width", '"4"'),
        ("width", "99999999"),
        ("width", "5"),
        ("width", "null"),
        ("mean", "NaN"),
        ("mean", '"0.1"'),
        ("mean", "[]"),
        ("mean", "1" + "0" * 400),
        ("std", "0"),
        ("std", "-1"),
        ("std", "true"),
        ("temperature", "0"),
        ("temperature", "Infinity"),
        ("temperature", "null"),
        ("threshold", "NaN"),
        ("threshold", "-1" + "0" * 400),
        ("alphabet", "[]"),
        ("alphabet", "{}"),
        ("alphabet", '{"name": "none", "rows": []}'),
        ("alphabet", '{"name": "two", "rows": [["お", "o", ""], ["き", "ki", ""]]}'),
        ("alphabet", '{"name": "same", "rows": [["お", "o", ""], ["お", "o", ""]]}'),
        ("alphabet", '{"name": "numbers", "rows": [[1, 2, 3]]}'),
        ("alphabet", '{"name": "short", "rows": [["お"]]}'),
        ("training_data", "5"),
        ("recipe", "[]"),
        ("metrics", '"good"'),
        ("metrics", "{"),
        ("metrics", "[" * 100_000),
    ],
    ids=lambda value: value[:40],
)
def test_absurd_metadata(written: Path, name: str, value: str) -> None:
    _metadata(written, **{name: value})
    _refused(written)


def test_an_alphabets_romaji_are_text(written: Path, card: Card) -> None:
    rows: list[list[Any]] = card.alphabet.rows()
    rows[0][1] = 5
    _metadata(written, alphabet=json.dumps({"name": "kmnist", "rows": rows}))
    _refused(written)


@pytest.mark.parametrize("other", [("preact_resnet20", 8), ("resnet18_stock", None)])
def test_weights_of_another_architecture(tmp_path: Path, card: Card, other: tuple[str, int | None]) -> None:
    weights_file.save(tmp_path / "other.safetensors", build(other[0], 11, other[1]), card)
    assert "does not hold the weights of a preact_resnet20" in _refused(tmp_path / "other.safetensors")


def test_a_network_far_larger_than_the_file_takes_no_memory(tmp_path: Path, card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its 11 GB of weights are never allocated: the metadata of a small file may come from anyone."""
    vast = replace(card, architecture="preact_resnet18", width=1024)
    weights_file.save(tmp_path / "vast.safetensors", build("preact_resnet20", 11, 1), vast)
    built = []
    monkeypatch.setattr("kmnist_model.network.build", lambda *words: built.append(build(*words)) or built[0])
    assert "does not hold the weights of a preact_resnet18" in _refused(tmp_path / "vast.safetensors")
    (network,) = built
    assert sum(weights.nbytes for weights in network.parameters()) > 10e9
    assert sum(weights.nbytes for weights in network.state_dict().values() if not weights.is_meta) < 1e6


def test_a_fixed_width_networks_card_must_not_choose_one(tmp_path: Path, card: Card) -> None:
    weights_file.save(tmp_path / "wide.safetensors", build("resnet18_stock", 11), replace(card, architecture="resnet18_stock"))
    _refused(tmp_path / "wide.safetensors")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_numbers(tmp_path: Path, network: torch.nn.Module, card: Card, value: float) -> None:
    network.head.weight.data[0, 0] = value
    weights_file.save(tmp_path / "nan.safetensors", network, card)
    assert "not numbers" in _refused(tmp_path / "nan.safetensors")


@pytest.mark.parametrize("path", ["missing.safetensors", "."])
def test_no_file(tmp_path: Path, path: str) -> None:
    with pytest.raises(WeightsError, match=r"There is no weights file .*\.$"):
        weights_file.load(tmp_path / path)


def test_a_write_that_fails_leaves_the_old_file(written: Path, card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    before = written.read_bytes()

    def half(_state: object, path: Path, _metadata: object) -> None:
        path.write_bytes(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(safetensors.torch, "save_file", half)
    with pytest.raises(OSError, match="no space"):
        weights_file.save(written, build("preact_resnet20", 11, 4), card)
    assert written.read_bytes() == before


def test_others_may_read_a_written_file(written: Path) -> None:
    assert written.stat().st_mode & 0o777 == 0o644


def test_a_recogniser_loads_by_path(written: Path) -> None:
    for path in (written, str(written)):
        assert Recognizer.load(path, "cpu").card.width == 4
