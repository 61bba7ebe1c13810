"""Tables of moments. Oracle: the same in plain NumPy and Python's integers, from the definition of a bin."""

from __future__ import annotations

import numpy as np
import pytest

from swref.distributed.kernels import bins


def plain(z: np.ndarray, mass: list[int], bits: int) -> dict[int, list[int]]:
    """The bins of z that are not empty: mass, sum of m r, sum of m r^2."""
    q = (np.abs(z) + 1).astype(np.float32).view(np.int32).astype(int) - 0x3F800000
    shift, table = 23 - bits, {}
    for value, k, m in zip(z, q.tolist(), mass, strict=True):
        b, r = k >> shift, k % (1 << shift)
        cell = table.setdefault((64 << bits) + (b if value >= 0 else -1 - b), [0, 0, 0])
        for power in range(3):
            cell[power] += m * r**power
    return table


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("bits", [8, 11])
def test_accumulate_is_the_plain_table(weighted, bits):
    rng = np.random.default_rng(1)
    n, width = 500, 5 if weighted else 3
    x = np.concatenate((rng.standard_cauchy(n - 4), [1e30, -1e25, np.nan, np.inf])).reshape(-1, 1)
    mass = rng.integers(1, 1 << 52, n) * weighted
    tables, far, far_mass = np.zeros((1, 128 << bits, width), np.int64), np.empty(n), np.empty(n, np.int64)
    reach, empty = np.zeros(1), np.empty(0, np.int64)
    one, quarter = np.ones((1, 1)), np.array([0.25])
    beyond = bins.accumulate(
        x, mass if weighted else empty, quarter, one, quarter, np.array([4.0]), 23 - bits,
        np.empty((1, n)), reach, tables, far, far_mass,
    )  # fmt: skip
    z, masses = (x[:, 0] - 0.25 - 0.25) * 4, (mass.tolist() if weighted else [1] * n)
    expected = plain(z[: n - 4], masses[: n - 4], bits)
    for where in np.flatnonzero(tables[0, :, 0]):
        words = [int(word) for word in tables[0, where]]
        if weighted:
            words = [words[0], (words[1] << 32) + words[2], (words[3] << 32) + words[4]]
        assert words == expected.pop(int(where))
    assert not expected
    assert beyond.tolist() == [4]
    np.testing.assert_array_equal(far[:4], z[n - 4 :])
    np.testing.assert_array_equal(far_mass[:4], masses[n - 4 :])
