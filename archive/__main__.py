"""The command `python -m archive`."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

from archive import arguments, weights
from archive.engines import local
from archive.iiif.download import Downloads
from archive.run import Engine, run
from archive.sources import Sources
from archive.store import Store
from archive.types import Options, Where
from kmnist_model.errors import KmnistError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line with `argv` (the process's by default); returns the exit code."""
    commands = arguments.parser()
    said = commands.parse_args(argv)
    if said.address and said.engine != "ray":
        commands.error("--address needs --engine ray: the local engine has one machine")
    for stream in (sys.stdout, sys.stderr):  # terminals without Japanese, file names that are not valid text
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        options = Options(
            said.format,
            said.model,
            weights.version(said.model),
            said.direction,
            said.top,
            arguments.time_of_files(),
            1_000_000 * said.max_megabytes,
            said.max_side,
        )
        engine, where = _engine(said.engine), Where(said.out.absolute(), said.device, said.workers or 0, said.address, said.rate)
        with Store(said.out, options, said.resume) as store:
            downloads = Downloads(said.out, said.rate)
            sources = Sources(said.sources, said.out, downloads, options)
            summary = run(sources, sources.count(), options, where, engine, store)
    except KmnistError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped: the pages that are done are kept, go on with --resume.", file=sys.stderr)
        return 130
    print(f"Pages read: {summary.read}, done before: {summary.left_out}, with an error: {summary.failed}.", file=sys.stderr)
    return int(summary.failed > 0)


def _engine(name: str) -> Engine:
    """The engine of that name; Ray is imported only where it is asked for. Raises `ArchiveError` if it is not installed."""
    if name == "local":
        return local.read
    from archive.engines import ray_data

    return ray_data.read


if __name__ == "__main__":
    sys.exit(main())
