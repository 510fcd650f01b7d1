"""Weights come from a stand-in for the Hub, pinned to a commit, out of the cache where they can, and never as a pickle."""

from __future__ import annotations

import builtins
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from huggingface_hub import constants
from numpy.typing import NDArray

from kmnist_model import Recognizer, WeightsError
from kmnist_model.cli.main import main
from kmnist_model.hub import layout
from kmnist_model.hub.download import download
from kmnist_model.recognizer import weights_path
from server import models
from tests.hub.conftest import REPOSITORY
from tests.support import hub
from tests.support.drawing import glyph

pytestmark = pytest.mark.usefixtures("commit")

ROOT = Path(__file__).resolve().parents[2]


def test_it_reads_as_the_same_weights_do(server: hub.Hub, recognizer: Recognizer, inks: NDArray[np.uint8]) -> None:
    loaded = Recognizer.load(f"hf:{REPOSITORY}", "cpu")
    both = [
        reader.engine.logits(reader.normalised(inks)) for reader in (loaded, recognizer)
    ]  # in float32; PyTorch reads what has no ONNX file
    np.testing.assert_allclose(*both, atol=1e-4)
    assert set(server.served) == {layout.CONFIG, layout.WEIGHTS}, "nothing else is downloaded"


def test_a_branch_is_pinned_to_its_commit_and_follows_it(server: hub.Hub, commit: str, files: dict[str, bytes]) -> None:
    first = download(f"hf:{REPOSITORY}")
    assert str(first.address) == f"hf:{REPOSITORY}@{commit}"
    assert first.path.read_bytes() == files[layout.WEIGHTS]
    later = server.commit(REPOSITORY, {layout.WEIGHTS: files[layout.WEIGHTS] + b" "})
    assert download(f"hf:{REPOSITORY}").address.revision == later
    assert download(str(first.address)).path.read_bytes() == files[layout.WEIGHTS]
    server.tags[REPOSITORY] = {"v1": commit}
    assert download(f"hf:{REPOSITORY}@v1") == first


def test_a_commit_in_the_cache_needs_no_request(server: hub.Hub) -> None:
    first = download(f"hf:{REPOSITORY}")
    server.served.clear()
    assert download(str(first.address)) == first
    assert server.served == []


