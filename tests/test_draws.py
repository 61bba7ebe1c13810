"""The draws of SGD: keyed by (seed, step), whatever the order in which steps are asked for."""

from __future__ import annotations

import itertools
import threading

import numpy as np
import pytest

from swref.directions import SCHEMES
from swref.draws import BLOCK_NUMBERS, BLOCK_STEPS, Draws
from swref.kernels import blas
from swref.measures import Discrete, Gaussian, Shape

SOURCE = Gaussian([0.0, 0.0, 0.0], np.eye(3))
TARGET = Shape("moons")


def make(seed: int = 0, **changes) -> Draws:
    arguments = {"n": 8, "L": 3, "seed": seed, "d_u": 5} | changes
    return Draws(SOURCE, TARGET, **arguments)


def same(a, b) -> bool:
    return all(np.array_equal(p, q) for p, q in zip(a, b, strict=True))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_step_is_the_same_in_any_order(scheme):
    """Oracle: the steps drawn in ascending order."""
    steps = range(3 * BLOCK_STEPS)
    ascending = make(scheme=scheme)
    expected = [ascending(t) for t in steps]
    shuffled = make(scheme=scheme)
    for t in np.random.default_rng(0).permutation(len(steps))[:40]:
        assert same(shuffled(int(t)), expected[t])


@pytest.mark.parametrize("t", [0, BLOCK_STEPS - 1, BLOCK_STEPS, BLOCK_STEPS + 1, 10 * BLOCK_STEPS])
def test_block_boundaries(t):
    """Neighbouring steps differ in every part, also across the end of a block, and a fresh object agrees."""
    draws = make()
    here, there = draws(t), draws(t + 1)
    assert not any(np.array_equal(p, q) for p, q in zip(here, there, strict=True))
    assert same(make()(t), here)


def test_draws_too_large_for_a_block_come_one_step_at_a_time():
    n = BLOCK_NUMBERS  # one batch alone fills the numbers of a block
    draws = Draws(SOURCE, TARGET, n=n, L=1, seed=0)
    assert draws.x.steps == draws.y.steps == 1
    assert draws.theta.steps == BLOCK_STEPS
    assert draws(2).x.shape == (n, 3)


def test_shapes_and_absent_noise():
    x, y, theta, xi = make(d_u=0)(4)
    assert (x.shape, y.shape, theta.shape, xi) == ((8, 3), (8, 2), (3, 2), None)
    assert make()(4).xi.shape == (5,)


def test_every_part_depends_on_the_seed():
    assert not any(np.array_equal(p, q) for p, q in zip(make(0)(0), make(1)(0), strict=True))


def test_the_streams_are_independent():
    """Correlations of the standard normal x, y and xi over 64000 numbers stay within 4 standard errors of 0."""
    normal = Gaussian([0.0], [[1.0]])
    draws = Draws(normal, normal, n=1000, L=1, seed=3, d_u=1000)
    parts = np.array([[draws(t).x.ravel(), draws(t).y.ravel(), draws(t).xi] for t in range(64)])  # [T, 3, n]
    for a, b in itertools.combinations(range(3), 2):
        correlation = np.corrcoef(parts[:, a].ravel(), parts[:, b].ravel())[0, 1]
        assert abs(correlation) < 4 / np.sqrt(64_000)


def test_a_change_of_one_part_leaves_the_others():
    """Noise and the number of directions have streams of their own: x and y do not move with them."""
    few, many = make(), make(L=7, d_u=0)
    for t in (0, 70):
        assert np.array_equal(few(t).x, many(t).x)
        assert np.array_equal(few(t).y, many(t).y)


def test_float32_draws_are_the_rounded_float64_draws():
    for t in (0, 65):
        single, double = make(dtype=np.float32)(t), make()(t)
        for p, q in zip(single, double, strict=True):
            assert p.dtype == np.float32
            assert np.array_equal(p, q.astype(np.float32))


def test_batches_are_drawn_with_replacement():
    """A batch of 50 from two points holds only those, both of them."""
    draws = Draws(SOURCE, Discrete([[0.0, 0.0], [1.0, 1.0]]), n=50, L=1, seed=0)
    assert np.unique(draws(0).y).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_directions_are_unit_rows(scheme):
    theta = make(scheme=scheme, L=5)(1).theta
    np.testing.assert_allclose(np.linalg.norm(theta, axis=1), 1.0, rtol=1e-15 * 16)


class Watched(Discrete):
    """Remembers the threads that sampled it, and how often; raises at the `bad`-th time."""

    def __init__(self, bad: int = 0) -> None:
        super().__init__(np.eye(3))
        self.threads: list[str] = []
        self.bad = bad

    def sample(self, rng, n):
        self.threads.append(threading.current_thread().name.partition("_")[0])
        if len(self.threads) == self.bad:
            raise ValueError("no more points")
        return super().sample(rng, n)


class Ours(Watched):
    """As if it were one of swref's."""

    __module__ = Discrete.__module__


@pytest.mark.parametrize("scheme", SCHEMES)
def test_draws_of_a_thread_are_the_same(scheme):
    """Oracle: those of the caller's thread, bit for bit, in order, with jumps, and to the last step."""
    steps = [*range(3 * BLOCK_STEPS), 7, 2 * BLOCK_STEPS, BLOCK_STEPS, 3 * BLOCK_STEPS - 1]
    ahead, alone = make(scheme=scheme, ahead=3 * BLOCK_STEPS), make(scheme=scheme)
    with blas.limited(1):
        assert all(same(ahead(t), alone(t)) for t in steps)


def test_who_draws_ahead_and_how_far():
    """A block ahead and none beyond the last step; a measure that is not ours is sampled by the caller's thread."""
    here = threading.current_thread().name
    for measure, threads in ((Watched(), [here] * 3), (Ours(), [here, "swref-draws", "swref-draws"])):
        draws = Draws(measure, TARGET, n=8, L=1, seed=0, ahead=3 * BLOCK_STEPS)
        for t in range(3 * BLOCK_STEPS):
            draws(t)
        assert measure.threads == threads


def test_what_fails_ahead_fails_at_its_step():
    draws = Draws(Ours(bad=2), TARGET, n=8, L=1, seed=0, ahead=3 * BLOCK_STEPS)
    for t in range(BLOCK_STEPS):
        draws(t)
    with pytest.raises(ValueError, match="no more points"):
        draws(BLOCK_STEPS)


def test_nothing_is_drawn_under_another_limit_of_the_blas(monkeypatch):
    """What was asked for inside a limit is drawn inside it, or by the caller: bits of products follow from it."""
    measure = Ours()
    draws = Draws(measure, TARGET, n=8, L=1, seed=0, ahead=2 * BLOCK_STEPS)
    monkeypatch.setattr(blas, "own", lambda: 7)  # as if the limit had been left by now
    draws(0)
    draws(BLOCK_STEPS)
    assert measure.threads == [threading.current_thread().name] * 2
