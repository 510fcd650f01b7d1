"""Visitors' corrections: each is read again with the model that read it and kept in the operator's store."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping
from typing import Any

from corrections.store import MAX_STROKES, Correction, FeedbackError, FeedbackStore, version_of
from kmnist_model import KmnistError, Reading
from server.batcher import Batcher
from server.hub import push_corrections
from server.languages.catalogue import english
from server.messages import CorrectionAnswer, CorrectionMessage
from server.metrics import Metrics
from server.settings import Settings

_LOG = logging.getLogger(__name__)


class CorrectionService:
    """Keeps corrections in `store`, beside the answer of the model that was asked and the version of its weights, from `versions`."""

    def __init__(self, store: FeedbackStore, versions: Mapping[str, str], batcher: Batcher, metrics: Metrics) -> None:
        self._store, self._versions = store, versions
        self._batcher, self._metrics = batcher, metrics

    async def store(self, message: CorrectionMessage) -> CorrectionAnswer:
        """Keep a correction, and answer whether it was kept."""
        try:
            is_kept = await self._store_reading(message)
        except FeedbackError as error:
            _LOG.error("A correction was not kept: %s", error.__cause__ or error)
            return _not_kept(message, str(error))
        except KmnistError as error:
            return _not_kept(message, str(error))
        except Exception:  # noqa: BLE001 - it is logged, and the visitor must not wait for ever
            _LOG.exception("A correction could not be kept")
            return _not_kept(message, english("error.correction_failed"))
        if not is_kept:
            return _not_kept(message, english("error.nothing_to_correct"))
        return CorrectionAnswer(seq=message.seq, kept=True, message=english("error.kept", character=message.character))

    async def _store_reading(self, message: CorrectionMessage) -> bool:
        """Read the drawing again and store it; False if it is blank."""
        model = self._batcher.models.name(message.model)
        with self._metrics.reading("correction", model) as observation:
            if message.strokes is not None:
                reading = await self._batcher.read_strokes(message.strokes, model)
            else:
                reading = await self._batcher.read_ink(message.ink(), model)
            if reading.verdict == "blank":
                observation.verdict = "blank"
                return False
            await self._batcher.run_slow(lambda: self._store.add(_record(message, reading, self._versions[model])))
            observation.verdict = "kept"
        return True


def start(settings: Settings, batcher: Batcher, metrics: Metrics) -> CorrectionService | None:
    """The service that the settings ask for, with its upload to the Hub; None if they ask for none."""
    if not settings.feedback:
        return None
    store = FeedbackStore(settings.feedback)
    try:
        store.check()
    except FeedbackError as error:  # each correction is answered with it; the page must go on
        _LOG.error("Corrections cannot be kept in %s: %s", settings.feedback, error.__cause__)
    if settings.feedback_repo:
        push_corrections(settings.feedback_repo, store)
    versions = {name: version_of(path) for name, path in batcher.models.weights.items()}
    return CorrectionService(store, versions, batcher, metrics)


def _not_kept(message: CorrectionMessage, sentence: str) -> CorrectionAnswer:
    return CorrectionAnswer(seq=message.seq, kept=False, message=sentence)


def _record(message: CorrectionMessage, reading: Reading, weights_version: str) -> Correction:
    answered = (reading.verdict, reading.candidates[0].character, weights_version)
    strokes = None if message.strokes is None else [[_point(point) for point in stroke] for stroke in message.strokes if stroke]
    if strokes is not None and len(json.dumps(strokes)) <= MAX_STROKES:
        return Correction(message.character, strokes, None, *answered, key=message.key)
    return Correction(message.character, None, reading.ink, *answered, key=message.key)


def _point(point: list[Any]) -> list[float]:
    """x, y and the time if it is a finite number; anything else in the place of the time is dropped."""
    x, y, *rest = point
    try:
        times = [float(time) for time in rest if isinstance(time, int | float)]
    except OverflowError:
        times = []
    return [float(x), float(y), *(time for time in times if math.isfinite(time))]
