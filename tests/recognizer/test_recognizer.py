from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from kmnist_model import KMNIST, Candidate, DeviceError, InkError, PictureError, Recognizer, WeightsError, build, weights_file
from kmnist_model.alphabet import of_codepoints
from kmnist_model.engines.torch_engine import TorchEngine, choose_device
from kmnist_model.weights_file import Card
from tests.support.drawing import glyph
from train.data.drawing import strokes

CPU = torch.device("cpu")
FULL = np.full((1, 28, 28), 200, np.uint8)


class Says(torch.nn.Module):
    """Answers every ink with the same logits."""

    def __init__(self, *logits: float) -> None:
        super().__init__()
        self.logits = torch.tensor(logits)

    def forward(self, inks: torch.Tensor) -> torch.Tensor:
        return self.logits.expand(len(inks), -1).clone()


def says(card: Card, best: float, other: float) -> Recognizer:
    """A recogniser that gives `best` to す, `other` to "not a character" and 0 to the rest."""
    return Recognizer(card, Says(0, 0, best, 0, 0, 0, 0, 0, 0, 0, other), CPU)


@pytest.mark.parametrize(
    ("best", "other", "verdict"), [(9, 0, "character"), (9, 8.9, "character"), (9, 9.1, "unknown"), (0, 20, "unknown")]
)
def test_verdict_by_familiarity(card: Card, best: float, other: float, verdict: str) -> None:
    reading = says(card, best, other).read_ink(FULL)[0]
    assert reading.verdict == verdict
    if best:
        assert reading.candidates[0].character == "す"


@pytest.mark.parametrize("threshold", [-3.0, 0.0, 2.5])
def test_the_cards_threshold_parts_unknown_from_known(card: Card, threshold: float) -> None:
    card = replace(card, threshold=threshold)
    assert says(card, 30, 30 - threshold - 0.01).read_ink(FULL)[0].verdict == "character"
    assert says(card, 30, 30 - threshold + 0.01).read_ink(FULL)[0].verdict == "unknown"


def test_another_card_changes_the_new_recogniser_alone(card: Card) -> None:
    first = says(replace(card, temperature=1.0, threshold=0.0), 30, 29)
    second = first.with_card(replace(card, temperature=2.0, threshold=5.0))
    assert second.network is first.network
    assert [each.read_ink(FULL)[0].verdict for each in (first, second)] == ["character", "unknown"]
    probabilities = [each.probabilities(np.array([[0, 2, 0]], np.float32))[0, 1] for each in (first, second)]
    assert probabilities == pytest.approx([np.exp(2) / (np.exp(2) + 1), np.e / (np.e + 1)])


def test_a_network_in_memory_is_read_with_and_then_saved(
    card: Card, network: torch.nn.Module, inks: NDArray[np.uint8], tmp_path: Path
) -> None:
    recognizer = Recognizer(card, network, CPU)
    before = recognizer.logits(inks)
    weights_file.save(tmp_path / "saved.safetensors", network, card)
    np.testing.assert_array_equal(Recognizer.load(tmp_path / "saved.safetensors", "cpu").logits(inks), before)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
def test_temperature_divides_the_logits(card: Card, temperature: float) -> None:
    best = says(replace(card, temperature=temperature), 2, 0).read_ink(FULL)[0].candidates[0].probability
    odds = np.exp(2 / temperature)
    assert best == pytest.approx(odds / (odds + 9))


@pytest.mark.parametrize("temperature", [1e-310, 1e-12, 1e300])
@pytest.mark.filterwarnings("error", "default::pytest.PytestUnraisableExceptionWarning")
def test_extreme_temperatures_still_give_probabilities(card: Card, temperature: float) -> None:
    reading = says(replace(card, temperature=temperature), 2, 0).read_ink(FULL)[0]
    assert sum(candidate.probability for candidate in reading.candidates) == pytest.approx(1)


def test_a_blank_is_blank_whatever_the_network_says(card: Card) -> None:
    speck = np.zeros((28, 28), np.uint8)
    speck[3, 3] = 254
    for reading in says(card, 9, -9).read_ink(np.stack([speck * 0, speck])):
        assert reading.verdict == "blank"
        assert reading.candidates == tuple(Candidate(entry.character, entry.romaji, 0.1) for entry in KMNIST)


def test_candidates_are_all_ten_best_first_and_sum_to_one(recognizer: Recognizer, inks: NDArray[np.uint8]) -> None:
    for ink, reading in zip(inks, recognizer.read_ink(inks), strict=True):
        probabilities = [candidate.probability for candidate in reading.candidates]
        assert {(candidate.character, candidate.romaji) for candidate in reading.candidates} == {(e.character, e.romaji) for e in KMNIST}
        assert probabilities == sorted(probabilities, reverse=True)
        assert sum(probabilities) == pytest.approx(1, abs=1e-9)
        assert min(probabilities) >= 0
        assert np.array_equal(reading.ink, ink)


