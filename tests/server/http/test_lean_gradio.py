"""What Gradio does as it is imported, and around each event, without the work that this page has no use for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CODE = """
import sys
sys.path[:0] = [{root!r}, {folder!r}]
{first}
import mine
from gradio import utils
with utils.MatplotlibBackendMananger():
    print("matplotlib" in sys.modules)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("first", "stubs", "plots"), [("import server.http.lean_gradio", [], "False"), ("", ["mine.pyi"], "True")])
def test_gradio_writes_no_stubs_and_imports_no_plots(tmp_path: Path, first: str, stubs: list[str], plots: str) -> None:
    """Without the module it does both: else the module is of no use any more."""
    pytest.importorskip("matplotlib")
    (tmp_path / "mine.py").write_text("import gradio as gr\n\nclass Mine(gr.HTML):\n    EVENTS = ['input']\n")
    code = CODE.format(root=str(ROOT), folder=str(tmp_path), first=first)
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert sorted(path.name for path in tmp_path.glob("*.pyi")) == stubs
    assert done.stdout.split() == [plots]
