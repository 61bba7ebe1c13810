"""The random draws of SGD, step by step: batches, directions, noise, each keyed by (seed, step).

Draws are made a block of steps at a time, because a generator costs more to set up than a small batch to draw. Step t
lies in block t // B at place t % B, and block b of each kind has a generator of its own: any step can be redrawn
without the ones before it, and B depends only on the size of one step's draw, never on where the run started.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from swref.directions import directions
from swref.measures import Measure
from swref.measures.base import drawn
from swref.randomness import stream

BLOCK_STEPS = 64
BLOCK_NUMBERS = 1 << 18


class Draw(NamedTuple):
    """What one step of the scheme draws."""

    x: np.ndarray  # [n, dx] batch of the source
    y: np.ndarray  # [n, d]  batch of the target
    theta: np.ndarray  # [L, d]
    xi: np.ndarray | None  # [d_u] standard normal noise; None without noise


@dataclass
class _Stream:
    """One kind of draw: `make(rng, B)` gives those of B steps, [B, ...]; the last block is kept."""

    seed: int
    purpose: str
    steps: int  # B
    make: Callable[[np.random.Generator, int], np.ndarray]
    dtype: DTypeLike
    place: Callable[[np.ndarray], np.ndarray]
    held: tuple[int, np.ndarray] | None = None

    def __call__(self, t: int) -> np.ndarray:
        block, place = divmod(t, self.steps)
        if self.held is None or self.held[0] != block:
            draws = self.make(stream(self.seed, self.purpose, block), self.steps)
            self.held = block, self.place(np.ascontiguousarray(draws, dtype=self.dtype))
        return self.held[1][place]


def _block_steps(numbers: int) -> int:
    return int(np.clip(BLOCK_NUMBERS // numbers, 1, BLOCK_STEPS))


class Draws:
    """The draws of every step of one run: `draws(t)` for t = 0, 1, ... in any order, equal for equal arguments.

    source and target are measures, n the batch size, L the directions a step, d_u the size of the noise (0: none).
    Numbers are drawn in float64 and rounded to `dtype`, so that float32 runs see the same draws. `place` moves a block
    of steps to where the run is (cupy.asarray): the same numbers, uploaded ahead.

    >>> from swref.measures import Gaussian, Shape
    >>> draws = Draws(Gaussian([0.0], [[1.0]]), Shape("moons"), n=4, L=2, seed=0)
    >>> draws(7).theta.shape, bool((draws(7).y == draws(7).y).all())
    ((2, 2), True)
    """

    def __init__(
        self,
        source: Measure,
        target: Measure,
        n: int,
        L: int,
        seed: int,
        d_u: int = 0,
        scheme: str = "uniform",
        dtype: DTypeLike = np.float64,
        place: Callable[[np.ndarray], np.ndarray] = np.asarray,
    ):
        def batches(measure: Measure) -> Callable[[np.random.Generator, int], np.ndarray]:
            return lambda rng, B: drawn(measure, rng, B * n).reshape(B, n, measure.dim)

        def sphere(rng: np.random.Generator, B: int) -> np.ndarray:
            if scheme == "uniform":  # independent directions: one draw serves the block
                return directions(rng, B * L, target.dim).reshape(B, L, target.dim)
            return np.stack([directions(rng, L, target.dim, scheme) for _ in range(B)])

        def normal(rng: np.random.Generator, B: int) -> np.ndarray:
            return rng.standard_normal((B, d_u))

        self.x = _Stream(seed, "source", _block_steps(n * source.dim), batches(source), dtype, place)
        self.y = _Stream(seed, "target", _block_steps(n * target.dim), batches(target), dtype, place)
        self.theta = _Stream(seed, "directions", _block_steps(L * target.dim), sphere, dtype, place)
        self.xi = _Stream(seed, "noise", _block_steps(d_u), normal, dtype, place) if d_u else None

    def __call__(self, t: int) -> Draw:
        return Draw(self.x(t), self.y(t), self.theta(t), None if self.xi is None else self.xi(t))
