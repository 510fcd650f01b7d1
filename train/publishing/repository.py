"""Lays out a repository for the Hugging Face Hub: config.json, model.safetensors, README.md, report.html, and, if there are such, the picture of mistakes and model.onnx."""

from __future__ import annotations

import shutil
from pathlib import Path

from kmnist_model.hub import layout
from kmnist_model.weights_file import load_card
from train.publishing import mistakes
from train.publishing.model_card import model_card


def lay_out(folder: Path, repository: str, weights: Path, report: Path, onnx: Path | None = None) -> list[Path]:
    """Write what the `repository` ("owner/name") shall hold to `folder`; returns the paths.

    The model card and its model-index are made from the metadata of the `weights`, which must have been exported.
    """
    card = load_card(weights)
    config, readme = folder / layout.CONFIG, folder / "README.md"
    config.write_text(layout.config(card), "utf-8")
    readme.write_text(model_card(weights.stem, card, card.metrics["held_out"], repository), "utf-8")
    copies = {layout.WEIGHTS: weights, "report.html": report} | ({"model.onnx": onnx} if onnx else {})
    picture = mistakes.path_of(weights)
    if "mistakes" in card.metrics["held_out"]:  # the model card shows it
        copies[picture.name] = picture
    for name, path in copies.items():
        shutil.copyfile(path, folder / name)
    return [config, readme, *(folder / name for name in copies)]
