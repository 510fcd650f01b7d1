"""The notebook runs from its first cell to its last, on small data."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from kmnist_model import KMNIST
from tests.support import official_files

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "train" / "tutorial.ipynb"
pytestmark = pytest.mark.slow

ASK = """
import json
import urllib.request

def ask(path, data=None):
    body = None if data is None else json.dumps({"data": data}).encode()
    request = urllib.request.Request(page.local_url + path, body, {"Content-Type": "application/json"})
    return urllib.request.urlopen(request, timeout=60).read().decode()

event = json.loads(ask("gradio_api/call/read_strokes", [tsu]))["event_id"]
print(ask(f"gradio_api/call/read_strokes/{event}"))
page.close(verbose=False)
"""


@pytest.fixture(scope="module")
def executed(small_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> NotebookNode:
    """The notebook after a run on small data, with one more cell that asks its page as a visitor's browser would."""
    data = tmp_path_factory.mktemp("data") / "small"
    shutil.copytree(small_folder, data)
    official_files.write_k49(data, 6)
    notebook = nbformat.read(NOTEBOOK, 4)
    (parameters,) = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    names = [line.split(" = ")[0] for line in parameters.source.splitlines()]
    assert names == ["DATA", "VERIFY", "EPOCHS", "WIDTH", "OUT", "MORE", "SAMPLE", "POINTS"]
    out = str(tmp_path_factory.mktemp("weights"))
    parameters.source = f"DATA, VERIFY, EPOCHS, WIDTH, OUT = {str(data)!r}, False, 1, 4, Path({out!r})"
    parameters.source += "\nMORE, SAMPLE, POINTS = ('k49', 'kkanji'), 200, 60"
    notebook.cells.append(new_code_cell(ASK))
    before = dict(os.environ)
    os.environ.update({"OMP_NUM_THREADS": "1", "IPYTHONDIR": str(tmp_path_factory.mktemp("ipython"))})
    try:
        return NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(ROOT / "train")}}).execute()
    finally:
        os.environ.clear()
        os.environ.update(before)


def output(notebook: NotebookNode, start: str) -> list[NotebookNode]:
    """What the cell whose source has `start` in it gave."""
    (cell,) = [cell for cell in notebook.cells if cell.cell_type == "code" and start in cell.source]
    return cell.outputs


def text(outputs: list[NotebookNode]) -> str:
    return "".join(item.get("text", "") for item in outputs)


def test_each_step_shows_what_it_promises(executed: NotebookNode) -> None:
    assert "test            80 images" in text(output(executed, 'open_split("kmnist"'))
    assert "す su from 寸" in text(output(executed, "entry.parents"))
    for step in ("find_rate(make", "run_fit(recipe, task", "plots.confusion(diagnosis)"):
        assert any("image/svg+xml" in item.get("data", {}) for item in output(executed, step)), step
    for step in ("axes = plt.subplots(10", "augment(same", "reading.ink"):
        assert any("image/png" in item.get("data", {}) for item in output(executed, step)), step
    (table,) = [
        item.data["text/markdown"] for item in output(executed, "plots.confusion(diagnosis)") if "text/markdown" in item.get("data", {})
    ]
    assert "| KMNIST, t10k held out | 80 |" in table


def test_the_second_part_goes_to_more_characters_and_to_their_neighbours(executed: NotebookNode) -> None:
    (table,) = [item.data["text/markdown"] for item in output(executed, "macro_accuracy") if "text/markdown" in item.get("data", {})]
    rows = [line.split(" | ")[:3] for line in table.splitlines()[2:]]
    assert rows == [["| KMNIST", "10", "80"], ["| Kuzushiji-49", "49", "98"], ["| Kuzushiji-Kanji", "10", "450"]]
    votes = re.fullmatch(r"60 test images: the head reads ([\d.]+)%, eight neighbours read ([\d.]+)%\n", text(output(executed, "votes =")))
    assert votes
    assert float(votes[2]) > 30, "a tenth is chance"
    first, *others = text(output(executed, "contact_sheet(rows)")).splitlines()
    assert first.startswith("read as つ nearest: つ つ"), "the drawing, with the released weights and their gallery"
    assert all(set(line.split()[2] + "".join(line.split()[4:])) & set(KMNIST.characters) for line in others)
    for step in ("axis.loglog", "sheet(mistakes)", "contact_sheet(rows)", "def positions", "gallery.picture"):
        assert any("image/png" in item.get("data", {}) for item in output(executed, step)), step


def test_the_page_at_its_end_reads_a_drawing(executed: NotebookNode) -> None:
    said = text(executed.cells[-1].outputs)
    assert said.startswith("event: complete")
    (reading,) = json.loads(said.split("data: ", 1)[1].strip())
    assert reading["verdict"] in ("character", "unknown")
    assert len(reading["candidates"]) == 10


def test_it_is_kept_without_results_and_is_not_long() -> None:
    notebook = nbformat.read(NOTEBOOK, 4)
    nbformat.validate(notebook)
    assert all(not cell.get("outputs") and not cell.get("execution_count") for cell in notebook.cells)
    assert 15 <= len(notebook.cells) <= 40
