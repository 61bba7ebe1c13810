"""The certified tier. Oracles: itself on one file; the in-memory loss in float64; the formulas of its cost."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from swref import directions, sw_losses
from swref.distributed.bounds import Bounds
from swref.distributed.certified import (
    FEWEST_BITS,
    FIRST_BITS,
    MOST_BITS,
    WEIGHTED_BITS,
    certified,
    first_bits,
    tables_of,
    to_refine,
    wanted_bits,
)
from swref.distributed.clouds import Cloud, cloud_of
from swref.distributed.frame import Frame
from swref.kernels.threads import get_num_threads, set_num_threads

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(5000, 3)).astype(np.float32), 0.1 + RNG.normal(size=(4000, 3))
THETA = directions(0, 4, 3)


def test_bits_are_the_same_for_any_files_and_threads(tmp_path):
    whole = certified(cloud_of("x", X, None), cloud_of("y", Y, None), THETA, 2.0, 1e-3)
    pieces = np.split(X, [1, 700, 703, 4000])
    for k, piece in enumerate(pieces):
        np.save(tmp_path / f"{k}.npy", piece)
    x = cloud_of("x", [tmp_path / f"{k}.npy" for k in range(len(pieces))], None)
    before = get_num_threads()
    for threads in (1, 3):
        set_num_threads(threads)
        assert certified(x, cloud_of("y", Y, None), THETA, 2.0, 1e-3) == whole
    set_num_threads(before)


def test_the_tolerance_is_met_by_a_second_pass_over_some_directions():
    passes = []

    def counted(cloud: Cloud, frame):
        passes.append((len(frame.theta), frame.bits))
        return tables_of(cloud, frame)

    y = Y - Y.mean(axis=0) + X.mean(axis=0)
    y[:, 0] += 5  # directions differ
    tolerance = 2e-5
    found = certified(cloud_of("x", X, None), cloud_of("y", y, None), THETA, 2.0, tolerance, counted)
    exact = sw_losses(X.astype(float), y, THETA)
    first, again = passes[::2]
    assert first[0] == 4
    assert 0 < again[0] < 4
    assert FEWEST_BITS <= first[1] < again[1] <= MOST_BITS
    assert len(passes) == 4
    lower, value, upper = np.array(found).T
    assert ((lower <= exact) & (exact <= upper)).all()
    assert (upper - lower).sum() <= tolerance * value.sum()


def test_samples_say_with_how_many_bits_to_begin():
    """Oracle: the bounds with that many; of laws that are nearer, relative to the tolerance, there are more."""
    near, far = Y - Y.mean(axis=0) + X.mean(axis=0) + 0.05, Y + 3
    found = [wanted_bits([X, y], Frame.of([X, y], THETA, FEWEST_BITS), 2.0, 1e-3) for y in (far, near)]
    assert found == [FEWEST_BITS, FIRST_BITS]
    assert first_bits(cloud_of("x", X, None), cloud_of("y", Y, np.full(len(Y), 1 / len(Y)))) == WEIGHTED_BITS
    many = SimpleNamespace(rows=10**11, weights=None)
    assert first_bits(many, many) == 10  # 10^11 4^(23 - 10) < 2^63


def test_what_no_bits_can_do_is_tried_once():
    wide = [Bounds(0.0, 1.0, 2.0)] * 3
    assert to_refine(wide, 1e-9)[1] == MOST_BITS
    assert to_refine(wide, 1e-9)[0].tolist() == [0, 1, 2]
    assert not len(to_refine(wide, 2.0)[0])


def test_a_pass_reads_every_point_once_and_sends_its_bins():
    """Oracle: 32 bytes a bin, n d itemsize bytes read, counted where they are read."""
    read = []

    class Counted:
        shape, dtype = X.shape, X.dtype

        def __getitem__(self, rows):
            read.append(X[rows].nbytes)
            return X[rows]

    cloud = cloud_of("x", Counted(), None)
    frame = Frame.of([X], THETA, FEWEST_BITS)
    gathered = tables_of(cloud, frame).gathered()
    assert sum(read) == X.nbytes
    assert gathered.where.nbytes + gathered.sums.nbytes == 32 * len(gathered.where)
    assert len(gathered.where) < 10 * len(THETA) * 2**FEWEST_BITS
