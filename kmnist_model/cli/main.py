"""The command line: `python -m kmnist_model COMMAND`, or `kuzushiji COMMAND` where the package is installed."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from kmnist_model import __version__
from kmnist_model.cli import feedback, info, read, read_page
from kmnist_model.errors import KmnistError

_SCRIPT = "kuzushiji"
_COMMANDS = {"read": read, "read-page": read_page, "feedback": feedback, "info": info}


def parser() -> argparse.ArgumentParser:
    """The command line's arguments and help texts."""
    program = _SCRIPT if Path(sys.argv[0]).stem == _SCRIPT else "python -m kmnist_model"
    main = argparse.ArgumentParser(prog=program, description="Read characters of cursive Japanese (kuzushiji).")
    main.add_argument("--version", action="version", version=f"{_SCRIPT} {__version__}")
    commands = main.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in _COMMANDS.items():
        command.add_arguments(commands.add_parser(name, help=command.HELP, description=command.DESCRIPTION))
    return main


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line with `argv` (the process's by default); returns the exit code."""
    commands = parser()
    arguments = commands.parse_args(argv)
    if arguments.command == "read-page" and (problem := read_page.check(arguments)):
        commands.error(problem)
    for stream in (sys.stdout, sys.stderr):  # terminals without Japanese, file names that are not valid text
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        return _COMMANDS[arguments.command].run(arguments)
    except KmnistError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of the pipe has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
