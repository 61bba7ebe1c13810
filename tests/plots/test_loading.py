"""matplotlib comes with the first figure, without pyplot, and where it is missing that is said."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from swref.errors import BackendError
from tests.plots.support import FIGURES
from tests.support import run_python


def test_no_pyplot_and_no_matplotlib_before_the_first_figure(tmp_path: Path) -> None:
    code = """
import sys
from swref import plots
assert "matplotlib" not in sys.modules
figure = plots.samples_figure([[0.0], [1.0]], [[0.5], [2.0]])
plots.save_figure(figure, sys.argv[1])
assert "matplotlib" in sys.modules
assert "matplotlib.pyplot" not in sys.modules
"""
    result = subprocess.run([sys.executable, "-c", code, tmp_path / "f.png"], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
    assert (tmp_path / "f.png").stat().st_size > 1000


@pytest.mark.parametrize("name", FIGURES)
def test_without_matplotlib_the_error_says_what_to_install(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(BackendError) as caught:
        FIGURES[name]()
    assert str(caught.value) == 'figures need matplotlib: pip install "matplotlib>=3.9"'


def test_where_matplotlib_does_not_start_the_error_says_why() -> None:
    code = """
from swref import plots
from swref.errors import BackendError
try:
    plots.samples_figure([[0.0], [1.0]], [[0.5], [2.0]])
except BackendError as error:
    print(error)
"""
    result = run_python(code, timeout=60, MPLBACKEND="none")
    start = "figures need matplotlib, which does not start: Key backend: 'none' is not a valid value"
    assert (result.stderr, result.stdout[: len(start)], result.stdout.count("\n")) == ("", start, 1)
