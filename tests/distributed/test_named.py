"""Which tier is chosen for named data, and its distance. Oracle: the distance of the same data in memory."""

from __future__ import annotations

import numpy as np
import pytest

from swref import distance_between, load_measure
from swref.distributed import named
from swref.distributed.named import Tier, chosen_tier, distance_of_named
from swref.errors import InputError
from swref.measures.reading import TableOptions

ASKED = {"options": TableOptions(), "directions": 20, "p": 2.0, "scheme": "uniform", "seed": 3, "tolerance": 1e-3}


def test_files_stay_on_disk_where_they_are_more_than_a_share_of_memory(tmp_path, monkeypatch):
    np.save(tmp_path / "a.npy", np.zeros((1000, 3), np.float32))
    path = str(tmp_path / "a.npy")
    for free, name in ((8 * 24_000, "memory"), (8 * 24_000 - 1, "certified")):
        monkeypatch.setattr(named, "free_memory", lambda free=free: free)
        assert chosen_tier(path, "moons").name == name
        assert chosen_tier(path, path, "exact") == Tier("exact")
    assert "the data are 2.4e-05 GB as numbers" in chosen_tier(path, "moons").why
    assert chosen_tier("moons", "circles").name == "memory"


@pytest.mark.parametrize("tier", ["certified", "exact"])
def test_data_on_disk_and_in_memory_are_paired_by_name(tmp_path, tier):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    penguins = load_measure("penguins")
    names = list(penguins.names)
    shuffled = dict(zip(names, penguins.points.T * 1.1, strict=True))
    columns = {name: shuffled[name] for name in reversed(names)} | {"who": ["-"] * penguins.m}
    parquet.write_table(pa.table(columns), tmp_path / "b.parquet", row_group_size=100)
    path = str(tmp_path / "b.parquet")
    for pair, order in ((("penguins", path), 1), ((path, "penguins"), -1)):
        result, notes = distance_of_named(*pair, Tier(tier), **ASKED)
        points = penguins.points[:, ::order]
        expected = distance_between(points, 1.1 * points, directions=20, seed=3)
        assert result.value == pytest.approx(expected.value, rel=1e-3 if tier == "certified" else 1e-12)
        assert result.standard_error == pytest.approx(expected.standard_error, rel=1e-3)
        assert notes == ["b.parquet: columns 'who' left out: no numbers"]
    other = {"a": [1.0], "b": [1.0], "c": [1.0], "d": [1.0]}
    parquet.write_table(pa.table(other), tmp_path / "b.parquet")
    with pytest.raises(InputError, match="B must have the same columns in all parts and as the other cloud"):
        distance_of_named("penguins", path, Tier(tier), **ASKED)
