"""Records: written and read again."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from swref.errors import RunError
from swref.experiments.frame.record import Record
from swref.experiments.frame.samples import Sample
from swref.experiments.frame.tables import Table
from swref.experiments.frame.verdict import Verdict
from swref.inference.statistics import Estimate


def test_records_are_read_as_they_were_written(tmp_path):
    estimate = Estimate(1.0, -math.inf, math.inf, "m")
    verdict = Verdict("", estimate, "k", "undecided", {}, "c", "s", "seen")
    table = Table.of_rows("T", {"scheme": "", "s": "s", "value": "1"}, [("a", 1.0, 0.1), ("b", 2.0, math.nan)])
    sample = Sample(np.eye(2), {"r": ("1", "none"), "a": (0.5, math.inf)})
    record = Record(
        [verdict], {"t": table}, ["t"], {"s": sample}, {"E": np.eye(3)}, {"n": 3, "slope": estimate},
        {"radius": math.inf, "seed": 0}, "sum", ["note"],
    )  # fmt: skip
    record.write(tmp_path)
    again = Record.read(tmp_path)
    assert again.config == {"radius": math.inf, "seed": 0}
    assert list(again.verdicts) == [verdict]
    assert (again.summary, again.shown, again.notes) == ("sum", ["t"], ["note"])
    assert again.facts == {"n": 3, "slope": estimate}
    assert again.tables["t"].column("scheme").tolist() == ["a", "b"]
    np.testing.assert_array_equal(again.tables["t"].column("value"), table.column("value"))
    np.testing.assert_array_equal(again.samples["s"].values, np.eye(2))
    assert again.samples["s"].axes == sample.axes
    np.testing.assert_array_equal(again.arrays["E"], np.eye(3))
    assert (tmp_path / "t.csv").read_text().splitlines()[0] == "scheme,s [s],value [1]"
    described = json.loads((tmp_path / "record.json").read_text())
    (tmp_path / "record.json").write_text(json.dumps({**described, "format": 1}))
    with pytest.raises(RunError, match=r"of format 1, and this version of swref reads 2: remove the folder"):
        Record.read(tmp_path)
    (tmp_path / "record.json").write_text(json.dumps(described))
    (tmp_path / "record.npz").write_bytes(b"PK")
    with pytest.raises(RunError, match="damaged or cut short"):
        Record.read(tmp_path)
