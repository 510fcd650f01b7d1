"""KMNIST's NumPy files, Kuzushiji-49 and Kuzushiji-Kanji in their official containers: read, split, rejected, trained on."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch

from kmnist_model import KMNIST, KUZUSHIJI49, Recognizer, from_image
from kmnist_model.image import open_image
from kmnist_model.preprocess import to_tensor
from tests.support import official_files
from train import __main__
from train.data import catalogue
from train.data.data_folder import DataFolder
from train.data.file_formats import read_tar
from train.data.splits import KANJI_CACHE, open_split, split_by_class
from train.errors import DataError

KANJI = {"山": 12, "川": 6, "人": 2, "口": 1}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """k49/ and kkanji/kkanji.tar."""
    folder = tmp_path_factory.mktemp("others")
    official_files.write_k49(folder, 6)
    official_files.write_tar(folder / "kkanji" / "kkanji.tar", KANJI)
    return folder


def test_kmnists_numpy_files_give_the_same_as_its_idx_files(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (40, 28, 28), np.uint8), (np.arange(40) % 10).astype(np.uint8)
    official_files.write_kmnist(tmp_path / "idx", "t10k", images, labels)
    official_files.write_npz(tmp_path / "npz" / "kmnist" / "kmnist-test-imgs.npz", images)
    official_files.write_npz(tmp_path / "npz" / "kmnist" / "kmnist-test-labels.npz", labels)
    first, second = (open_split("kmnist", "t10k", DataFolder(tmp_path / kind, verify=False)) for kind in ("idx", "npz"))
    for part in ("train", "validation", "test"):
        assert np.array_equal(getattr(first, part).inks, getattr(second, part).inks)
        assert np.array_equal(getattr(first, part).labels, getattr(second, part).labels)


@pytest.mark.parametrize(("kind", "name"), [("idx", "t10k-images-idx3-ubyte.gz"), ("npz", "kmnist-test-imgs.npz")])
def test_the_first_release_is_known_by_its_black_images(tmp_path: Path, kind: str, name: str) -> None:
    images = np.full((10_000, 28, 28), 200, np.uint8)
    images[9677] = 0
    labels = np.zeros(10_000, np.uint8)
    if kind == "idx":
        official_files.write_kmnist(tmp_path, "t10k", images, labels)
    else:
        official_files.write_npz(tmp_path / "kmnist" / name, images)
        official_files.write_npz(tmp_path / "kmnist" / "kmnist-test-labels.npz", labels)
    with pytest.raises(DataError, match=rf"{name} is of KMNIST's first release, .*\(some are black\): delete it"):
        open_split("kmnist", "t10k", DataFolder(tmp_path))
    images[9677] = 200
    official_files.write_kmnist(tmp_path, "t10k", images, labels)
    assert not catalogue.is_first_release(tmp_path / "kmnist" / "t10k-images-idx3-ubyte.gz")


def test_kuzushiji_49_has_its_own_test_images(folder: Path) -> None:
    split = open_split("k49", None, DataFolder(folder, verify=False))
    assert split.alphabet is KUZUSHIJI49
    assert (len(split.train), len(split.validation), len(split.test)) == (282, 12, 98)
    assert np.bincount(split.test.labels).tolist() == [2] * 49


def test_kuzushiji_49s_classes_are_the_official_ones() -> None:
    assert len(KUZUSHIJI49) == 49
    assert KUZUSHIJI49.characters.startswith("あいうえおかきくけこさしすせそ")
    assert KUZUSHIJI49.characters.endswith("らりるれろわゐゑをんゝ")
    assert (KUZUSHIJI49[48].codepoint, KUZUSHIJI49[44].romaji) == ("U+309D", "wi")
    assert all(KUZUSHIJI49[KUZUSHIJI49.index(entry.character)] == entry for entry in KMNIST)
    assert len({entry.romaji for entry in KUZUSHIJI49}) == 49


def test_kuzushiji_kanji_is_split_within_each_class(folder: Path) -> None:
    split = open_split("kkanji", "by-class", DataFolder(folder))
    assert split.alphabet.characters == "人口山川", "in the order of their code points"
    counts = [np.bincount(part.labels, minlength=4).tolist() for part in (split.train, split.validation, split.test)]
    assert counts == [[1, 1, 11, 5], [0, 0, 0, 0], [1, 0, 1, 1]], "a class of one image is to learn from"


def test_the_split_is_seeded_whole_and_by_class() -> None:
    labels = np.random.default_rng(1).integers(0, 7, 2000)
    parts, again, other = (split_by_class(labels, 10, 50, seed) for seed in (0, 0, 1))
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(2000))
    assert all(np.array_equal(first, second) for first, second in zip(parts, again, strict=True))
    assert not np.array_equal(parts[2], other[2])
    for index in range(7):
        count = int((labels == index).sum())
        assert [(labels[part] == index).sum() for part in parts[1:]] == [count // 50, count // 10]


def test_the_tar_is_read_once_and_then_its_cache(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "kkanji").mkdir()
    tar = tmp_path / "kkanji" / "kkanji.tar"
    tar.write_bytes((folder / "kkanji" / "kkanji.tar").read_bytes())
    first = open_split("kkanji", None, DataFolder(tmp_path))
    tar.unlink()
    again = open_split("kkanji", None, DataFolder(tmp_path))
    assert np.array_equal(first.train.inks, again.train.inks)
    assert {file.name for file in tar.parent.iterdir()} == {KANJI_CACHE}


def test_training_and_reading_bring_a_picture_to_the_same_tensor(folder: Path, tmp_path: Path, recognizer: Recognizer) -> None:
    """The one way from a picture to the network's input: a kanji of the tar, as a fit gets it and as the app reads the same file."""
    code, _, content = next(iter(read_tar(folder / "kkanji" / "kkanji.tar")))
    picture = open_image(content)
    split = open_split("kkanji", None, DataFolder(folder))
    index = split.alphabet.index(chr(code))
    path = tmp_path / "same.png"
    picture.save(path)
    read = recognizer.read(path).ink
    trained_on = [ink for part in (split.train, split.test) for ink in part.take(part.labels == index).inks]
    assert any(np.array_equal(read, ink) for ink in trained_on)
    assert torch.equal(to_tensor(torch.from_numpy(read)[None]), to_tensor(torch.from_numpy(from_image(picture))[None]))


