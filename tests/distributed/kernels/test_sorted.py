"""Sums over sorted rows that come in pieces. Oracle: the kernels that take them whole; counting in Python."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from swref.distributed.kernels.sorted import LEADING, add_costs, add_stairs, count_leading, take_between
from swref.kernels.cpu.coupled import add_up, staircase

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("n", [1, 3, 4, 11, 1002])
def test_costs_of_pieces_are_those_of_the_whole(n):
    x, y = np.sort(RNG.normal(size=(2, n)).astype(np.float32))
    costs = ((x - y).astype(np.float64) ** 2).tolist()
    lanes = [0.0] * 4
    for k, cost in enumerate(costs):  # four lanes, and what is left in the first
        lanes[k % 4 if k < n - n % 4 else 0] += cost
    for cuts in ([], [n // 3], sorted([n // 5, n // 5 + 1, n // 2])):
        found, done = np.zeros(4), 0
        for a, b in zip(np.split(x, cuts), np.split(y, cuts), strict=True):
            add_costs(a, b, 2.0, done, n, found)
            done += len(a)
        assert found.tolist() == lanes


def test_stairs_of_pieces_are_those_of_the_whole():
    n, m = 37, 23
    xs, ys, a = np.sort(RNG.normal(size=n)), np.sort(RNG.normal(size=m)), RNG.dirichlet(np.ones(n))
    levels, other = np.empty(n), np.empty(m)
    add_up(a, 1, 0.5, levels)
    add_up(np.full(m, 1 / m), 1, 0.5, other)
    expected = staircase(xs, ys, levels, other, 1, 0.5, 1.0, 2.0, np.zeros(n), np.zeros(m))
    state, i, j = np.array([0.0, 0.0, 0.0, 0.0, 1.0, 1.0]), 0, 0
    x_pieces = iter([(xs[:5], a[:5]), (xs[5:6], a[5:6]), (xs[6:], a[6:])])
    y_pieces = iter([ys[:7], ys[7:]])
    (x, w), y = next(x_pieces), next(y_pieces)
    while state[0] < 0.5:
        i, j = add_stairs(x, w, 0.0, i, y, np.empty(0), 1 / m, j, 0.5, 1.0, 2.0, state)
        if state[0] < 0.5 and i == len(x):
            (x, w), i = next(x_pieces), 0
        if state[0] < 0.5 and j == len(y):
            y, j = next(y_pieces), 0
    assert state[1] == expected


@pytest.mark.parametrize(("dtype", "kind", "up"), [("f4", "i4", 32), ("f8", "i8", 0)])
def test_leading_bits_are_in_the_order_of_the_values(dtype, kind, up):
    values = np.sort(np.concatenate((RNG.standard_cauchy(500) * 1e5, [0.0, 1e30, -1e30]))).astype(dtype)
    counts = np.zeros(1 << LEADING, np.int64)
    count_leading(values.view(kind), up, counts)
    keys = []
    for v in values.tolist():
        (bits,) = struct.unpack(">Q", struct.pack(">d", v) if dtype == "f8" else struct.pack(">f", v) + bytes(4))
        keys.append((bits ^ (2**64 - 1 if bits >> 63 else 1 << 63)) >> (64 - LEADING))
    assert np.repeat(np.arange(1 << LEADING), counts).tolist() == keys
    out, masses = np.empty(100, dtype), np.empty(100)
    at = take_between(values.view(kind), up, keys[50], keys[120], values, np.arange(503.0), out, masses, 0)
    np.testing.assert_array_equal(masses[:at], [k for k in range(503) if keys[50] <= keys[k] < keys[120]])
    np.testing.assert_array_equal(out[:at], values[masses[:at].astype(int)])
