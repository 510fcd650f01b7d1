"""Uploads a repository of weights to the Hugging Face Hub, by huggingface_hub.

HF_ENDPOINT and HF_TOKEN are its own settings.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from httpx2 import HTTPError, InvalidURL  # the HTTP client of huggingface_hub
from huggingface_hub import CommitOperationAdd, HfApi, get_token
from huggingface_hub.errors import HfHubHTTPError, HFValidationError

from kmnist_model.errors import KmnistError


class HubError(KmnistError, ValueError):
    """An upload that failed."""


def check_token() -> None:
    """Raise `HubError` if there is no token for an upload."""
    if not get_token():
        raise HubError("There is no Hugging Face token here: run hf auth login, or set HF_TOKEN to one that may write.")


def push(repository: str, files: Sequence[Path], name: str) -> str:
    """Upload `files`, those of the weights called `name`, in one commit to the model `repository` ("owner/name"); returns the commit's address.

    The repository is created if it does not exist. Raises `HubError`.
    """
    check_token()
    api = HfApi()
    operations = [CommitOperationAdd(path.name, str(path)) for path in files]
    try:
        api.create_repo(repository, repo_type="model", exist_ok=True)
        done = api.create_commit(repository, operations, commit_message=f"Upload {name}")
    except HFValidationError as error:
        raise HubError(f"{repository!r} is not a name on the Hub ({error}): give owner/name.") from None
    except HfHubHTTPError as error:
        code = error.response.status_code if error.response is not None else "no answer"
        cure = "check that the token may write there." if code in (401, 403) else "try again later."
        raise HubError(f"The Hub rejected {repository} ({code}): {cure}") from None
    except (HTTPError, InvalidURL, OSError) as error:  # no network, an unknown host, a broken connection
        raise HubError(f"The Hub cannot be reached ({type(error).__name__}): check the network, and HF_ENDPOINT if it is set.") from None
    return str(done.commit_url)