def test_a_batch_answers_as_one_by_one(recognizer: Recognizer, inks: NDArray[np.uint8]) -> None:
    inks = inks[::4]  # 75: more than two of the batches it is read in
    alone = np.concatenate([recognizer.logits(ink[None]) for ink in inks])
    np.testing.assert_allclose(recognizer.logits(inks), alone, rtol=1e-4, atol=1e-4)


def test_nothing_to_read_gives_nothing(recognizer: Recognizer) -> None:
    assert recognizer.read_ink(np.zeros((0, 28, 28), np.uint8)) == []


@pytest.mark.parametrize("character", KMNIST.characters)
def test_strokes_and_pictures_of_a_character_are_read(recognizer: Recognizer, character: str) -> None:
    for reading in (recognizer.read_strokes(strokes.load(character)), recognizer.read(glyph(character))):
        assert (reading.verdict, reading.candidates[0].character) == ("character", character)


@pytest.mark.parametrize("drawing", [[], [[]]])
def test_no_strokes_are_blank(recognizer: Recognizer, drawing: list) -> None:
    assert recognizer.read_strokes(drawing).verdict == "blank"


def test_paths_images_and_arrays_are_the_same_picture(recognizer: Recognizer, tmp_path: Path) -> None:
    image = glyph("れ", 120)
    image.save(tmp_path / "re.png")
    pixels = np.asarray(image)
    pictures: list[Any] = [tmp_path / "re.png", str(tmp_path / "re.png"), image, pixels, pixels[:, :, None], np.stack([pixels] * 3, 2)]
    pictures += [np.dstack([np.stack([pixels] * 3, 2), np.full_like(pixels, 255)]), pixels / 255, (pixels / 255).astype(np.float32)]
    first = recognizer.read(image)
    for picture in pictures:
        assert recognizer.read(picture).candidates == first.candidates


def test_a_boolean_array_is_a_picture(recognizer: Recognizer) -> None:
    assert recognizer.read(np.asarray(glyph("れ", 120)) > 127).ink.any()


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (np.zeros(5, np.uint8), "shape"),
        (np.zeros((0, 5), np.uint8), "shape"),
        (np.zeros((5, 5, 2), np.uint8), "shape"),
        (np.zeros((2, 5, 5, 3), np.uint8), "shape"),
        (np.zeros((5, 5), np.int64), "int64"),
        (np.zeros((5, 5), complex), "complex"),
        ("no such file.png", "no such file"),
        (Path("/"), "cannot be opened"),
        (__file__, "not a picture"),
        ("null\0byte", "cannot be opened"),
        (None, "picture"),
        ([1, 2], "picture"),
    ],
    ids=lambda value: repr(value)[:30] if not isinstance(value, str) else None,
)
def test_what_is_no_picture_is_refused(recognizer: Recognizer, picture: Any, message: str) -> None:
    with pytest.raises(PictureError, match=message) as caught:
        recognizer.read(picture)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "inks",
    [
        np.zeros((28, 28), np.uint8),
        np.zeros((1, 32, 32), np.uint8),
        np.zeros((1, 28, 28)),
        np.zeros((1, 1, 28, 28), np.uint8),
        [1],
        None,
        "ink",
    ],
    ids=["no batch", "32x32", "float", "with channel", "list", "None", "text"],
)
def test_inks_of_another_shape_are_refused(recognizer: Recognizer, inks: Any) -> None:
    with pytest.raises(InkError, match=r"\(N, 28, 28\) of uint8"):
        recognizer.read_ink(inks)


def test_ragged_lists_are_ink_errors(recognizer: Recognizer) -> None:
    with pytest.raises(InkError):
        recognizer.read_ink([[1], [2, 3]])


def test_threads_share_a_recogniser(recognizer: Recognizer, inks: NDArray[np.uint8]) -> None:
    inks = inks[::10]
    expected = recognizer.read_ink(inks)
    with ThreadPoolExecutor(4) as pool:
        assert all(readings == expected for readings in pool.map(lambda _: recognizer.read_ink(inks), range(12)))


@pytest.mark.parametrize("device", ["gpu", "", "cuda:banana", "meta"])
def test_devices_that_are_not_there_are_refused(device: str) -> None:
    with pytest.raises(DeviceError, match=r": use auto(, cuda, mps)? or cpu\.$"):
        choose_device(device)


def test_a_machine_without_cuda_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(DeviceError, match="no cuda"):
        Recognizer.load("kmnist", "cuda")


