"""The command line: python -m bench [SECTION …]. Sections that are not named keep their figures."""

from __future__ import annotations

import argparse
import importlib
import json
import sys

from bench.report.documents import update
from bench.report.stamp import ROOT, stamp
from bench.report.table import markdown

FILE = ROOT / "assets" / "bench.json"
SECTIONS = {
    "recognition": "bench.recognition.released_weights",
    "speed": "bench.speed.reading_and_startup",
    "page": "bench.speed.stroke_to_answer",
    "scans": "bench.pages.page_accuracy",
    "onnx_runtime": "bench.speed.onnx_runtime",
    "loops": "bench.training.loop_speed",
    "finder": "bench.training.rate_finder",
    "training": "bench.training.final_accuracy",
    "architectures": "bench.training.architectures",
    "recipe": "bench.training.ablation",
    "load": "bench.load.stress",
}
QUICK = ("recognition", "speed", "page", "scans")


def main() -> int:
    """Measure, and write assets/bench.json, docs/benchmarks.md and the README's table."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure what the README promises.")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; by default {', '.join(QUICK)}")
    chosen = parser.parse_args().sections or QUICK
    if unknown := set(chosen) - set(SECTIONS):
        parser.error(f"no section is called {', '.join(sorted(unknown))}")
    for name in chosen:
        print(f"measuring {name}", file=sys.stderr, flush=True)
        figures = importlib.import_module(SECTIONS[name]).measure()
        bench = json.loads(FILE.read_text()) if FILE.exists() else {}
        bench[name] = {**stamp(), "figures": figures}
        FILE.write_text(json.dumps(bench, indent=2, ensure_ascii=False) + "\n")
        (ROOT / "docs" / "benchmarks.md").write_text(markdown(bench))
        update(bench)
    print(markdown(bench))
    return 0


if __name__ == "__main__":
    sys.exit(main())
