"""The command line: python -m kmnist_model COMMAND."""

import sys

from kmnist_model.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
