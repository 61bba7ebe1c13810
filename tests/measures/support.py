"""What the tests of files share: a table of numbers, and what a refusal looks like."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from swref.errors import DataError
from swref.measures import load_measure

X = np.random.default_rng(0).normal(size=(5, 3))


def refused(path: Path | str, line: str, columns=None) -> None:
    """load_measure raises DataError with one line that opens with the path and then matches `line`."""
    with pytest.raises(DataError, match=line) as caught:
        load_measure(path, columns=columns)
    message = str(caught.value)
    assert message.startswith(str(Path(path)).split(".npz:")[0])
    assert "\n" not in message


def table(folder: Path, text: str, name: str = "data.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode("utf-8"))
    return path


IRIS = "5.1,setosa,1.4\n4.9,setosa,1.3\n"
NAMED = "id,species,size,mass\n2007_1,Adelie,1.5,NA\n2007_2,Gentoo,2.5,7\n"
