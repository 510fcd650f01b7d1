"""Looks up known vulnerabilities of the installed packages with pip-audit: `make audit`. Without a network it says so and succeeds."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path


def main() -> int:
    """Returns 1 if a vulnerability is known, else 0, also if the database could not be reached."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        words = [
            sys.executable,
            "-m",
            "pip_audit",
            "--local",
            "--progress-spinner=off",
            "--timeout=15",
            "--format=json",
            f"--output={report}",
        ]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if not report.exists() or not report.stat().st_size:
            print(
                f"NOT AUDITED: pip-audit could not ask ({done.stderr.strip().splitlines()[-1:] or 'no reason given'}). Try again with a network."
            )
            return 0
        packages = json.loads(report.read_text())["dependencies"]
    skipped = [f"{package['name']}: {package['skip_reason']}" for package in packages if "skip_reason" in package]
    known = [(package, each) for package in packages for each in package.get("vulns", [])]
    for package, each in known:
        print(f"{package['name']} {package['version']}: {each['id']}, mended in {', '.join(each['fix_versions']) or 'no version yet'}")
    if len(skipped) == len(packages):
        print(f"NOT AUDITED: no package could be looked up ({skipped[0]}). Try again with a network.")
        return 0
    print(f"{len(packages)} packages, {len(known)} known vulnerabilities, {len(skipped)} packages that could not be looked up.")
    return int(bool(known))


if __name__ == "__main__":
    sys.exit(main())