@pytest.mark.parametrize("damage", ["cut off", "no tar", "a broken picture", "empty", "a few bytes", "a broken head"])
def test_a_damaged_tar_is_rejected_and_leaves_no_cache(folder: Path, tmp_path: Path, damage: str) -> None:
    whole = (folder / "kkanji" / "kkanji.tar").read_bytes()
    (tmp_path / "kkanji").mkdir()
    tar = tmp_path / "kkanji" / "kkanji.tar"
    contents = {
        "cut off": whole[: len(whole) // 2 + 100],
        "no tar": b"words" * 400,
        "a few bytes": bytes(257) + b"ustar",  # this one and the next: found by make fuzz
        "a broken head": b"\x1f\x8b\x08",
    }
    tar.write_bytes(contents.get(damage, b""))
    if damage in ("a broken picture", "empty"):
        with tarfile.open(tar, "w") as archive:
            if damage == "a broken picture":
                member = tarfile.TarInfo("kkanji2/U+4E00/a.png")
                member.size = 4
                archive.addfile(member, io.BytesIO(b"\x89PNG"))
    with pytest.raises(DataError, match=r"^kkanji\.tar .*: get "):
        open_split("kkanji", None, DataFolder(tmp_path))
    assert [file.name for file in tar.parent.iterdir()] == ["kkanji.tar"]


def test_damaged_pictures_in_a_tar_are_named_and_left_out(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And not hidden by a cache: once the tar is replaced, all of it is read."""
    (tmp_path / "kkanji").mkdir()
    tar = tmp_path / "kkanji" / "kkanji.tar"
    tar.write_bytes((folder / "kkanji" / "kkanji.tar").read_bytes())
    whole = open_split("kkanji", "whole", DataFolder(folder))
    with tarfile.open(tar, "a") as archive:
        for name, content in (("a.png", b"\x89PNG"), ("b.png", b""), ("._c.png", b"a Mac's own")):
            member = tarfile.TarInfo(f"kkanji2/U+4E00/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    capsys.readouterr()
    split = open_split("kkanji", "whole", DataFolder(tmp_path))
    assert np.array_equal(split.train.inks, whole.train.inks)
    assert np.array_equal(split.train.labels, whole.train.labels)
    first, second, count, cache = capsys.readouterr().err.splitlines()
    assert first.startswith("kkanji2/U+4E00/a.png in kkanji.tar: This ")
    assert second.startswith("kkanji2/U+4E00/b.png in kkanji.tar: This file is empty")
    assert count == "2 pictures could not be read and were left out."
    assert cache == f"{KANJI_CACHE} is not written, and the next run reads kkanji.tar again: get a whole one."
    assert [file.name for file in tar.parent.iterdir()] == ["kkanji.tar"]


@pytest.mark.slow
@pytest.mark.parametrize("dataset", ["k49", "kkanji"])
def test_each_is_trained_on_and_scored(folder: Path, tmp_path: Path, dataset: str, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--dataset", dataset, "--data", str(folder), "--no-verify"]
    if dataset == "kkanji":  # with enough of a class to validate on
        official_files.write_tar(tmp_path / "kkanji" / "kkanji.tar", {"山": 110, "川": 60})
        where[3] = str(tmp_path)
    small = ["--set", "width=4", "--batch-size", "16", "--epochs", "1", "--learning-rate", "0.05"]
    assert __main__.main(["fit", *where, *small, "--out", str(tmp_path / "run")]) == 0
    weights = tmp_path / "run" / f"{dataset}.safetensors"
    capsys.readouterr()
    assert __main__.main(["evaluate", *where, "--weights", str(weights), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["classes"] == (49 if dataset == "k49" else 2)
    assert 0 <= figures["macro_accuracy"] <= 1
    assert figures["accuracy"] <= figures["top5_accuracy"] <= 1
    assert len(Recognizer.load(weights, "cpu").read_strokes([[[0, 0], [9, 9]]]).candidates) == figures["classes"]


def test_list_says_what_there_is(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["data", "list", "--data", str(folder)]) == 0
    out = capsys.readouterr().out
    for word in (
        "kmnist",
        "Kuzushiji-49",
        "3,832 classes",
        "balanced accuracy",
        "4 of 4 files here",
        "0 of 4 files here",
        "CC BY-SA 4.0",
        "arXiv",
    ):
        assert word in out


def test_verify_names_each_file_and_rejects_another(folder: Path, small_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["data", "verify", "kkanji", "--data", str(folder)]) == 0
    assert capsys.readouterr().out == f"{folder / 'kkanji' / 'kkanji.tar'}\twhole; no sum is published\n"
    assert __main__.main(["data", "verify", "kmnist", "--data", str(small_folder)]) == 2
    assert "is not the official file" in capsys.readouterr().err
