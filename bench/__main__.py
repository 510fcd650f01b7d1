"""The command line: python -m bench [--smoke] [SECTION …]. Sections that are not named keep their figures."""

from __future__ import annotations

import argparse
import json
import sys

from bench.report.documents import FILE, read, update
from bench.report.freshness import code_hash
from bench.report.stamp import stamp
from bench.report.table import lines
from bench.section import CannotMeasureError, Section
from bench.sections import QUICK, SECTIONS


def main() -> int:
    """Measure, and write assets/bench.json and the tables of the documents; with --smoke, write nothing."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure what the documents promise.")
    parser.add_argument("--smoke", action="store_true", help="run each section in seconds on little data, and write nothing")
    parser.add_argument(
        "sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; by default {', '.join(QUICK)}, with --smoke all"
    )
    arguments = parser.parse_args()
    chosen = arguments.sections or (SECTIONS if arguments.smoke else QUICK)
    if unknown := set(chosen) - set(SECTIONS):
        parser.error(f"no section is called {', '.join(sorted(unknown))}")
    measured, code = [], 0
    for name in chosen:
        print(f"measuring {name}", file=sys.stderr, flush=True)
        try:
            measured.append(_smoke(SECTIONS[name]) if arguments.smoke else _measure(SECTIONS[name]))
        except CannotMeasureError as error:
            print(f"{name} was not measured: {error}", file=sys.stderr)
            code = 2
    print("\n".join(line for section in measured for line in section))
    return code


def _smoke(section: Section) -> list[str]:
    """Run a section at its smoke size; returns its table."""
    return lines({section.name: {"figures": section.measure(True)}}, [section.name])


def _measure(section: Section) -> list[str]:
    """Measure a section and write its figures; returns its table."""
    before = code_hash(section.code)
    figures = section.measure(False)
    bench = read()
    bench[section.name] = {**stamp(), "code": before, "figures": figures}
    FILE.write_text(json.dumps(bench, indent=2, ensure_ascii=False) + "\n", "utf-8")
    update(bench)
    return lines(bench, [section.name])


if __name__ == "__main__":
    sys.exit(main())
