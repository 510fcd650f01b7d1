"""A finished fit has its page and its model card: whole in themselves, true to the weights, readable by the Hub."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from huggingface_hub import ModelCard
from PIL import Image

from kmnist_model import KMNIST, Recognizer, from_strokes
from train import __main__
from train.data.data_folder import DataFolder
from train.data.drawing import strokes
from train.data.splits import open_split
from train.evaluation.calibrate import calibration_error
from train.evaluation.diagnosis import diagnose
from train.evaluation.evaluate import evaluate

pytestmark = pytest.mark.slow
SECTIONS = [
    "Accuracy",
    "Confusions",
    "Class by class",
    "Most confident mistakes",
    "Calibration",
    "Accuracy with rejection",
    "The fit",
    "The learning rate",
    "The recipe",
    "Size and time",
    "Where the data comes from",
    "Limits",
]


class Page(HTMLParser):
    """The headings, and every address that the page would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.addresses: list[str] = []
        self.pictures = 0
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        self.pictures += tag == "svg"
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "data", "xlink:href")]

    def handle_data(self, data: str) -> None:
        if self._inside == "h2" and data.strip():
            self.headings.append(data.strip())


@pytest.fixture(scope="module")
def out(small_run: Path, small_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report")
    assert __main__.main(["report", str(small_run), "--data", str(small_folder), "--no-verify", "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def page(out: Path) -> str:
    return (out / "report.html").read_text()


def test_the_page_has_every_part_and_needs_no_other_file(page: str) -> None:
    seen = Page(page)
    assert seen.headings == SECTIONS
    assert seen.pictures == 5, "curves, finder, confusion, reliability, rejection"
    assert [address for address in seen.addresses if not address.startswith(("data:image/png;base64,", "#"))] == []
    assert "@import" not in page
    assert "url(http" not in page


def test_its_figures_are_those_of_evaluate(page: str, small_run: Path, small_folder: Path) -> None:
    split = open_split("kmnist", None, DataFolder(small_folder, verify=False))
    recognizer = Recognizer.load(small_run / "kmnist.safetensors", "cpu")
    figures = evaluate(recognizer, split, DataFolder(small_folder))
    assert f"<strong>{100 * figures['accuracy']:.2f} %</strong>right of 80 test images" in page
    assert f"24 of {figures['errors']} mistakes" in page or f"{figures['errors']} of {figures['errors']} mistakes" in page
    raw = calibration_error(diagnose(recognizer, split.test).raw, split.test.labels)
    assert f"before temperature: ECE {100 * raw:.2f} %" in page
    assert f"after temperature: ECE {100 * figures['ece']:.2f} %" in page
    for entry in KMNIST:
        assert f'<span lang="ja">{entry.character}</span> {entry.romaji}' in page


def test_each_mistake_stands_beside_the_nearest_of_either_class(page: str) -> None:
    mistakes = page[page.index("Most confident mistakes") : page.index("<h2>Calibration")]
    count = mistakes.count('<img class="ink"')
    assert 1 <= count <= 24
    assert mistakes.count("<figure>") == 2 * count, "every class has training images"
    assert mistakes.count('<figcaption>nearest <b class="as"') == count
    assert "Images: &#34;KMNIST Dataset&#34; (created by CODH)" in mistakes
    assert len(mistakes) < 24 * 6_000, "bytes: the pictures are small"


def test_the_model_card_has_what_the_hub_reads(out: Path) -> None:
    card = ModelCard.load(out / "model_card.md")
    (*_,) = results = card.data.eval_results
    assert {result.metric_type for result in results} == {"accuracy", "ece", "kept", "refused", "not_sure"}
    assert all(0 <= result.metric_value <= 1 for result in results)
    assert results[0].dataset_config == "t10k"
    assert (card.data.license, card.data.language, card.data.library_name) == ("cc-by-sa-4.0", "ja", "kmnist_model")
    assert "![Held-out images that were read wrong, each beside the training images nearest to it](kmnist-mistakes.png)" in card.text
    assert (out / "kmnist-mistakes.png").stat().st_size < 60_000
    for part in ("## Test metrics", "## Mistakes", "CODH", "## Trained on", "## Recipe", "## Limits", "| batch_size | 64 |"):
        assert part in card.text


def test_a_page_of_many_classes_lists_what_is_confused_instead(tmp_path: Path, small_folder: Path) -> None:
    """A folder of 70 classes: no matrix of 4,900 cells."""
    rng = np.random.default_rng(0)
    kanji = [chr(code) for code in range(0x4E00, 0x5000) if strokes.has(chr(code))][:70]
    for character in kanji:
        (tmp_path / "own" / character).mkdir(parents=True)
        for number in range(10):
            ink = from_strokes(strokes.jitter(strokes.load(character), rng))
            Image.fromarray(255 - ink).save(tmp_path / "own" / character / f"{number}.png")
    dataset = f"folder:{tmp_path / 'own'}"
    small = ["--set", "width=4", "--epochs", "1", "--batch-size", "32", "--learning-rate", "0.05"]
    assert __main__.main(["fit", "--dataset", dataset, "--data", str(small_folder), *small, "--out", str(tmp_path / "run")]) == 0
    assert __main__.main(["report", str(tmp_path / "run"), "--data", str(small_folder)]) == 0, "the dataset is the fit's"
    page = (tmp_path / "run" / "report.html").read_text()
    assert Page(page).pictures == 3, "no matrix, and no finder"
    assert "<th>Read as</th>" in page
    assert "was given; the finder was not run" in page


def test_weights_alone_have_a_report_without_curves(small_run: Path, small_folder: Path, tmp_path: Path) -> None:
    words = ["report", str(small_run / "kmnist.safetensors"), "--data", str(small_folder), "--no-verify", "--out", str(tmp_path)]
    assert __main__.main(words) == 0
    page = (tmp_path / "report.html").read_text()
    assert Page(page).headings == SECTIONS
    assert Page(page).pictures == 3, "neither curves nor finder"
    assert "Its curves were not recorded." in page
    assert __main__.main([*words, "--no-pictures"]) == 0
    bare = (tmp_path / "report.html").read_text()
    assert "<img" not in bare
    assert "from the dataset and left out here" in bare.replace("&#39;", "'")
    assert "Mistakes" not in (tmp_path / "model_card.md").read_text()
    found = json.loads((small_run / "fit.json").read_text())["finder"]
    (tmp_path / "finder.json").write_text(json.dumps(found))
    assert __main__.main([*words, "--finder", str(tmp_path)]) == 0
    assert Page((tmp_path / "report.html").read_text()).pictures == 4
    assert __main__.main([*words, "--finder", str(tmp_path / "elsewhere")]) == 2
    (tmp_path / "finder.json").write_text("{")
    assert __main__.main([*words, "--finder", str(tmp_path)]) == 2


def test_a_fit_of_no_epochs_has_a_report(small_folder: Path, tmp_path: Path) -> None:
    small = ["--data", str(small_folder), "--no-verify", "--set", "mix=false", "--set", "width=4", "--epochs", "0", "--batch-size", "32"]
    assert __main__.main(["fit", *small, "--out", str(tmp_path)]) == 0
    assert __main__.main(["report", str(tmp_path), "--data", str(small_folder), "--no-verify"]) == 0
    assert "No step was taken" in (tmp_path / "report.html").read_text()
