"""The random draws of SGD, step by step: batches, directions, noise, each keyed by (seed, step).

Draws are made a block of steps at a time, because a generator costs more to set up than a small batch to draw. Step t
lies in block t // B at place t % B, and block b of each kind has a generator of its own: any step can be redrawn
without the ones before it, and B depends only on the size of one step's draw, never on where the run started.

For a run on a GPU, which leaves the processor idle, the next block is drawn ahead by a thread: the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from swref.directions import directions
from swref.kernels import blas
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
    drawer: ThreadPoolExecutor | None = None  # who draws ahead
    last: int = 0  # steps beyond are not drawn ahead
    held: tuple[int, np.ndarray] | None = None
    ahead: tuple[int, Future[np.ndarray | None]] | None = None

    def __call__(self, t: int) -> np.ndarray:
        block, place = divmod(t, self.steps)
        if self.held is None or self.held[0] != block:
            self.held = block, self.place(self._drawn(block))
        return self.held[1][place]

    def _drawn(self, block: int) -> np.ndarray:
        ahead, self.ahead = self.ahead, None
        draws = ahead[1].result() if ahead is not None and ahead[0] == block else None
        if draws is None:
            draws = self._draw(block)
        if self.drawer is not None and (block + 1) * self.steps < self.last:
            self.ahead = block + 1, self.drawer.submit(self._draw_ahead, block + 1, blas.own())
        return draws

    def _draw_ahead(self, block: int, blas_threads: int) -> np.ndarray | None:
        """None unless the BLAS uses as many threads as for whom it is drawn: bits of products follow from them."""
        with blas.joined(blas_threads) as inside:
            return self._draw(block) if inside else None

    def _draw(self, block: int) -> np.ndarray:
        draws = self.make(stream(self.seed, self.purpose, block), self.steps)
        return np.ascontiguousarray(draws, dtype=self.dtype)


def _block_steps(numbers: int) -> int:
    return int(np.clip(BLOCK_NUMBERS // numbers, 1, BLOCK_STEPS))


class Draws:
    """The draws of every step of one run: `draws(t)` for t = 0, 1, ... in any order, equal for equal arguments.

    source and target are measures, n the batch size, L the directions a step, d_u the size of the noise (0: none).
    Numbers are drawn in float64 and rounded to `dtype`, so that float32 runs see the same draws. `place` moves a block
    of steps to where the run is (cupy.asarray, which copies by way of pinned memory and does not wait). `ahead` says
    that a thread is to draw, one block ahead, the steps before that one; measures that are not swref's are sampled by
    the caller's thread.

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
        ahead: int = 0,
    ):
        drawer = ThreadPoolExecutor(1, "swref-draws") if ahead else None

        def ahead_of(measure: Measure) -> tuple[ThreadPoolExecutor | None, int]:
            ours = type(measure).__module__.startswith("swref.measures.")
            return (drawer, ahead) if ours else (None, 0)

        def batches(measure: Measure) -> Callable[[np.random.Generator, int], np.ndarray]:
            return lambda rng, B: drawn(measure, rng, B * n).reshape(B, n, measure.dim)

        def sphere(rng: np.random.Generator, B: int) -> np.ndarray:
            if scheme == "uniform":  # independent directions: one draw serves the block
                return directions(rng, B * L, target.dim).reshape(B, L, target.dim)
            return np.stack([directions(rng, L, target.dim, scheme) for _ in range(B)])

        def normal(rng: np.random.Generator, B: int) -> np.ndarray:
            return rng.standard_normal((B, d_u))

        self.x = _Stream(seed, "source", _block_steps(n * source.dim), batches(source), dtype, place, *ahead_of(source))
        self.y = _Stream(seed, "target", _block_steps(n * target.dim), batches(target), dtype, place, *ahead_of(target))
        rest = dtype, place, drawer, ahead
        self.theta = _Stream(seed, "directions", _block_steps(L * target.dim), sphere, *rest)
        self.xi = _Stream(seed, "noise", _block_steps(d_u), normal, *rest) if d_u else None

    def __call__(self, t: int) -> Draw:
        return Draw(self.x(t), self.y(t), self.theta(t), None if self.xi is None else self.xi(t))
