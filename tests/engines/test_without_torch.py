"""Nothing that reads imports PyTorch: the command line and the page work where it cannot be imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.drawing import glyph

ROOT = Path(__file__).resolve().parents[2]
BLOCKED = "import sys; sys.modules['torch'] = sys.modules['torchvision'] = None\n"
PAGE = """
import asyncio
import app
from kmnist_model.explain.evidence import ink_evidence, stroke_evidence
batcher = app.Batcher(app.models.load("", "auto"))
batcher.models.warm_up()
app.build(batcher)
for model in batcher.models.names:
    assert asyncio.run(batcher.read(open(sys.argv[1], "rb").read(), model)).candidates[0].character == "お"
everything = batcher.models.recognizer("everything")
reading = everything.read(sys.argv[1])
assert len(everything.nearest(reading.ink)) == 8
assert ink_evidence(everything, reading.ink, "お").any()
assert any(stroke_evidence(everything, [[[0, 0], [9, 9]], [[9, 0], [0, 9]]], "お"))
assert not [name for name in sys.modules if name.startswith("torch") and sys.modules[name] is not None]
"""


def run(code: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED + code, *words], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_command_line_reads_a_character_and_a_page(tmp_path: Path) -> None:
    picture = tmp_path / "o.png"
    glyph("お").save(picture)
    code = "from kmnist_model.cli.main import main\nsys.exit(main(sys.argv[1:]))"
    assert run(code, "read", str(picture)).split("\t")[1] == "お"
    nearest = tmp_path / "near.png"
    assert run(code, "read", "--model", "kuzushiji", "--forms", "--nearest", str(nearest), str(picture)).split("\t")[1] == "お"
    assert nearest.is_file()
    lines = run(code, "read-page", "assets/pages/letter.jpg").splitlines()
    assert len(lines) == 5


def test_the_page_is_built_and_reads_with_each_model(tmp_path: Path) -> None:
    picture = tmp_path / "o.png"
    glyph("お").save(picture)
    run(PAGE, str(picture))
