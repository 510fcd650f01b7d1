"""The protocols: how official files are checked and split."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support import official_files
from train.data import catalogue
from train.data.catalogue import File
from train.data.data_folder import DataFolder
from train.data.download import md5
from train.data.splits import Examples, Split, open_split
from train.errors import DataError


def numbered(folder: Path, part: str, count: int) -> None:
    """Files of `count` images that carry their own number in their first pixels."""
    images = np.zeros((count, 28, 28), np.uint8)
    images[:, 0, 0], images[:, 0, 1] = np.arange(count) // 256, np.arange(count) % 256
    official_files.write_kmnist(folder, part, images, (np.arange(count) % 10).astype(np.uint8))


def numbers(examples: Examples) -> np.ndarray:
    return examples.inks[:, 0, 0].astype(int) * 256 + examples.inks[:, 0, 1]


@pytest.fixture(scope="module")
def ten_thousand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("numbered")
    numbered(folder, "t10k", 10_000)
    numbered(folder, "train", 2_400)
    return folder


def _parts(split: Split) -> list[np.ndarray]:
    return [numbers(part) for part in (split.train, split.validation, split.test)]


def test_t10k_is_the_documented_permutation(ten_thousand: Path) -> None:
    split = open_split("kmnist", "t10k", DataFolder(ten_thousand, verify=False))
    order = np.random.default_rng(0).permutation(10000)
    for part, expected in zip(_parts(split), (order[:7500], order[7500:8000], order[8000:]), strict=True):
        assert np.array_equal(part, expected)
    assert np.array_equal(split.test.labels, order[8000:] % 10)


def test_ablation_never_uses_the_test_images(ten_thousand: Path) -> None:
    ablation, t10k = (_parts(open_split("kmnist", name, DataFolder(ten_thousand, verify=False))) for name in ("ablation", "t10k"))
    assert [len(part) for part in ablation] == [6000, 2000, 0]
    assert set(np.concatenate(ablation)) == set(np.concatenate(t10k[:2]))
    assert not set(ablation[0]) & set(ablation[1])


def test_ablation_has_its_former_name_too(ten_thousand: Path) -> None:
    """Records of earlier runs name the protocol so."""
    data = DataFolder(ten_thousand, verify=False)
    former = open_split("kmnist", "choices", data)
    assert former.name == "ablation"
    assert np.array_equal(former.train.inks, open_split("kmnist", "ablation", data).train.inks)


def test_official_tests_on_the_test_files(ten_thousand: Path) -> None:
    train, validation, test = _parts(open_split("kmnist", "official", DataFolder(ten_thousand, verify=False)))
    assert np.array_equal(test, np.arange(10_000))
    assert (len(train), len(validation)) == (2300, 100)
    assert sorted([*train, *validation]) == list(range(2400))


def test_kkanji_validates_on_every_fiftieth_of_a_class(small_folder: Path) -> None:
    split = open_split("kkanji", "whole", DataFolder(small_folder))
    assert split.alphabet.characters == official_files.KANJI
    assert (len(split.train), len(split.validation), len(split.test)) == (4410, 90, 0)
    assert np.bincount(split.validation.labels).tolist() == [9] * 10


def test_the_wrong_md5_is_rejected_with_the_reason(small_folder: Path) -> None:
    with pytest.raises(DataError, match=r"t10k-images-idx3-ubyte\.gz is not the official file \(MD5 .*of another release; delete it"):
        open_split("kmnist", "t10k", DataFolder(small_folder))


def test_the_right_md5_is_taken(ten_thousand: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = tuple(File(file.name, md5(ten_thousand / "kmnist" / file.name), ()) for file in catalogue.find("kmnist").files)
    monkeypatch.setitem(catalogue.DATASETS, "kmnist", replace(catalogue.find("kmnist"), files=files))
    assert len(open_split("kmnist", "t10k", DataFolder(ten_thousand)).train) == 7500


@pytest.mark.parametrize(
    ("images", "labels"),
    [((4, 28, 28), 3), ((4, 32, 32), 4), ((4, 784), 4), ((4, 28, 28), 4)],
    ids=["count", "size", "flat", "label 10"],
)
def test_files_that_are_not_kmnists(tmp_path: Path, images: tuple[int, ...], labels: int) -> None:
    official_files.write_kmnist(
        tmp_path, "t10k", np.zeros(images, np.uint8), np.full(labels, 10 if images == (4, 28, 28) and labels == 4 else 0, np.uint8)
    )
    with pytest.raises(DataError, match=r": get the (dataset again|official ones)\.$"):
        open_split("kmnist", "t10k", DataFolder(tmp_path, verify=False))


@pytest.mark.parametrize("name", ["t10k", "ablation", "official"])
def test_no_image_is_in_two_parts(ten_thousand: Path, name: str) -> None:
    train, validation, test = _parts(open_split("kmnist", name, DataFolder(ten_thousand, verify=False)))
    assert not set(train) & set(validation)
    if name != "official":  # whose test images are in other files
        assert not {*train, *validation} & set(test)
