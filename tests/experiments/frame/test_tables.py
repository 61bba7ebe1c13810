"""Tables: of samples, stacked, drawn and refused."""

from __future__ import annotations

import numpy as np
import pytest

from swref.errors import InputError
from swref.experiments.frame.samples import Sample, estimated
from swref.experiments.frame.tables import Table, joined, stacked, table


def test_tables_refuse_columns_of_different_lengths():
    with pytest.raises(InputError, match="one length"):
        Table("T", {"a": ("1", [1.0]), "b": ("1", [1.0, 2.0])})


AXES = {"a": (0.0, 0.5), "repeat": (0, 1, 2), "r": ("1", "none")}


def test_a_table_has_a_row_for_every_place_in_the_order_that_is_asked():
    """Oracle: three loops."""
    values = np.arange(12.0).reshape(2, 3, 2)
    F = Sample(values, AXES)
    found = table("Every run", {"F": F, "mean": F.over("repeat", np.mean)}, {"F": "m"}, order="a r repeat")
    rows = [
        (a, r, repeat, values[i, k, j], values[i, :, j].mean())
        for i, a in enumerate(AXES["a"])
        for j, r in enumerate(AXES["r"])
        for k, repeat in enumerate(AXES["repeat"])
    ]
    wanted = Table.of_rows("Every run", {"a": "1", "r": "", "repeat": "1", "F": "m", "mean": "1"}, rows)
    assert found.to_csv() == wanted.to_csv()


def test_estimates_become_three_columns():
    """Oracle: the estimates one by one."""
    F = Sample(np.arange(12.0).reshape(2, 3, 2) ** 2, AXES)
    one = estimated(F)
    alone, both = table("T", {"F": one}), table("T", {"F": one, "G": one})
    assert list(alone.columns) == ["a", "r", "F", "low", "high"]
    assert list(both.columns) == ["a", "r", "F", "F low", "F high", "G", "G low", "G high"]
    e = one.at(a=0.5, r="none").estimate()
    for found in (alone, both):
        mine = found.where(a=0.5, r="none")
        assert [column.tolist() for column in mine.interval("F")] == [[e.value], [e.low], [e.high]]


def test_axes_of_several_things_are_split():
    """Oracle: by hand."""
    F = Sample(np.array([1.0, 2.0]), {"arm": [("SGD", 0.0), ("exact", 0.3)]})
    found = table("T", {"F": F}, split={"arm": "gradient a"})
    assert found.to_csv() == "gradient,a [1],F [1]\nSGD,0.0,1.0\nexact,0.3,2.0\n"


def test_tables_are_put_under_each_other_and_cut():
    """Oracle: by hand."""
    part = Table("T", {"F": ("1", [1.0, 2.0])})
    both = stacked("scheme", {"plain": part, "noised": joined([part, part])})
    assert both.column("scheme").tolist() == ["plain"] * 2 + ["noised"] * 4
    assert both.where(scheme="noised", F=lambda F: F > 1).column("F").tolist() == [2.0, 2.0]
    with pytest.raises(InputError, match=r"column must be one of .*, got 'E'"):
        both.column("E")
