"""The server's settings: a flag and an environment variable for each."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ui.components.page_reader import MOST_BYTES

_PREFIX = "KUZUSHIJI_"
_OTHER_NAMES = {  # what hosts and Gradio itself set
    "host": ("HOST", "GRADIO_SERVER_NAME"),
    "port": ("PORT", "GRADIO_SERVER_PORT"),
    "root_path": ("GRADIO_ROOT_PATH",),
    "feedback_repo": ("FEEDBACK_REPO",),
}
_LARGEST = MOST_BYTES // 1_000_000


@dataclass(frozen=True)
class Settings:
    """How the page is served; `auth` holds (name, password) pairs, `max_upload` is in MB."""

    host: str = "127.0.0.1"
    port: int = 7860
    root_path: str = ""
    auth: tuple[tuple[str, str], ...] = ()
    tls_cert: Path | None = None
    tls_key: Path | None = None
    weights: str = "kmnist"
    device: str = "auto"
    pages_at_once: int = 2  # each keeps a processor busy for about a second
    max_queue: int = 256
    max_upload: int = _LARGEST
    keep_uploads: int = 600  # seconds
    feedback: Path | None = None
    feedback_repo: str = ""
    log_level: str = "info"
    log_format: str = "text"

    def launch(self) -> dict[str, Any]:
        """What of this is for Gradio's `launch`, and what is always so: nothing is shared, watched or remembered."""
        return {
            "server_name": self.host,
            "server_port": self.port,
            "root_path": self.root_path or None,
            "auth": list(self.auth) or None,
            "ssl_certfile": self.tls_cert and str(self.tls_cert),
            "ssl_keyfile": self.tls_key and str(self.tls_key),
            "ssl_verify": not self.tls_cert,  # Gradio asks itself whether it is there, and one's own certificate is no one's it knows
            "max_file_size": f"{self.max_upload}mb",
            "run_history": False,
            "strict_cors": True,
            "state_session_capacity": 16,  # each keeps what it was answered last, a megabyte after a page; ours keep nothing else there
            "enable_monitoring": False,
            "ssr_mode": False,
            "share": False,
        }


def read(argv: Sequence[str] | None = None) -> Settings:
    """The settings by `argv` (the process's by default), then by the environment, then by default; a wrong one ends the process with a sentence and exit code 2."""
    parser = argparse.ArgumentParser(
        prog="python app.py",
        description="Serve the page.",
        epilog=f"Each option can be given as an environment variable too, as {_PREFIX}LOG_FORMAT=json; HOST, PORT, GRADIO_SERVER_NAME, "
        "GRADIO_SERVER_PORT, GRADIO_ROOT_PATH and FEEDBACK_REPO are understood as well. A flag goes before the environment.",
    )
    usual = Settings()
    add = parser.add_argument
    add("--host", default=usual.host, help="the address to listen on; 0.0.0.0 for every network (default: %(default)s)")
    add("--port", type=_port, default=usual.port, help="the port to listen on (default: %(default)s)")
    add(
        "--root-path",
        default=usual.root_path,
        metavar="/PATH",
        help="the path under which a proxy serves the page, as /demo, or its whole address",
    )
    add("--auth", type=_auth, default=(), metavar="NAME:PASSWORD[,…]", help="who may come in; the environment hides it from ps")
    add("--tls-cert", type=_file, metavar="FILE", help="the certificate (PEM), for HTTPS; with --tls-key")
    add("--tls-key", type=_file, metavar="FILE", help="its private key (PEM)")
    add("--weights", default=usual.weights, metavar="NAME|PATH", help="the weights to read with (default: %(default)s)")
    add("--device", default=usual.device, help="auto, cuda, mps or cpu (default: %(default)s)")
    add("--pages-at-once", type=_positive, default=usual.pages_at_once, metavar="N", help="pages read at a time (default: %(default)s)")
    add("--max-queue", type=_positive, default=usual.max_queue, metavar="N", help="requests that may wait; more are told to come back")
    add("--max-upload", type=_upload, default=usual.max_upload, metavar="MB", help="the largest file, %(default)s at most and by default")
    add(
        "--keep-uploads",
        type=_positive,
        default=usual.keep_uploads,
        metavar="SECONDS",
        help="delete what was uploaded through the API after so long, and within a minute (default: %(default)s)",
    )
    add(
        "--feedback",
        type=Path,
        metavar="DIR",
        help="offer visitors to correct an answer, and keep what they correct in DIR; otherwise nothing is kept",
    )
    add(
        "--feedback-repo",
        default=usual.feedback_repo,
        metavar="OWNER/NAME",
        help="push the corrections to this dataset on the Hugging Face Hub, every five minutes; with --feedback, and HF_TOKEN in the environment",
    )
    add("--log-level", choices=["debug", "info", "warning", "error"], default=usual.log_level, help="(default: %(default)s)")
    add("--log-format", choices=["text", "json"], default=usual.log_format, help="of the line for each reading (default: %(default)s)")
    arguments = parser.parse_args([*_environment(), *(sys.argv[1:] if argv is None else argv)])
    if bool(arguments.tls_cert) != bool(arguments.tls_key):
        parser.error("--tls-cert and --tls-key go together: give both.")
    if arguments.root_path and not arguments.root_path.startswith(("/", "http://", "https://")):
        parser.error(f"--root-path {arguments.root_path} does not begin with /: give it as /{arguments.root_path}.")
    if arguments.feedback_repo and not arguments.feedback:
        parser.error("--feedback-repo needs --feedback DIR: name the folder that is pushed.")
    return Settings(**vars(arguments))


def _environment() -> list[str]:
    """What the environment says, as flags."""
    words = []
    for name in Settings.__dataclass_fields__:
        for variable in (_PREFIX + name.upper(), *_OTHER_NAMES.get(name, ())):
            if value := os.environ.get(variable):
                words.append(f"--{name.replace('_', '-')}={value}")
                break
    return words


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 1 to 65535.")
    return int(text)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0.")
    return int(text)


def _upload(text: str) -> int:
    if (size := _positive(text)) > _LARGEST:
        raise argparse.ArgumentTypeError(f"{size} MB is more than the page takes: give at most {_LARGEST}.")
    return size


def _file(text: str) -> Path:
    if not Path(text).is_file():
        raise argparse.ArgumentTypeError(f"there is no file {text!r}.")
    return Path(text)


def _auth(text: str) -> tuple[tuple[str, str], ...]:
    pairs = tuple(tuple(pair.split(":", 1)) for pair in text.split(","))
    if not all(len(pair) == 2 and all(pair) for pair in pairs):
        raise argparse.ArgumentTypeError("give NAME:PASSWORD, several with commas between them.")
    return pairs  # type: ignore[return-value]
