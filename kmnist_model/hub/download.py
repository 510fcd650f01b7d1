"""Downloads weights from the Hugging Face Hub, by huggingface_hub with its cache; HF_ENDPOINT, HF_HOME and HF_TOKEN are its settings.

Nothing but `config.json` and `model.safetensors` is downloaded, each only after its size is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from kmnist_model.errors import WeightsError
from kmnist_model.hub import layout
from kmnist_model.hub.address import Address

_TIMEOUT = 10.0  # seconds, for the size and commit of a file


@dataclass(frozen=True)
class Download:
    """A weights file in the cache, at `path`; `address` has the commit hash that it is from as its revision."""

    address: Address
    path: Path


def download(text: str) -> Download:
    """The weights that `text` addresses ("hf:owner/name" or "hf:owner/name@revision"), from the Hub or its cache.

    A branch or a tag is looked up each time, and taken from the cache where the Hub cannot be reached; a commit hash that is in the cache
    needs no network. Raises `WeightsError`.
    """
    address = Address.parse(text)
    with _one_sentence(address):
        config = _file(address, layout.CONFIG)
        layout.check_config(config, address.repository)
        pinned = replace(address, revision=config.parent.name)  # of the cache's snapshots/<commit>
        return Download(pinned, _file(pinned, layout.WEIGHTS))


def _file(address: Address, name: str) -> Path:
    """The cached path of a file of the repository, downloaded where it is not there. Raises what huggingface_hub raises, and `WeightsError`."""
    import huggingface_hub as hub  # 0.4 s to import, and not needed for weights on the disk
    from httpx2 import TransportError

    cached = hub.try_to_load_from_cache(address.repository, name, revision=address.revision)
    if isinstance(cached, str) and address.is_pinned:
        return Path(cached)
    try:
        about = hub.get_hf_file_metadata(hub.hf_hub_url(address.repository, name, revision=address.revision), timeout=_TIMEOUT)
    except (TransportError, hub.errors.OfflineModeIsEnabled):  # hf_hub_download would try for half a minute
        if isinstance(cached, str):
            return Path(cached)
        raise
    limit = layout.MAX_BYTES[name]
    if about.size is None or about.size > limit:
        size = "unknown size" if about.size is None else f"{about.size:,} bytes"
        raise WeightsError(
            f"{name} of {address.repository} has {size}, and at most {limit:,} bytes are downloaded: check the repository's name."
        )
    return Path(hub.hf_hub_download(address.repository, name, revision=address.revision, etag_timeout=_TIMEOUT))


@contextmanager
def _one_sentence(address: Address) -> Iterator[None]:
    """Turn the errors of huggingface_hub into a `WeightsError`."""
    try:
        from httpx2 import HTTPError, InvalidURL, TransportError  # the HTTP client of huggingface_hub
        from huggingface_hub import errors
    except ImportError:
        raise WeightsError(f"{address} needs another package: pip install 'huggingface_hub>=2'.") from None
    repository, where = address.repository, "on the Hugging Face Hub"
    try:
        yield
    except errors.GatedRepoError:
        raise WeightsError(f"{repository} {where} asks for its terms to be accepted: accept them there, and run hf auth login.") from None
    except errors.RepositoryNotFoundError:
        raise WeightsError(
            f"There is no model {repository} {where} that you may read: check the name; for a private one, run hf auth login or set HF_TOKEN."
        ) from None
    except errors.RevisionNotFoundError:
        raise WeightsError(
            f"{repository} {where} has no revision {address.revision!r}: give one of its branches, tags or commit hashes."
        ) from None
    except errors.RemoteEntryNotFoundError:
        raise WeightsError(
            f"{repository} {where} lacks {layout.CONFIG} or {layout.WEIGHTS}: name a repository that python -m train export --push made."
        ) from None
    except (TransportError, errors.OfflineModeIsEnabled, errors.LocalEntryNotFoundError):
        raise WeightsError(
            f"The Hugging Face Hub cannot be reached, and {address} is not in the cache: check the network, or give the path of a weights file."
        ) from None
    except errors.HFValidationError as error:
        raise WeightsError(f"{repository!r} is not a name {where} ({error}): give hf:owner/name.") from None
    except (HTTPError, InvalidURL, OSError) as error:  # a broken connection, a wrong HF_ENDPOINT, a full disk
        raise WeightsError(
            f"{address} could not be downloaded ({type(error).__name__}): check the network and the disk, and try again."
        ) from None
