"""Discrete measures: finitely many weighted points (assumption A6)."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.errors import InputError
from swref.measures.base import Support, check_draw, digest, read_only
from swref.measures.frames import frame_points, is_frame
from swref.measures.reading import Reading
from swref.reprs import Shown


@dataclass(frozen=True, eq=False, repr=False)
class Discrete(Shown):
    """The measure sum_j w_j delta_{x_j} on m points of R^d.

    points: [m, d], finite; stored as a read-only float64 copy. A table of pandas, polars or pyarrow, of columns of
    numbers, gives its names, too. weights: [m], non-negative, of sum 1, or None for 1/m each (and None is what
    `weights` then stays). names: one label a column, for axes, or None. reading: how the file was read that it is
    from, if it is: `reading.notes` has a line for everything guessed or left out.
    Points may repeat, and their order is kept. Raises InputError or InputTypeError for anything else.
    Source: assumption A6 of Tanguy 2023.

    >>> import numpy as np
    >>> coin = Discrete([[0.0], [1.0]], weights=[0.25, 0.75])
    >>> coin.sample(np.random.default_rng(0), 4).shape
    (4, 1)
    >>> coin
    Discrete(m=2, dim=1, weighted)
    """

    points: np.ndarray
    weights: np.ndarray | None = None
    names: tuple[str, ...] | None = None
    reading: Reading | None = field(init=False, default=None)
    _cumulative: np.ndarray | None = field(init=False)

    if TYPE_CHECKING:  # what is given may be any array-like, what is kept is an array

        def __init__(
            self, points: ArrayLike, weights: ArrayLike | None = None, names: Sequence[str] | None = None
        ) -> None: ...

    def __post_init__(self) -> None:
        given, names = self.points, self.names
        if is_frame(given):
            given, columns = frame_points("points", given)
            names = columns if names is None else names
        points = read_only(checks.points("points", given))  # [m, d]
        weights = cumulative = None
        if self.weights is not None:
            weights = read_only(checks.weights("weights", self.weights, len(points)))  # [m]
            cumulative = np.cumsum(weights)  # [m]
            # Ends at exactly 1, so that a uniform number in [0, 1) always falls strictly below the last entry.
            cumulative = read_only(cumulative / cumulative[-1])
        for name, value in (("points", points), ("weights", weights), ("_cumulative", cumulative)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "names", _check_names(names, points.shape[1]))

    def with_reading(self, reading: Reading | None) -> Discrete:
        """The same measure, with how it was read."""
        other = copy.copy(self)
        object.__setattr__(other, "reading", reading)
        return other

    @property
    def dim(self) -> int:
        """Coordinates a point."""
        return self.points.shape[1]

    @property
    def m(self) -> int:
        """Support points, counted with repetition."""
        return self.points.shape[0]

    def sample(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """n i.i.d. points x[n, d], with replacement: x_k = x_j with probability w_j, never a point of weight 0.

        Weighted draws invert the cumulative weights c: the index is the first j with c_j > U, U uniform on [0, 1).
        Raises InputError for n < 1 and InputTypeError for an rng that is no numpy Generator.

        >>> import numpy as np
        >>> Discrete([[5.0, 7.0]]).sample(np.random.default_rng(0), 2)
        array([[5., 7.],
               [5., 7.]])
        """
        n = check_draw(rng, n)
        if self._cumulative is None:
            index = rng.integers(self.m, size=n)  # [n]
        else:
            # side="right" wants c_j > U >= c_{j-1}: impossible where w_j = 0, whatever U is.
            index = np.searchsorted(self._cumulative, rng.random(n), side="right")  # [n]
        return self.points[index]

    @property
    def atoms(self) -> np.ndarray:
        """The points [k, d] of positive weight, as they come.

        >>> Discrete([[1.0], [2.0]], weights=[1.0, 0.0]).atoms
        array([[1.]])
        """
        return self.points if self.weights is None else self.points[self.weights > 0]

    @property
    def support(self) -> Support:
        """The farthest atom, and how many distinct ones there are."""
        distinct = np.unique(self.atoms, axis=0)
        return Support(float(np.linalg.norm(self.atoms, axis=1).max()), len(distinct))

    def split(self, fraction: float, rng: np.random.Generator) -> tuple[Discrete, Discrete]:
        """(train, held out): a random split of the support points without replacement, weights renormalised.

        fraction: the share of the m points that goes to train, in ]0, 1[, rounded to the nearest whole number of
        points. The order of the points is kept within each part. Raises InputError where a part would be empty or
        of weight 0.

        >>> import numpy as np
        >>> train, held_out = Discrete(np.arange(10.0)[:, None]).split(0.8, np.random.default_rng(0))
        >>> train.m, held_out.m
        (8, 2)
        """
        check_draw(rng, 1)
        fraction = checks.number("fraction", fraction, above=0.0)
        if fraction >= 1.0:
            raise InputError(f"fraction must be < 1, got {checks.shown(fraction)}")
        n_train = round(fraction * self.m)
        if n_train in (0, self.m):
            empty = "train" if n_train == 0 else "held-out"
            raise InputError(f"fraction {checks.shown(fraction)} of {self.m} points leaves the {empty} part empty")
        order = rng.permutation(self.m)
        return self._part("train", np.sort(order[:n_train])), self._part("held-out", np.sort(order[n_train:]))

    def _part(self, label: str, index: np.ndarray) -> Discrete:
        if self.weights is None:
            return Discrete(self.points[index], names=self.names)
        weights = self.weights[index]
        total = weights.sum()
        if total == 0.0:
            raise InputError(f"the {label} part of the split holds only points of weight 0")
        return Discrete(self.points[index], weights / total, self.names)

    def to_dict(self) -> dict[str, Any]:
        """Kind, sizes, names and a checksum of points and weights: it recognises the measure, it does not store it.

        >>> Discrete([[0.0], [1.0]]).to_dict()["m"]
        2
        """
        arrays = [self.points] if self.weights is None else [self.points, self.weights]
        return {
            "kind": "discrete",
            "m": self.m,
            "dim": self.dim,
            "weights": "uniform" if self.weights is None else "given",
            "names": None if self.names is None else list(self.names),
            "sha256": digest(*arrays),
        }

    def facts(self) -> dict[str, str]:
        """What a notebook shows: size, names, and what was guessed about the file or left out of it."""
        notes = () if self.reading is None else self.reading.notes
        return {
            "points": str(self.m),
            "dimension": str(self.dim),
            "weights": "uniform" if self.weights is None else "given",
            **({} if self.names is None else {"columns": ", ".join(self.names)}),
            **{f"note {k}": note for k, note in enumerate(notes, 1)},
        }

    def __repr__(self) -> str:
        weighted = "uniform" if self.weights is None else "weighted"
        names = "" if self.names is None else f", names={self.names}"
        return f"Discrete(m={self.m}, dim={self.dim}, {weighted}{names})"


def _check_names(names: tuple[str, ...] | None, dim: int) -> tuple[str, ...] | None:
    if names is None:
        return None
    names = checks.texts("names", names)
    if len(names) != dim:
        raise InputError(f"names must have one entry for each of the {dim} columns, got {len(names)}")
    return names