@pytest.mark.parametrize(("cuda", "mps", "chosen"), [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")])
def test_auto_takes_the_fastest_device(monkeypatch: pytest.MonkeyPatch, cuda: bool, mps: bool, chosen: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert choose_device("auto").type == chosen


@pytest.mark.parametrize("name", ["nothing", "", "../weights/kmnist", "kmnist.safetensors", "/"])
def test_unknown_weights_are_refused_with_the_names_there_are(name: str) -> None:
    with pytest.raises(WeightsError, match=r"or one of: kmnist, kuzushiji\.$"):
        Recognizer.load(name, "cpu")


def test_half_precision_changes_no_answer(inks: NDArray[np.uint8]) -> None:
    recognizer = Recognizer.load("kmnist", "cpu", engine="torch")
    half = Recognizer(recognizer.card, recognizer.network, CPU, half=True)
    rng = np.random.default_rng(0)
    inks = np.concatenate([inks, inks[:100] // 2, rng.integers(0, 256, (20, 28, 28), np.uint8)])
    answers = [[(r.verdict, r.candidates[0].character) for r in reader.read_ink(inks)] for reader in (recognizer, half)]
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("best", "other", "doubtful"),
    [(9, 0, False), (0.05, -20, True), (9, 8.95, True), (9, 9.05, True)],
    ids=["sure", "two alike", "hardly known", "hardly unknown"],
)
def test_half_precision_reads_doubtful_inks_again(card: Card, best: float, other: float, doubtful: bool) -> None:
    recognizer = says(card, best, other)
    assert isinstance(recognizer.engine, TorchEngine)
    recognizer.engine.half = True
    calls: list[bool] = []
    recognizer.network.register_forward_hook(lambda *_: calls.append(torch.is_autocast_enabled("cpu")))
    recognizer.read_ink(FULL)
    assert calls == ([True, False] if doubtful else [True])


def test_an_alphabet_of_one_can_be_read_in_half_precision(card: Card) -> None:
    one = replace(card, alphabet=type(KMNIST).from_rows("one", [("お", "o", "")]))
    reading = Recognizer(one, build("preact_resnet20", 2, 4), CPU, half=True).read_ink(FULL)[0]
    assert [candidate.probability for candidate in reading.candidates] == [1]


def test_another_card_changes_the_answers_of_a_copy_alone(card: Card, network: torch.nn.Module) -> None:
    strict = replace(card, threshold=1e9)
    ink = np.full((1, 28, 28), 200, np.uint8)
    lenient = Recognizer(replace(card, threshold=-1e9), network, torch.device("cpu"))
    assert lenient.with_card(strict).read_ink(ink)[0].verdict == "unknown"
    assert lenient.read_ink(ink)[0].verdict == "character"


def test_only_some_characters() -> None:
    whole, few = Recognizer.load("kmnist", "cpu"), Recognizer.load("kmnist", "cpu", only="をお")
    assert few.alphabet.characters == "おを"
    ink = whole.read_strokes([[[0, 0], [5, 9]], [[4, 0], [1, 9]]]).ink
    whole_logits, logits = whole.logits(ink[None]), few.logits(ink[None])
    np.testing.assert_allclose(logits, whole_logits[:, [0, 9, 10]], atol=1e-4)
    (reading,) = few.read_ink(ink[None])
    assert sum(candidate.probability for candidate in reading.candidates) == pytest.approx(1)


def test_only_characters_that_the_weights_lack() -> None:
    for only in ("kanji", "花", ""):
        with pytest.raises(WeightsError, match="know no"):
            Recognizer.load("kmnist", "cpu", only=only)


def test_a_restriction_has_its_own_calibration(tmp_path: Path, network: torch.nn.Module, card: Card) -> None:
    path = tmp_path / "own.safetensors"
    weights_file.save(path, network, replace(card, restrictions={"kana": {"temperature": 3.0, "threshold": -2.0}}))
    assert Recognizer.load(path, "cpu", only="kana").card.temperature == 3.0
    assert Recognizer.load(path, "cpu", only="kana").card.threshold == -2.0
    assert Recognizer.load(path, "cpu", only="おき").card.temperature == card.temperature


def test_weights_for_a_larger_square_and_thousands_of_characters(card: Card) -> None:
    alphabet = of_codepoints("many", range(0x4E00, 0x4E00 + 2_000))
    large = replace(card, architecture="preact_resnet18", alphabet=alphabet, size=48)
    recognizer = Recognizer(large, build("preact_resnet18", 2_001, 4).eval(), torch.device("cpu"))
    reading = recognizer.read_strokes([[[0, 0], [5, 9]]])
    assert reading.ink.shape == (48, 48)
    assert len(reading.candidates) == 100
    assert reading.candidates == tuple(sorted(reading.candidates, key=lambda candidate: -candidate.probability))
    assert recognizer.read(Image.new("L", (60, 60), 255)).verdict == "blank"
    with pytest.raises(InkError, match=r"N, 48, 48"):
        recognizer.read_ink(np.zeros((1, 28, 28), np.uint8))


def test_features_are_what_the_head_reads(card: Card, network: torch.nn.Module, inks: NDArray[np.uint8]) -> None:
    recognizer = Recognizer(card, network, CPU)
    features = recognizer.features(inks)
    assert (features.shape, features.dtype) == ((len(inks), 16), np.float32)
    with torch.inference_mode():
        logits = recognizer.network.head(torch.from_numpy(features)).numpy()
    np.testing.assert_allclose(logits, recognizer.logits(inks), atol=1e-4)
    assert recognizer.features(inks[:0]).shape == (0, 16)


def test_a_network_without_features_says_so(card: Card) -> None:
    with pytest.raises(WeightsError, match="gives no features"):
        says(card, 1, 0).features(FULL)
