"""The address of weights on the Hugging Face Hub: `hf:owner/name`, or `hf:owner/name@revision`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from kmnist_model.errors import WeightsError

_PREFIX = "hf:"
_FORM = re.compile(r"hf:(?P<repository>\w[\w.-]*/\w[\w.-]*)(@(?P<revision>\w[\w./-]*))?", re.ASCII)

_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Address:
    """A model `repository` ("owner/name") at a `revision`: a branch, a tag or a commit hash."""

    repository: str
    revision: str = "main"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The address that `text` writes. Raises `WeightsError`."""
        found = _FORM.fullmatch(text)
        if not found or ".." in text:
            raise WeightsError(f"{text!r} is not an address on the Hugging Face Hub: give hf:owner/name or hf:owner/name@revision.")
        return cls(found["repository"], found["revision"] or "main")

    @property
    def name(self) -> str:
        """The name of the repository without its owner."""
        return self.repository.partition("/")[2]

    @property
    def is_pinned(self) -> bool:
        """Whether the revision is a commit hash, which always names the same files."""
        return bool(_COMMIT.fullmatch(self.revision))

    def __str__(self) -> str:
        return f"{_PREFIX}{self.repository}@{self.revision}"


def is_address(name_or_path: object) -> bool:
    """Whether this names weights on the Hub, rather than a file or weights of the package."""
    return isinstance(name_or_path, str) and name_or_path.startswith(_PREFIX)
