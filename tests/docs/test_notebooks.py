"""docs/notebooks: they run in a kernel, warnings being errors, and what is kept of their outputs is what they give."""

from __future__ import annotations

import base64
import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support import ROOT

NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))
MACHINE = re.compile(r"/(?:home|root|tmp|Users|usr|var|work)/|[A-Z]:\\\\|site-packages")
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def outputs(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [output for cell in notebook["cells"] for output in cell.get("outputs", ())]


def texts(notebook: dict[str, Any]) -> list[str]:
    """What a reader sees of each output, numbers left out: those of another machine differ in their last digits."""
    found = []
    for output in outputs(notebook):
        text = output["text"] if output["output_type"] == "stream" else output["data"].get("text/plain", "")
        found.append(re.sub(r"[-+]?\d[\d.]*(?:e[-+]?\d+)?", "#", "".join(text)))
    return [re.sub(r" +", " ", text) for text in found]


def test_there_are_three():
    assert [path.stem for path in NOTEBOOKS] == ["theorem_1", "your_data", "your_loss"]


@every_notebook
def test_what_is_kept_is_small_and_of_no_machine(path: Path):
    """Oracle: its limits: no error, no stderr, no path of a machine, no picture of 150 kB, no dead link."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert outputs(notebook)
    assert not any(output["output_type"] == "error" or output.get("name") == "stderr" for output in outputs(notebook))
    assert notebook["metadata"]["language_info"] == {"name": "python"}
    for output in outputs(notebook):
        picture = output.get("data", {}).pop("image/png", "")
        assert len(base64.b64decode(picture)) < 150_000
    assert not MACHINE.search(json.dumps(notebook))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            for link in re.findall(r"\]\(([^)#]+)\)", "".join(cell["source"])):
                assert (path.parent / link).exists(), link


@every_notebook
@pytest.mark.slow
def test_it_runs_and_says_what_is_kept(path: Path, tmp_path: Path):
    """Oracle: the outputs kept in the repository, but for their numbers."""
    pytest.importorskip("nbclient", reason='needs a Jupyter kernel: pip install -e ".[notebook]"')
    pytest.importorskip("ipykernel", reason='needs a Jupyter kernel: pip install -e ".[notebook]"')
    spec = importlib.util.spec_from_file_location("renew_notebooks", ROOT / "docs" / "renew_notebooks.py")
    renew = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(renew)
    found = renew.executed(path, tmp_path, before="import warnings\nwarnings.simplefilter('error')")
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert texts(found) == texts(kept), "run python docs/renew_notebooks.py"
