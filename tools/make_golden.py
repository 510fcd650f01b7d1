"""Writes tests/golden/kmnist.safetensors, the released weights' answers to fixed inks: `python -m tools.make_golden`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from kmnist_model import KMNIST, Recognizer, from_strokes
from train.data.drawing import strokes

GOLDEN = Path(__file__).resolve().parent.parent / "tests" / "golden" / "kmnist.safetensors"


def main() -> None:
    """Read 20 characters, 8 scribbles, 3 noises and a blank, and store inks (32, 28, 28) uint8 with logits (32, 11) float32."""
    rng = np.random.default_rng(0)
    drawings = [strokes.jitter(strokes.load(character), rng) for character in KMNIST.characters * 2]
    drawings += [strokes.scribble(rng) for _ in range(8)]
    inks = [from_strokes(drawing) for drawing in drawings]
    inks += [*rng.integers(0, 256, (3, 28, 28), np.uint8), np.zeros((28, 28), np.uint8)]
    stacked = np.stack(inks)
    GOLDEN.parent.mkdir(exist_ok=True)
    recognizer = Recognizer.load("kmnist", "cpu")
    save_file({"inks": stacked, "logits": recognizer.engine.logits(recognizer.normalised(stacked))}, GOLDEN)
    GOLDEN.chmod(0o644)


if __name__ == "__main__":
    main()
