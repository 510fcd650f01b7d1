"""The command line: `python -m train COMMAND`; --help names the commands."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from kmnist_model.errors import KmnistError
from train.arguments import parser
from train.commands import COMMANDS
from train.errors import DataError
from train.fitting import distributed


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line with `argv` (the process's by default); returns the exit code."""
    arguments = parser().parse_args(argv)
    try:
        if distributed.asked() > 1 and arguments.command != "fit":
            raise DataError(f"Only fit runs in several processes: start {arguments.command} without torchrun.")
        with distributed.together():
            COMMANDS[arguments.command](arguments)
    except (KmnistError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
