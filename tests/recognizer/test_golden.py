from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import load_file

from kmnist_model import Recognizer
from tools.make_golden import GOLDEN

REMAKE = "run `python -m tools.make_golden` if the shipped weights were changed on purpose"


def test_the_shipped_weights_answer_as_they_did(recognizer: Recognizer) -> None:
    if not GOLDEN.exists():
        pytest.fail(f"{GOLDEN} is missing: {REMAKE}")
    golden = load_file(GOLDEN)
    logits = recognizer.engine.logits(recognizer.normalised(golden["inks"]))
    # The second bound is for logits near nought, where machines differ in the last digits of a sum.
    np.testing.assert_allclose(logits, golden["logits"], rtol=1e-3, atol=1e-4, err_msg=REMAKE)


def test_int8_answers_as_full_precision_does(recognizer: Recognizer) -> None:
    golden = load_file(GOLDEN)
    inks = golden["inks"]
    answers = [
        [(each.verdict, each.candidates[0].character) for each in readings]
        for readings in (recognizer.read_ink(inks), recognizer.readings(inks, golden["logits"]))
    ]
    assert answers[0] == answers[1]
