"""Execute the notebooks of the documentation anew and keep their outputs: python docs/renew_notebooks.py"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parent / "notebooks"
SETTINGS = {"timeout": 300, "kernel_name": "python3", "record_timing": False, "coalesce_streams": True}


def executed(path: Path, folder: str | Path, before: str = "") -> Any:
    """The notebook with the outputs of a kernel in `folder`, which ran `before` first."""
    notebook = nbformat.read(path, as_version=4)
    first = nbformat.v4.new_code_cell(before)
    notebook.cells.insert(0, first)
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, **SETTINGS, resources=resources).execute()
    notebook.cells.pop(0)
    notebook.metadata["language_info"] = {"name": "python"}  # and not the version of this machine
    for k, cell in enumerate(notebook.cells, 1):
        cell.id = f"{k:02d}"
        if cell.cell_type == "code":
            cell.execution_count -= 1
            for output in cell.outputs:
                if "execution_count" in output:
                    output.execution_count -= 1
    return notebook


if __name__ == "__main__":
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        with TemporaryDirectory() as folder:
            nbformat.write(executed(path, folder), path)