def test_without_a_network_a_branch_is_what_it_was(server: hub.Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    first = download(f"hf:{REPOSITORY}")
    server.shutdown()
    server.server_close()
    assert download(f"hf:{REPOSITORY}") == first
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert download(f"hf:{REPOSITORY}") == first
    with pytest.raises(WeightsError, match=r"^The Hugging Face Hub cannot be reached, and hf:museum/other@main is not in the cache: .*\.$"):
        download("hf:museum/other")


def test_a_hub_out_of_reach_is_one_sentence_at_once(server: hub.Hub) -> None:
    server.shutdown()
    server.server_close()
    with pytest.raises(
        WeightsError, match=r"^The Hugging Face Hub cannot be reached, and hf:museum/kmnist@main is not in the cache: .*\.$"
    ):
        download(f"hf:{REPOSITORY}")


def test_what_is_not_there_is_one_sentence(server: hub.Hub, files: dict[str, bytes]) -> None:
    server.commit("museum/empty", {"README.md": b"#"})
    server.commit("museum/half", {layout.CONFIG: files[layout.CONFIG]})
    server.gated.add("museum/half")
    for text, said in {
        "hf:museum/none": r"There is no model museum/none on the Hugging Face Hub that you may read: .*\.",
        f"hf:{REPOSITORY}@v9": r"museum/kmnist on the Hugging Face Hub has no revision 'v9': .*\.",
        f"hf:{REPOSITORY}@{'a' * 40}": r"museum/kmnist on the Hugging Face Hub has no revision 'a+': .*\.",
        "hf:museum/empty": r"museum/empty on the Hugging Face Hub lacks config.json or model.safetensors: .*\.",
        "hf:museum/half": r"museum/half on the Hugging Face Hub asks for its terms to be accepted: .*\.",
        "hf:museum/a--b": r"'museum/a--b' is not a name on the Hugging Face Hub .*: give hf:owner/name\.",
    }.items():
        with pytest.raises(WeightsError, match=f"^{said}$"):
            download(text)
    server.gated.clear()
    with pytest.raises(WeightsError, match=r"lacks config.json or model.safetensors"):
        download("hf:museum/half")


def test_a_private_repository_needs_a_token(server: hub.Hub, commit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    server.private.add(REPOSITORY)
    with pytest.raises(WeightsError, match="for a private one, run hf auth login or set HF_TOKEN"):
        download(f"hf:{REPOSITORY}")
    monkeypatch.setenv("HF_TOKEN", hub.TOKEN)
    assert download(f"hf:{REPOSITORY}").address.revision == commit


@pytest.mark.parametrize("config", [b"{}", b"[1]", b"\xff\xfe", b'{"format": "pt"}', b"[" * 100_000], ids=lambda text: repr(text[:9]))
def test_another_models_repository_is_refused_before_its_weights_are_downloaded(server: hub.Hub, config: bytes) -> None:
    server.commit(REPOSITORY, {layout.CONFIG: config})
    with pytest.raises(WeightsError, match=r"does not hold weights for kmnist_model: .*\.$"):
        download(f"hf:{REPOSITORY}")
    assert set(server.served) == {layout.CONFIG}


@pytest.mark.parametrize("content", [b"", b"\x80\x04\x95 a pickle", None], ids=["empty", "pickle", "cut off"])
def test_weights_that_are_none_are_one_sentence(server: hub.Hub, files: dict[str, bytes], content: bytes | None) -> None:
    server.commit(REPOSITORY, {layout.WEIGHTS: files[layout.WEIGHTS][:-1000] if content is None else content})
    with pytest.raises(WeightsError, match=r"^model.safetensors is not a whole safetensors file"):
        Recognizer.load(f"hf:{REPOSITORY}", "cpu")


@pytest.mark.parametrize("name", [layout.CONFIG, layout.WEIGHTS])
def test_a_file_that_is_too_large_is_not_downloaded(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(layout.MAX_BYTES, name, 100)
    with pytest.raises(WeightsError, match=rf"^{name} of museum/kmnist has [\d,]+ bytes, and at most 100 bytes are downloaded: .*\.$"):
        download(f"hf:{REPOSITORY}")
    assert list((Path(constants.HF_HUB_CACHE)).glob(f"**/{name}")) == []


def test_a_file_that_is_not_as_large_as_was_said_is_not_kept(server: hub.Hub) -> None:
    server.claimed_size = 1000
    with pytest.raises(WeightsError, match="could not be downloaded"):
        download(f"hf:{REPOSITORY}")
    assert list((Path(constants.HF_HUB_CACHE)).glob(f"**/{layout.WEIGHTS}")) == []


def test_without_the_package_one_sentence_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("huggingface_hub"):
            raise ImportError(name)
        return original(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(WeightsError, match=r"needs another package: pip install 'huggingface_hub>=2'\.$"):
        download(f"hf:{REPOSITORY}")


def test_info_names_the_commit(commit: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", "--model", f"hf:{REPOSITORY}"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said.pop("hub") == f"hf:{REPOSITORY}@{commit}"
    assert main(["info"]) == 0
    assert json.loads(capsys.readouterr().out) == said


def test_the_app_reads_with_them_by_the_repositorys_name(commit: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "server.models"):
        loaded = models.load(f"hf:{REPOSITORY}", "cpu")
    assert loaded.names == ["kmnist"]
    assert loaded.weights["kmnist"].read_bytes() == weights_path("kmnist").read_bytes()
    assert [record.getMessage() for record in caplog.records] == [f"The weights are hf:{REPOSITORY}@{commit}"]


@pytest.mark.slow
def test_the_command_line_downloads_by_its_environment(files: dict[str, bytes], tmp_path: Path) -> None:
    """HF_ENDPOINT and HF_HOME are read as huggingface_hub is imported, so this takes processes of its own."""
    glyph("お").save(tmp_path / "o.png")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING"))}

    def read(model: str) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "kmnist_model", "read", "--model", model, str(tmp_path / "o.png")]
        return subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)

    with hub.serving() as server:
        server.commit(REPOSITORY, files)
        environment = kept | {"HF_ENDPOINT": server.address, "HF_HOME": str(tmp_path / "home"), "OMP_NUM_THREADS": "1"}
        online = read(f"hf:{REPOSITORY}")
    assert online.returncode == 0, online.stderr
    assert online.stdout == read("kmnist").stdout
    assert "お" in online.stdout
    assert read(f"hf:{REPOSITORY}").stdout == online.stdout, "from the cache"
    refused = read("hf:museum/other")
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[-1].startswith(
        "The Hugging Face Hub cannot be reached, and hf:museum/other@main is not in the cache"
    )
    assert len(refused.stderr.splitlines()) == 1
