"""The command line: python -m bench [SECTION …]. Sections that are not named keep their figures."""

from __future__ import annotations

import argparse
import importlib
import json
import sys

from bench.documents import update
from bench.machine import ROOT, stamp
from bench.table import markdown

FILE = ROOT / "assets" / "bench.json"
SECTIONS = ("recognition", "speed", "page", "scans", "onnx_runtime", "loops", "finder", "training", "architectures", "recipe", "load")
QUICK = ("recognition", "speed", "page", "scans")


def main() -> int:
    """Measure, and write assets/bench.json, assets/bench.md and the README's table."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure what the README promises.")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; by default {', '.join(QUICK)}")
    chosen = parser.parse_args().sections or QUICK
    if unknown := set(chosen) - set(SECTIONS):
        parser.error(f"no section is called {', '.join(sorted(unknown))}")
    for name in chosen:
        print(f"measuring {name}", file=sys.stderr, flush=True)
        figures = importlib.import_module(f"bench.{name}").measure()
        bench = json.loads(FILE.read_text()) if FILE.exists() else {}
        bench[name] = {**stamp(), "figures": figures}
        FILE.write_text(json.dumps(bench, indent=2, ensure_ascii=False) + "\n")
        FILE.with_suffix(".md").write_text(markdown(bench))
        update(bench)
    print(markdown(bench))
    return 0


if __name__ == "__main__":
    sys.exit(main())
