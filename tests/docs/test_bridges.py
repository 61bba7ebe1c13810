"""docs/bridges.md: its blocks run where the libraries are installed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "bridges.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.S)


@pytest.mark.parametrize("library", ["torch", "jax"])
def test_the_example_runs(library: str) -> None:
    pytest.importorskip(library)
    (block,) = (block for block in BLOCKS if f"import {library}\n" in block)
    values: dict[str, object] = {}
    exec(compile(block, f"bridges.md, {library}", "exec"), values)  # the point is that it runs
    value: Any = values["loss" if library == "torch" else "value"]
    assert 0 < value.item() < 0.5
