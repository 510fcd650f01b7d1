"""Every setting has a flag, an environment variable and a help text; a wrong value is one sentence."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from server.settings import Settings, read

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("KUZUSHIJI_", "GRADIO_")) or name in ("HOST", "PORT", "FEEDBACK_REPO"):
            monkeypatch.delenv(name)


def test_help_names_all() -> None:
    done = subprocess.run([sys.executable, "app.py", "--help"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    for name in Settings.model_fields:
        assert f"--{name.replace('_', '-')} " in done.stdout
    assert "KUZUSHIJI_LOG_FORMAT=json" in done.stdout


def test_the_default_is_this_machine_alone() -> None:
    assert read([]) == Settings()
    assert read([]).host == "127.0.0.1"


@pytest.mark.parametrize(
    ("variable", "value", "field", "meant"),
    [
        ("PORT", "8000", "port", 8000),
        ("GRADIO_SERVER_NAME", "0.0.0.0", "host", "0.0.0.0"),
        ("KUZUSHIJI_AUTH", "a:b,c:d:e", "auth", (("a", "b"), ("c", "d:e"))),
        ("KUZUSHIJI_PAGES_AT_ONCE", "4", "pages_at_once", 4),
        ("GRADIO_ROOT_PATH", "/demo", "root_path", "/demo"),
        ("KUZUSHIJI_LOG_LEVEL", "warning", "log_level", "warning"),
        ("KUZUSHIJI_HOST", "0.0.0.0", "host", "0.0.0.0"),
        ("KUZUSHIJI_ROOT_PATH", "/demo", "root_path", "/demo"),
        ("KUZUSHIJI_MAX_UPLOAD", "5", "max_upload", 5),
        ("KUZUSHIJI_FEEDBACK", "kept", "feedback", Path("kept")),
        ("KUZUSHIJI_PORT", "", "port", 7860),
    ],
)
def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch, variable: str, value: str, field: str, meant: object) -> None:
    monkeypatch.setenv(variable, value)
    assert getattr(read([]), field) == meant


def test_a_flag_goes_before_the_environment_and_our_names_before_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8000")
    monkeypatch.setenv("KUZUSHIJI_PORT", "8001")
    assert read([]).port == 8001
    assert read(["--port", "8002"]).port == 8002


def test_every_setting_has_a_variable_of_its_own() -> None:
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        assert alias is None or alias.choices[0] == f"KUZUSHIJI_{name.upper()}"
        assert field.description


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("PORT", "http", "argument --port: 'http' is no port: give a number from 1 to 65535."),
        ("FEEDBACK_REPO", "me/mine", "--feedback-repo needs --feedback DIR: name the folder that is pushed."),
        ("KUZUSHIJI_LOG_FORMAT", "xml", "argument --log-format: Input should be 'text' or 'json'"),
    ],
)
def test_a_wrong_variable_is_one_sentence_too(
    variable: str, value: str, sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit) as stopped:
        read([])
    assert stopped.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].endswith(sentence)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--port", "99999"], "'99999' is no port: give a number from 1 to 65535."),
        (["--auth", "nobody"], "give NAME:PASSWORD, several with commas between them."),
        (["--tls-cert", "app.py"], "--tls-cert and --tls-key go together: give both."),
        (["--tls-cert", "no/such.pem", "--tls-key", "app.py"], "there is no file 'no/such.pem'."),
        (["--root-path", "demo"], "give it as /demo."),
        (["--max-upload", "31"], "31 MB is more than the page takes: give at most 30."),
        (["--pages-at-once", "0"], "'0' is not a number above 0."),
    ],
)
def test_a_wrong_flag_is_one_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit) as stopped:
        read(words)
    assert stopped.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].endswith(sentence)


def test_weights_that_are_not_there_end_it_with_one_sentence() -> None:
    done = subprocess.run(
        [sys.executable, "app.py", "--weights", "none.safetensors"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert re.fullmatch(
        r"There are no weights 'none\.safetensors': give the path of a weights file, or one of: kmnist(, kuzushiji)?\.\n", done.stderr
    )
