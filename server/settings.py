"""The server's settings: each field declares a flag, an environment variable, a default and a help text."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, Self, get_args, get_origin

from pydantic import AliasChoices, BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from kmnist_model.image import MAX_BYTES

_PREFIX = "KUZUSHIJI_"
_MAX_UPLOAD = MAX_BYTES // 1_000_000  # MB


def _port(value: Any) -> int:
    if not str(value).isdecimal() or not 1 <= int(value) <= 65_535:
        raise ValueError(f"{value!r} is no port: give a number from 1 to 65535.")
    return int(value)


def _positive(value: Any) -> int:
    if not str(value).isdecimal() or int(value) < 1:
        raise ValueError(f"{value!r} is not a number above 0.")
    return int(value)


def _whole(value: Any) -> int:
    if not str(value).isdecimal():
        raise ValueError(f"{value!r} is no whole number: give 0 or more.")
    return int(value)


def _upload(value: Any) -> int:
    if (size := _positive(value)) > _MAX_UPLOAD:
        raise ValueError(f"{size} MB is more than the page takes: give at most {_MAX_UPLOAD}.")
    return size


def _file(value: Any) -> Any:
    if value is not None and not Path(value).is_file():
        raise ValueError(f"there is no file {str(value)!r}.")
    return value


def _auth(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    pairs = tuple(tuple(pair.split(":", 1)) for pair in value.split(","))
    if not all(len(pair) == 2 and all(pair) for pair in pairs):
        raise ValueError("give NAME:PASSWORD, several with commas between them.")
    return pairs


Count = Annotated[int, BeforeValidator(_positive)]
ExistingFile = Annotated[Path | None, BeforeValidator(_file)]


def _setting(default: Any, help: str, metavar: str | None = None, variables: Sequence[str] = ()) -> Any:
    """A field with a flag and an environment variable: `KUZUSHIJI_` and its name, or the first of `variables` that is set."""
    alias = AliasChoices(*variables) if variables else None
    return Field(default, description=help, json_schema_extra={"metavar": metavar}, validation_alias=alias)


class Settings(BaseSettings):
    """How the app is served; `auth` holds (name, password) pairs, `max_upload` is in MB."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_ignore_empty=True, frozen=True, populate_by_name=True, extra="ignore")

    host: str = _setting(
        "127.0.0.1",
        "the address to listen on; 0.0.0.0 for every network",
        variables=("KUZUSHIJI_HOST", "HOST", "GRADIO_SERVER_NAME"),
    )
    port: Annotated[int, BeforeValidator(_port)] = _setting(
        7860, "the port to listen on", variables=("KUZUSHIJI_PORT", "PORT", "GRADIO_SERVER_PORT")
    )
    root_path: str = _setting(
        "",
        "the path under which a proxy serves the app, as /demo, or its whole address",
        "/PATH",
        variables=("KUZUSHIJI_ROOT_PATH", "GRADIO_ROOT_PATH"),
    )
    auth: Annotated[tuple[tuple[str, str], ...], NoDecode, BeforeValidator(_auth)] = _setting(
        (), "names and passwords that may log in; in the environment they are hidden from ps", "NAME:PASSWORD[,…]"
    )
    tls_cert: ExistingFile = _setting(None, "the certificate (PEM), for HTTPS; with --tls-key", "FILE")
    tls_key: ExistingFile = _setting(None, "its private key (PEM)", "FILE")
    weights: str = _setting(
        "", "read with these weights alone; by default the page offers everything, kana and KMNIST's ten", "NAME|PATH|HUB"
    )
    device: str = _setting("auto", "auto, cuda, mps or cpu")
    engine: Literal["auto", "onnx", "torch"] = _setting(
        "auto", "what runs the networks: ONNX Runtime on a CPU, PyTorch on a GPU, by default"
    )
    page_processes: Annotated[int, BeforeValidator(_whole)] = _setting(
        1,
        "processes that read pages, one each at a time, so that drawings need not wait for them; 0 reads pages in the process that serves",
        "N",
    )
    page_timeout: Count = _setting(60, "the most processor time that a page may take one of these processes", "SECONDS")
    pages_at_once: Count = _setting(2, "pages read at a time in the process that serves: without page processes, and on a GPU", "N")
    max_queue: Count = _setting(256, "requests that may wait; more are rejected", "N")
    max_upload: Annotated[int, BeforeValidator(_upload)] = _setting(_MAX_UPLOAD, f"the largest file in MB, at most {_MAX_UPLOAD}", "MB")
    keep_uploads: Count = _setting(600, "delete files uploaded through the API after this time, and within a minute", "SECONDS")
    feedback: Path | None = _setting(
        None, "let visitors correct an answer, and keep their corrections in DIR; otherwise nothing is kept", "DIR"
    )
    feedback_repo: str = _setting(
        "",
        "push the corrections to this dataset on the Hugging Face Hub, every five minutes; with --feedback, and HF_TOKEN in the environment",
        "OWNER/NAME",
        variables=("KUZUSHIJI_FEEDBACK_REPO", "FEEDBACK_REPO"),
    )
    log_level: Literal["debug", "info", "warning", "error"] = _setting("info", "the least severe events that are logged")
    log_format: Literal["text", "json"] = _setting("text", "the format of the log")

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if bool(self.tls_cert) != bool(self.tls_key):
            raise ValueError("--tls-cert and --tls-key go together: give both.")
        if self.root_path and not self.root_path.startswith(("/", "http://", "https://")):
            raise ValueError(f"--root-path {self.root_path} does not begin with /: give it as /{self.root_path}.")
        if self.feedback_repo and not self.feedback:
            raise ValueError("--feedback-repo needs --feedback DIR: name the folder that is pushed.")
        return self

    def launch_options(self) -> dict[str, Any]:
        """The arguments for Gradio's `launch`. Sharing, monitoring and the run history are always off."""
        return {
            "server_name": self.host,
            "server_port": self.port,
            "root_path": self.root_path or None,
            "auth": list(self.auth) or None,
            "ssl_certfile": self.tls_cert and str(self.tls_cert),
            "ssl_keyfile": self.tls_key and str(self.tls_key),
            "ssl_verify": not self.tls_cert,  # Gradio sends itself a request at the start, and does not trust a self-signed certificate
            "max_file_size": f"{self.max_upload}mb",
            "run_history": False,
            "strict_cors": True,
            "state_session_capacity": 16,  # Gradio keeps each session's last answer, a megabyte after a page; the app needs none
            "enable_monitoring": False,
            "ssr_mode": False,
            "share": False,
        }


