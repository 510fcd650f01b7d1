"""ONNX Runtime answers as PyTorch does, from files that were made of the weights beside them."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file

from kmnist_model import DeviceError, Recognizer, WeightsError, build, weights_file
from kmnist_model.engines import choice
from kmnist_model.engines.detector_maps import MULTIPLE, load_maps, torch_maps
from kmnist_model.engines.gradient import STEM_STRIDES, InputGradient
from kmnist_model.engines.onnx_engine import SHA256, OnnxEngine, has_int8, int8_path, onnx_path
from kmnist_model.engines.torch_engine import TorchEngine
from kmnist_model.explain.evidence import integrated_gradients
from kmnist_model.network import REGISTRY
from kmnist_model.page.detector import FILE as DETECTOR
from kmnist_model.page.detector_network import DetectorNetwork
from kmnist_model.recognizer import RELEASED, weights_path
from kmnist_model.weights_file import ARCHITECTURES, Card, tensors_sha256
from train.data.drawing import strokes
from train.publishing.int8_file import CALIBRATION

FILES = [*map(weights_path, RELEASED), DETECTOR]


def drawings(size: int) -> NDArray[np.uint8]:
    """(24, size, size): characters in a jittered hand, and scribbles."""
    rng = np.random.default_rng(3)
    lines = [strokes.jitter(strokes.load(character), rng) for character in "おきすつなはまやれを" * 2]
    return np.stack([strokes.to_ink(each, size) for each in [*lines, *(strokes.scribble(rng) for _ in range(4))]])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_onnx_file_is_of_the_weights_beside_it(path: Path) -> None:
    """After weights are changed: python -m train onnx."""
    model = onnx.load(onnx_path(path))
    assert {each.key: each.value for each in model.metadata_props}[SHA256] == tensors_sha256(path), "run python -m train onnx"
    stored = load_file(path)
    found = {each.name.removesuffix(".half").removeprefix("network."): onnx.numpy_helper.to_array(each) for each in model.graph.initializer}
    kept = [name for name in stored if not name.endswith("num_batches_tracked")]
    assert set(kept) <= set(found)
    assert all(np.array_equal(found[name], stored[name]) and found[name].dtype == stored[name].dtype for name in kept)


@pytest.mark.parametrize("name", RELEASED)
def test_an_int8_file_is_of_the_weights_beside_it(name: str) -> None:
    """After weights are changed: python -m train onnx."""
    path, model = weights_path(name), onnx.load(int8_path(weights_path(name)))
    properties = {each.key: each.value for each in model.metadata_props}
    assert properties[SHA256] == tensors_sha256(path), "run python -m train onnx"
    assert "training images of" in properties[CALIBRATION]
    stored, arrays = load_file(path), {each.name: onnx.numpy_helper.to_array(each) for each in model.graph.initializer}
    wide = [value for value in arrays.values() if value.dtype == np.int8 and value.ndim == 4]
    kept = [name for name, value in stored.items() if value.ndim == 4 and name != "stem.weight"]
    assert len(wide) == len(kept)  # every convolution but the first
    assert all(path.stat().st_size < 10_000_000 for path in (int8_path(path), onnx_path(path)))
    for (
        name
    ) in kept:  # each channel is the weights over a scale, to the nearest of 255 steps; a folded normalisation is a part of the scale
        weights = stored[name].astype(np.float32).reshape(len(stored[name]), -1)
        whole = weights / np.abs(weights).max(1, keepdims=True) * 127
        gap = [np.abs(np.abs(value.reshape(whole.shape)) - np.abs(whole)).max() for value in wide if value.shape == stored[name].shape]
        assert min(gap) < 0.6


@pytest.mark.skipif(not has_int8(), reason="needs AVX-512 VNNI")
@pytest.mark.parametrize("name", RELEASED)
def test_int8_repeats_what_is_close_in_float32(name: str) -> None:
    """So that no answer differs, whatever the batch; features stay in float32."""
    reader = Recognizer.load(name, "cpu", engine="onnx")
    inks = drawings(reader.size)
    whole, reduced = (reader.engine.logits(reader.normalised(inks), half) for half in (False, True))
    assert 0 < np.abs(whole - reduced).max() < 2
    mixed = reader.logits(inks)
    again = (mixed != reduced).any(1)
    np.testing.assert_allclose(mixed[again], whole[again], rtol=1e-3, atol=1e-3)
    assert np.array_equal(reader.logits(inks[:1]), mixed[:1]) or again[0]
    nowhere, everywhere = reader.with_threshold(1e6), reader.with_threshold(float(reader.known_logit(reduced)[5]))
    assert (everywhere.logits(inks)[5] != reduced[5]).any()  # a verdict that hangs by a hair is decided in float32
    assert (nowhere.logits(inks) == reduced).any()


@pytest.mark.parametrize("name", RELEASED)
@pytest.mark.parametrize("only", [None, "kana"])
def test_both_engines_answer_the_same(name: str, only: str | None) -> None:
    onnx_, torch_ = (Recognizer.load(name, "cpu", only, engine) for engine in ("onnx", "torch"))
    assert isinstance(onnx_.engine, OnnxEngine)
    assert isinstance(torch_.engine, TorchEngine)
    inks = drawings(onnx_.size)
    both = [reader.engine.logits(reader.normalised(inks)) for reader in (onnx_, torch_)]
    np.testing.assert_allclose(*both, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(onnx_.features(inks), torch_.features(inks), rtol=1e-3, atol=1e-4)
    answers = [[(each.verdict, each.candidates[0].character) for each in reader.read_ink(inks)] for reader in (onnx_, torch_)]
    assert answers[0] == answers[1]
    assert onnx_.fingerprint == torch_.fingerprint
    ink = inks[0]
    ours, theirs = (integrated_gradients(reader, ink, "お", steps=2) for reader in (onnx_, torch_))
    np.testing.assert_allclose(ours, theirs, rtol=1e-2, atol=1e-3 * np.abs(theirs).max())


@pytest.mark.parametrize("architecture", STEM_STRIDES)
def test_the_gradient_in_numpy_is_pytorchs(architecture: str) -> None:
    torch.manual_seed(1)
    network = build(architecture, 5, 4)
    network(torch.randn(8, 1, 28, 28))  # so that the running means are not 0
    state = {name: value.numpy() for name, value in network.eval().state_dict().items()}
    rng = np.random.default_rng(0)
    batch, direction = rng.normal(size=(3, 1, 28, 28)).astype(np.float32), rng.normal(size=(3, 5)).astype(np.float32)
    theirs = TorchEngine(network, torch.device("cpu")).gradient(batch, lambda logits: direction * logits)
    ours = InputGradient(state, STEM_STRIDES[architecture])(batch, lambda logits: direction * logits)
    np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-6)


def test_the_detector_gives_the_same_maps() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (3 * MULTIPLE, 5 * MULTIPLE, 3), np.uint8)
    state = load_file(DETECTOR)
    network = DetectorNetwork()
    network.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
    np.testing.assert_allclose(load_maps(DETECTOR, state)(picture), torch_maps(network)(picture), rtol=1e-3, atol=1e-3)


def test_all_architectures_are_named() -> None:
    assert tuple(REGISTRY) == ARCHITECTURES


def test_other_weights_than_those_of_the_onnx_file_are_refused(tmp_path: Path, card: Card, network: torch.nn.Module) -> None:
    path = tmp_path / "mine.safetensors"
    weights_file.save(path, network, card)
    with pytest.raises(WeightsError, match=r"no mine\.onnx beside it: make it with python -m train onnx"):
        Recognizer.load(path, engine="onnx")
    shutil.copy(onnx_path(weights_path("kmnist")), onnx_path(path))
    with pytest.raises(WeightsError, match="made of other weights"):
        Recognizer.load(path, engine="onnx")
    assert isinstance(Recognizer.load(path, "cpu").engine, TorchEngine)
    onnx_path(path).write_bytes(b"no model")
    with pytest.raises(WeightsError, match="no usable ONNX file"):
        Recognizer.load(path, engine="onnx")


def test_engines_and_devices_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DeviceError, match="use auto, onnx or torch"):
        Recognizer.load("kmnist", engine="tensorflow")
    with pytest.raises(DeviceError, match="reads on the CPU, not on 'cuda'"):
        Recognizer.load("kmnist", "cuda", engine="onnx")


def test_without_pytorch_what_needs_it_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, card: Card, network: torch.nn.Module
) -> None:
    path = tmp_path / "mine.safetensors"
    weights_file.save(path, network, card)
    monkeypatch.setattr(choice, "has_torch", lambda: False)
    for words in ({"device": "cuda"}, {"engine": "torch"}):
        with pytest.raises(DeviceError, match="PyTorch is not installed"):
            Recognizer.load("kmnist", **words)
    with pytest.raises(WeightsError, match="or install torch"):
        Recognizer.load(path)
    with pytest.raises(WeightsError, match='engine="torch"'):
        _ = Recognizer.load("kmnist").network
