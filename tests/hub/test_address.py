"""Addresses of weights on the Hub."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmnist_model import WeightsError
from kmnist_model.hub.address import Address, is_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("hf:museum/kmnist", Address("museum/kmnist")),
        ("hf:museum/k.mnist-2_a@v1.0", Address("museum/k.mnist-2_a", "v1.0")),
        ("hf:museum/kmnist@refs/pr/3", Address("museum/kmnist", "refs/pr/3")),
        (f"hf:museum/kmnist@{'0a' * 20}", Address("museum/kmnist", "0a" * 20)),
    ],
)
def test_an_address_is_read_and_written(text: str, address: Address) -> None:
    assert is_address(text)
    assert Address.parse(text) == address
    assert Address.parse(str(address)) == address


@pytest.mark.parametrize(
    "text",
    ["hf:", "hf:kmnist", "hf:a/b/c", "hf:a/b@", "hf:a b/c", "hf:../b", "hf:a/..", "hf:a/b@../../x", "hf:a/b@/etc", "hf:a/b\n", "hf:お/を"],
)
def test_what_is_none_is_one_sentence(text: str) -> None:
    with pytest.raises(WeightsError, match=r"is not an address on the Hugging Face Hub: give hf:owner/name or hf:owner/name@revision\.$"):
        Address.parse(text)


@pytest.mark.parametrize("other", ["kmnist", "museum/kmnist", "runs/kmnist.safetensors", Path("hf:museum/kmnist")])
def test_names_and_paths_are_none(other: object) -> None:
    assert not is_address(other)


def test_only_a_commit_hash_is_pinned() -> None:
    assert Address("a/b", "0a" * 20).is_pinned
    assert not Address("a/b").is_pinned
    assert not Address("a/b", "0a" * 19).is_pinned
