"""The report of a fit: one self-contained HTML page, and the model card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from kmnist_model import weights_file
from kmnist_model.alphabet import Entry
from kmnist_model.recognizer import Recognizer
from train.data.data_folder import DataFolder
from train.data.splits import Split
from train.evaluation.calibrate import calibration_error
from train.evaluation.diagnosis import Diagnosis, diagnose
from train.evaluation.evaluate import LATENCIES, evaluate, latency
from train.evaluation.neighbours import Mistake, find
from train.publishing import mistakes, model_card, plots
from train.publishing.figures import title
from train.publishing.machine import machine
from train.publishing.run_record import FitLog

_MAX_MATRIX_CLASSES = 60
_MAX_CLASSES = 60
_MAX_MISTAKES = 24


def write(fit: FitLog, path: Path, split: Split, data: DataFolder, out: Path, pictures: bool = True) -> list[Path]:
    """Measure the weights at `path` on the test images of `split`, and report the results.

    Writes report.html, model_card.md and the picture that it shows to `out` and returns their paths. `fit` is the record of their fit.
    `pictures=False` leaves out the dataset's images, for a page that may be public when the dataset may not. Raises `DataError` if `split`
    has no test images for the weights.
    """
    card, network = weights_file.load(path)
    recognizer = Recognizer(card, network, torch.device("cpu"))
    parameters = sum(weights.numel() for weights in network.parameters())  # before norms are folded in
    metrics = evaluate(recognizer, split, data)
    diagnosis = diagnose(recognizer, split.test)
    out.mkdir(parents=True, exist_ok=True)
    page, model_card_path = out / "report.html", out / "model_card.md"
    costs = _costs(path, parameters, fit, recognizer, diagnosis)
    found = find(recognizer, diagnosis, split.train if pictures else split.train.take(slice(0)), _MAX_MISTAKES)
    page.write_text(_page(path, fit, recognizer, metrics, diagnosis, costs, found, split.source if pictures else ""), "utf-8")
    written = [page, model_card_path]
    if pictures and found:
        picture = mistakes.save(found, split.source, mistakes.path_of(out / path.name))
        metrics["mistakes"] = mistakes.described(found, split.source, picture)
        written.append(picture)
    model_card_path.write_text(model_card.model_card(path.stem, card, metrics), "utf-8")
    return written


def _page(
    path: Path,
    fit: FitLog,
    recognizer: Recognizer,
    metrics: dict[str, Any],
    diagnosis: Diagnosis,
    costs: list[tuple[str, str]],
    found: list[Mistake],
    source: str,
) -> str:
    """The page, with pictures if `source` says where they are from."""
    card, alphabet = recognizer.card, recognizer.alphabet
    per_class = diagnosis.classes()
    shown = per_class if len(per_class) <= _MAX_MATRIX_CLASSES else per_class[:_MAX_CLASSES]
    if len(per_class) <= _MAX_MATRIX_CLASSES:
        shown = sorted(shown, key=lambda row: row.index)
    values = {
        "name": path.stem,
        "title": f"{title(alphabet.name)}: evaluation of these weights",
        "characters": alphabet.characters if len(alphabet) <= _MAX_MATRIX_CLASSES else "",
        "about": f'{card.architecture}{"" if card.width is None else f", width {card.width}"}: {card.size}x{card.size} ink in, {len(alphabet):,} characters and "not a character" out.',
        "headline": [
            (model_card.percent(metrics["accuracy"]), f"right of {metrics['n']:,} test images"),
            (model_card.percent(metrics["ece"]), "expected calibration error"),
            (f"{path.stat().st_size / 1e6:.2f} MB", "weights file"),
            (f"{fit.seconds / 60:.1f} min", f"of training, {fit.recipe['epochs']} epochs"),
        ],
        "metrics": model_card.rows(alphabet.name, metrics),
        "n": metrics["n"],
        "protocol": model_card.PROTOCOLS.get(metrics["protocol"], "").replace("`", ""),
        "classes": len(alphabet),
        "confusion": plots.confusion(diagnosis) if len(alphabet) <= _MAX_MATRIX_CLASSES else "",
        "confused": [(_called(alphabet[is_]), _called(alphabet[as_]), times) for is_, as_, times in diagnosis.confused(_MAX_CLASSES)],
        "per_class": [(alphabet[row.index].character, alphabet[row.index].romaji, row) for row in shown],
        "more_classes": len(per_class) if len(shown) < len(per_class) else 0,
        "mistakes": [_mistake(mistake, bool(source)) for mistake in found],
        "pictures": source,
        "neighbours": any(len(mistake.like_answer) + len(mistake.like_truth) for mistake in found),
        "errors": metrics["errors"],
        "calibration": plots.calibration(diagnosis),
        "temperature": f"{card.temperature:.3f}",
        "rejection": plots.rejection(diagnosis),
        "curves": plots.fit_curves(fit.steps, fit.epochs) if fit.epochs else "",
        "rate": _rate(fit),
        "finder": plots.finder(fit.finder) if fit.finder else "",
        "recipe": card.recipe,
        "costs": costs,
        "sources": card.training_data,
        "licence": card.licence,
        "limits": model_card.limits(card),
        "stamp": "".join(f", {part}" for part in (fit.date and f"from a fit of {fit.date}", fit.machine, fit.versions) if part),
    }
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("report.html").render(values)


def _called(entry: Entry) -> str:
    return " ".join(filter(None, [entry.character, entry.romaji]))


def _rate(fit: FitLog) -> str:
    """A sentence about where the learning rate came from."""
    used = fit.recipe["learning_rate"]
    if used is None:
        return "No step was taken, so there was no rate."
    if fit.finder is None:
        return f"The peak rate, {used:.2g}, was given; the finder was not run."
    rule = fit.finder.suggestions["minimum"]
    if np.isclose(rule, used):
        return f"The peak rate, {used:.2g}, is the finder's: a tenth of the rate at the lowest smoothed loss."
    return f"The peak rate, {used:.2g}, was given. The finder's rule (a tenth of the rate at the lowest smoothed loss) gives {rule:.2g}; train/RECIPE.md explains the difference."


def _mistake(mistake: Mistake, pictures: bool) -> dict[str, Any]:
    """A mistake in words and, with `pictures`, as data URLs: the ink, and the nearest of either character."""
    is_, read_as, confidence = mistake.words
    like = [(read_as, mistake.like_answer), (is_, mistake.like_truth)]
    return {
        "is": is_,
        "read_as": read_as,
        "sure": f"{100 * confidence:.0f} %",
        "ink": mistakes.strip(mistake.ink[None]) if pictures else "",
        "like": [(character, mistakes.strip(inks)) for character, inks in like if pictures and len(inks)],
    }


def _costs(path: Path, parameters: int, fit: FitLog, recognizer: Recognizer, diagnosis: Diagnosis) -> list[tuple[str, str]]:
    """The size of the weights, and the time of the fit and of a reading."""
    costs = [
        ("parameters", f"{parameters:,}"),
        ("weights file", f"{path.stat().st_size:,} bytes"),
        (f"one reading, here ({machine()}), median of {LATENCIES}", f"{latency(recognizer, diagnosis.examples.inks[:1]):.2f} ms"),
        ("the fit, whole", f"{fit.seconds:.0f} s"),
    ]
    if fit.seconds_an_epoch:
        costs.append(("the fit, an epoch, median", f"{fit.seconds_an_epoch:.1f} s"))
    if fit.steps.get("loss"):
        seen = len(fit.steps["loss"]) * fit.recipe["batch_size"]
        costs.append(("training examples, over all epochs", f"{seen:,}"))
    raw, calibrated = (calibration_error(it, diagnosis.examples.labels) for it in (diagnosis.raw, diagnosis.probabilities))
    costs.append(("expected calibration error before and after the temperature", f"{100 * raw:.2f} %, {100 * calibrated:.2f} %"))
    return costs
