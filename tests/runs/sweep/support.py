"""What the tests of sweeps share: tiny runs on a tiny file, and the folder of a sweep of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

TINY: dict[str, Any] = {"source": "gaussian:2", "hidden": [4], "steps": 12, "batch": 8}


def data(folder: Path, rows: int = 20) -> Path:
    """A file of points [rows, 2]."""
    path = folder / "points.npy"
    np.save(path, np.random.default_rng(0).standard_normal((rows, 2)))
    return path


def values(folder: Path, **more: Any) -> dict[str, Any]:
    """The values of a plan of tiny runs."""
    return {"config": {"target": str(data(folder)), **TINY}, "as_in_paper": True, **more}


def bits(sweep: Path) -> dict[str, tuple[bytes, str]]:
    """Of every run its last iterate, and its history without the times."""
    found = {}
    for path in sorted(sweep.glob("*/checkpoint.npz")):
        with np.load(path) as file:
            rows = (path.parent / "history.csv").read_text().splitlines()
            found[path.parent.name] = file["u"].tobytes(), "\n".join(row.rpartition(",")[0] for row in rows)
    return found
