"""Where corrections go: into the operator's store, and from there to the Hugging Face Hub where one is named."""

from __future__ import annotations

import json
import logging
import math
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from huggingface_hub import CommitScheduler, HfApi
from huggingface_hub.hf_api import CommitInfo

from corrections.store import MAX_STROKES, Correction, FeedbackError, FeedbackStore, version_of
from kmnist_model import KmnistError, Reading
from kmnist_model.recognizer import weights_path
from server.batcher import Batcher
from server.metrics import Watch
from server.settings import Settings
from ui.components.correction import Wish, told

Keep = Callable[[Wish], Awaitable[str]]  # the JSON of `ui.components.correction.told`

_LOG = logging.getLogger(__name__)
_AGAIN = 60.0  # seconds until the Hub is tried again


def start(given: Settings, batcher: Batcher, watch: Watch) -> Keep | None:
    """What keeps corrections as the settings say; None where none are to be kept."""
    if not given.feedback:
        return None
    store = FeedbackStore(given.feedback)
    try:
        store.check()
    except FeedbackError as error:  # visitors are told so too; the page must not go down for it
        _LOG.error("No correction can be kept in %s: %s", given.feedback, error.__cause__)
    if given.feedback_repo:
        push_to(given.feedback_repo, store)
    return keeper(store, version_of(weights_path(given.weights)), batcher, watch)


def keeper(store: FeedbackStore, weights: str, batcher: Batcher, watch: Watch) -> Keep:
    """What keeps a wish in `store`, beside what the `weights` answer to it, and says whether it could."""

    async def keep(wish: Wish) -> str:
        try:
            with watch.reading("correction") as seen:
                reading = await (batcher.read_strokes(wish.strokes) if wish.ink is None else batcher.read_ink(wish.ink))
                if reading.verdict == "blank":
                    seen.verdict = "blank"
                    return told(wish.turn, False, "There is nothing to correct on an empty sheet.")
                await batcher.slowly(lambda: store.add(_record(wish, reading, weights)))
                seen.verdict = "kept"
        except FeedbackError as error:
            _LOG.error("A correction was not kept: %s", error.__cause__ or error)
            return told(wish.turn, False, str(error))
        except KmnistError as error:
            return told(wish.turn, False, str(error))
        except Exception:  # noqa: BLE001 - it is logged, and the visitor must not wait for ever
            _LOG.exception("A correction could not be kept")
            return told(wish.turn, False, "Something went wrong here: try again.")
        return told(wish.turn, True, f"Thank you: kept as {wish.character}.")

    return keep


def _record(wish: Wish, reading: Reading, weights: str) -> Correction:
    answered = (reading.verdict, reading.candidates[0].character, weights)
    strokes = None if wish.strokes is None else [[_point(point) for point in stroke] for stroke in wish.strokes if stroke]
    if strokes is not None and len(json.dumps(strokes)) <= MAX_STROKES:
        return Correction(wish.character, strokes, None, *answered, key=wish.key)
    return Correction(wish.character, None, reading.ink, *answered, key=wish.key)


def _point(point: list[Any]) -> list[float]:
    """x, y and the time where there is one: numbers, whatever else was sent in its place."""
    x, y, *rest = point
    try:
        times = [float(time) for time in rest if isinstance(time, int | float)]
    except OverflowError:
        times = []
    return [float(x), float(y), *(time for time in times if math.isfinite(time))]


class _Scheduler(CommitScheduler):
    """Uploads a folder of batches; before each upload what is new goes into one more batch."""

    def __init__(self, store: FeedbackStore, repository: str, every: float) -> None:
        self._store = store
        api = HfApi()
        api.create_repo(repository, repo_type="dataset", private=True, exist_ok=True)
        if not api.repo_info(repository, repo_type="dataset").private:
            raise FeedbackError(f"The dataset {repository} is public: make it private, or name another one.")
        super().__init__(
            repo_id=repository,
            repo_type="dataset",
            folder_path=store.folder / "batches",
            path_in_repo="data",
            every=every,
            private=True,
            allow_patterns="*.jsonl",
        )

    def push_to_hub(self) -> CommitInfo | None:
        while self._store.export_new(self.folder_path):
            pass
        done = super().push_to_hub()
        for path in self.last_uploaded:  # only what has got there
            path.unlink(missing_ok=True)
        return done


def push_to(repository: str, store: FeedbackStore, every: float = 5.0) -> threading.Thread:
    """Upload the corrections of `store` to the dataset `repository` every so many minutes, from a thread of its own, and when the process ends.

    The dataset is made, private, where there is none; a public one is refused. What cannot be uploaded stays in the store's folder for the next time.
    """

    def begin() -> None:
        while True:
            try:
                _Scheduler(store, repository, every)
                return
            except Exception as error:  # noqa: BLE001 - whatever it is, no visitor must notice
                _LOG.error("The Hub does not take corrections for %s, and is tried again: %s", repository, error)
                threading.Event().wait(_AGAIN)

    thread = threading.Thread(target=begin, name="hub", daemon=True)
    thread.start()
    return thread
