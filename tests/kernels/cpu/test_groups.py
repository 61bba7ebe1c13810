"""Cutting into groups, chunks, blocks and threads: the seams must not show."""

from __future__ import annotations

import numpy as np
import pytest

from swref.directions import directions
from swref.kernels.cpu import groups
from swref.sliced import WRT, sw_loss_and_grad
from tests.sliced.support import SIZES, assert_agrees, cloud, some_weights


@pytest.mark.parametrize("sizes", ["equal", "unequal"])
def test_many_groups_and_chunks(monkeypatch, sizes):
    """Directions are cut into groups, chunks and threads: the seams must not show, whatever their sizes."""
    n, m = SIZES[sizes]
    generator = np.random.default_rng(6)
    x, y, theta = cloud("tied", generator, n, 3), cloud("random", generator, m, 3), directions(2, 23, 3)
    want = [sw_loss_and_grad(x, y, theta, wrt=wrt, backend="cpu") for wrt in ("x", WRT)]
    monkeypatch.setattr(groups, "SERIAL_ELEMENTS", 0)
    for group, chunk in ((1, 1), (n + m, n), (3 * (n + m), n + m), (7 * (n + m), 2 * (n + m)), (10**6, 5 * n)):
        monkeypatch.setattr(groups, "GROUP_ELEMENTS", group)
        monkeypatch.setattr(groups, "CHUNK_ELEMENTS", chunk)
        assert_agrees(x, y, theta)
        assert_agrees(x, y, theta, 1.5, wrt=("x",))
        assert_agrees(x, y, theta, 3.0, some_weights(generator, n), some_weights(generator, m))
        loss, dx = sw_loss_and_grad(x, y, theta, backend="cpu")
        assert (loss, dx.tobytes()) == (want[0][0], want[0][1].tobytes())
        loss, grads = sw_loss_and_grad(x, y, theta, wrt=WRT, backend="cpu")
        assert (loss, [g.tobytes() for g in grads]) == (want[1][0], [g.tobytes() for g in want[1][1]])


@pytest.mark.parametrize("sizes", [(300, 300), (300, 270)])
def test_blocks_of_blas_products(sizes):
    """In many dimensions: more directions and points than a block of either product holds."""
    generator = np.random.default_rng(8)
    x, y = (generator.standard_normal((n, groups.BLAS_DIMENSION)) for n in sizes)
    theta = directions(3, 260, groups.BLAS_DIMENSION)
    assert max(groups.BLAS_PROJECTION) < 260
    assert_agrees(x, y, theta, wrt=("x", "y"))