def read(argv: Sequence[str] | None = None) -> Settings:
    """Read the settings from flags (`sys.argv` by default), then the environment.

    A wrong value ends the process with one sentence and exit code 2.
    """
    parser = _parser()
    flags = {name: value for name, value in vars(parser.parse_args(argv)).items() if value is not None}
    try:
        return Settings(**flags)
    except ValidationError as error:
        _exit(parser, error)


def _parser() -> argparse.ArgumentParser:
    """An argument parser with a flag for each field; a flag that is not given is None."""
    parser = argparse.ArgumentParser(
        prog="python app.py",
        description="Serve the app.",
        epilog=f"Each option can be given as an environment variable too, as {_PREFIX}LOG_FORMAT=json. HOST, PORT, GRADIO_SERVER_NAME, "
        "GRADIO_SERVER_PORT, GRADIO_ROOT_PATH and FEEDBACK_REPO work as well. A flag takes precedence over the environment.",
    )
    for name, field in Settings.model_fields.items():
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        default = f" (default: {field.default})" if field.default not in (None, "", ()) else ""
        parser.add_argument(
            _flag(name),
            help=f"{field.description}{default}".replace("%", "%%"),
            choices=get_args(field.annotation) if get_origin(field.annotation) is Literal else None,
            metavar=extra.get("metavar"),  # type: ignore[arg-type]
        )
    return parser


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _exit(parser: argparse.ArgumentParser, error: ValidationError) -> NoReturn:
    """End the process with the sentence of the first error."""
    first = error.errors()[0]
    sentence = str(first["ctx"]["error"]) if first["type"] == "value_error" else first["msg"]
    if not first["loc"]:
        parser.error(sentence)
    name = str(first["loc"][0]).removeprefix(_PREFIX).lower()
    parser.error(f"argument {_flag(name)}: {sentence}")
