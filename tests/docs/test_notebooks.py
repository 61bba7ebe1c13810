"""docs/notebooks: they run in a kernel, warnings being errors, and the outputs that are kept can be read anywhere."""

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


def kinds(notebook: dict[str, Any]) -> list[tuple[str, ...]]:
    """Of each output, in what forms it came. Its words and numbers are those of a version and a machine."""
    return [(output["output_type"], *sorted(output.get("data", ()))) for output in outputs(notebook)]


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
def test_it_runs_and_shows_what_is_kept(path: Path, tmp_path: Path):
    """Oracle: the outputs kept in the repository, by their kinds: a table, a figure, lines."""
    pytest.importorskip("nbclient", reason='needs a Jupyter kernel: pip install -e ".[notebook]"')
    pytest.importorskip("ipykernel", reason='needs a Jupyter kernel: pip install -e ".[notebook]"')
    spec = importlib.util.spec_from_file_location("renew_notebooks", ROOT / "docs" / "renew_notebooks.py")
    renew = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(renew)
    found = renew.executed(path, tmp_path, before="import warnings\nwarnings.simplefilter('error')")
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert kinds(found) == kinds(kept), "run python docs/renew_notebooks.py"
    assert not any(output.get("name") == "stderr" for output in outputs(found))
