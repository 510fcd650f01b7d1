"""Uploads stored corrections to a dataset on the Hugging Face Hub."""

from __future__ import annotations

import logging
import threading

from huggingface_hub import CommitScheduler, HfApi
from huggingface_hub.hf_api import CommitInfo

from corrections.store import FeedbackError, FeedbackStore

_LOG = logging.getLogger(__name__)
_RETRY_AFTER = 60.0  # seconds


class _Scheduler(CommitScheduler):
    """Uploads a folder of batches; before each upload, new corrections are exported into one more batch."""

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
        commit = super().push_to_hub()
        for path in self.last_uploaded:
            path.unlink(missing_ok=True)
        return commit


def push_corrections(repository: str, store: FeedbackStore, every: float = 5.0) -> threading.Thread:
    """Upload the corrections in `store` to the dataset `repository` every so many minutes, in a thread of its own, and when the process ends.

    A dataset that does not exist is created, private; a public one is refused. A failed upload stays in the store's folder for the next time.
    """

    def run() -> None:
        while True:
            try:
                _Scheduler(store, repository, every)
                return
            except Exception as error:  # noqa: BLE001 - no error of the Hub may reach a visitor
                _LOG.error("Corrections cannot be uploaded to %s, retrying in %g s: %s", repository, _RETRY_AFTER, error)
                threading.Event().wait(_RETRY_AFTER)

    thread = threading.Thread(target=run, name="hub", daemon=True)
    thread.start()
    return thread
