"""Standardisation as an explicit step that can be undone and recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, overload

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.errors import InputError, InputTypeError
from swref.measures.base import Measure, Support, described, support_of, vector
from swref.measures.discrete import Discrete
from swref.measures.given import as_measure
from swref.reprs import Shown

UNITS: Final = ("column", "global", "none")
TRANSFORMS: Final = ("none", "log")
FAR: Final = 2.0**10  # mean over deviation from which on a mean of one float is too coarse: below, it is off by 1e-13
LEAST: Final = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True, eq=False, repr=False)
class Standardize(Shown):
    """The affine map of each column, or of its logarithm, and its inverse.

        apply(x) = ((x - mean) - rest) / scale,   invert(z) = mean + (scale z + rest).

    mean: [d]; scale: [d], each > 0; rest: [d], what one float a mean leaves out where a column lies far from 0 against
    its spread, and 0 (None) everywhere else. transform: () or a word a column, none or log; log x stands for x in a
    column of that word, which must be > 0. Raises InputError for anything else. A sliced Wasserstein loss sums over
    all columns, so a column in large units would drown the others: standardise first, and invert what is shown.

    >>> import numpy as np
    >>> step = Standardize.fit([[0.0, 10.0], [2.0, 30.0]])
    >>> step.mean, step.scale
    (array([ 1., 20.]), array([ 1., 10.]))
    >>> step.invert(step.apply([[2.0, 30.0]]))
    array([[ 2., 30.]])
    """

    mean: np.ndarray
    scale: np.ndarray
    rest: np.ndarray = field(default=None)  # type: ignore[arg-type]  # replaced by 0 [d] when it is made
    transform: tuple[str, ...] = ()

    if TYPE_CHECKING:

        def __init__(
            self, mean: ArrayLike, scale: ArrayLike, rest: ArrayLike | None = None, transform: Sequence[str] = ()
        ) -> None: ...

    def __post_init__(self) -> None:
        mean = vector("mean", self.mean)  # [d]
        scale = vector("scale", self.scale, mean.size)  # [d]
        rest = vector("rest", np.zeros(mean.size) if self.rest is None else self.rest, mean.size)  # [d]
        if (scale <= 0).any():
            index = int(np.argmax(scale <= 0))
            raise InputError(f"scale must be > 0, got {scale[index]} at [{index}]")
        for name, value in (("mean", mean), ("scale", scale), ("rest", rest)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "transform", _transform(self.transform, mean.size))

    @property
    def dim(self) -> int:
        """Columns."""
        return self.mean.size

    @classmethod
    def fit(
        cls,
        points: ArrayLike,
        weights: ArrayLike | None = None,
        per_column: bool = True,
        transform: Sequence[str] = (),
    ) -> Standardize:
        """The step that takes weighted points[m, d] to mean 0 and variance 1, to rounding.

        scale_i = sqrt(sum_j w_j (x_ji - mean_i)^2), the population form, and 1 for a constant column. With
        per_column=False all columns share the root of the mean of these variances, so that the map is a similarity:
        the choice for images, whose pixels have one unit and whose border may be constant. Points of weight 0 do not
        count. transform: as of the class. Raises InputError for points or weights that are none.

        >>> Standardize.fit([[0.0, 5.0], [4.0, 5.0]]).scale
        array([2., 1.])
        >>> Standardize.fit([[0.0, 1.0], [2.0, 3.0]], per_column=False).scale
        array([1., 1.])
        """
        x = checks.points("points", points).astype(np.float64)  # [m, d]
        transform = _transform(transform, x.shape[1])
        x = _logarithms("points", x, transform)
        w = np.full(len(x), 1.0 / len(x)) if weights is None else checks.weights("weights", weights, len(x))  # [m]
        x, w = x[w > 0], w[w > 0]
        # In units of a power of two near the largest |x|, which changes no digit, squares are within the range.
        unit = np.frexp(np.abs(x).max(axis=0))[1]  # [d]
        mean, rest, variance = _moments(np.ldexp(x, -unit), w)  # [d], [d], [d]
        if not checks.flag("per_column", per_column):
            largest = unit.max()
            variance = np.full_like(variance, np.ldexp(variance, 2 * (unit - largest)).mean())
            scale = np.where(variance > 0, np.ldexp(np.sqrt(variance), largest), 1.0)
        else:
            scale = np.where(variance > 0, np.ldexp(np.sqrt(variance), unit), 1.0)
        if scale.min() < LEAST:  # with fewer digits
            raise InputError(f"points must have no standard deviation < {LEAST:.3g}, got {scale.min():.3g}")
        return cls(np.ldexp(mean, unit), scale, np.ldexp(rest, unit), transform)

    @classmethod
    def named(
        cls, kind: str, points: ArrayLike, weights: ArrayLike | None = None, transform: Sequence[str] = ()
    ) -> Standardize:
        """The step called `kind`: fit by column, fit with one scale for all columns (global), or none at all.

        >>> Standardize.named("none", [[0.0, 5.0], [4.0, 5.0]]).scale
        array([1., 1.])
        """
        if checks.one_of("standardize", kind, UNITS) == "none":
            d = checks.points("points", points).shape[1]
            return cls(np.zeros(d), np.ones(d), transform=transform)
        return cls.fit(points, weights, kind == "column", transform)

    def apply(self, x: ArrayLike) -> np.ndarray:
        """z[n, d] = (x - mean) / scale, float64; InputError unless x is points [n, d].

        >>> Standardize([1.0], [2.0]).apply([[5.0]])
        array([[2.]])
        """
        x = _logarithms("x", checks.points("x", x, self.dim), self.transform)
        with np.errstate(over="ignore", invalid="ignore"):
            z = ((x - self.mean) - self.rest) / self.scale
            if not np.isfinite(z).all():  # a difference may overflow where its quotient does not
                z = ((x / 4 - self.mean / 4) - self.rest / 4) / (self.scale / 4)
        checks.finite("x", z, " in units of scale")
        return z

    def invert(self, z: ArrayLike) -> np.ndarray:
        """x[n, d] = scale z + mean, float64: the inverse of apply, within rounding.

        >>> Standardize([1.0], [2.0]).invert([[2.0]])
        array([[5.]])
        """
        z = checks.points("z", z, self.dim)
        with np.errstate(over="ignore", invalid="ignore"):
            x = self.mean + (self.scale * z + self.rest)
            if not np.isfinite(x).all():
                x = 4 * (self.mean / 4 + (self.scale / 4 * z + self.rest / 4))
            if (logs := _are_logs(self.transform)).any():
                x[:, logs] = np.exp(x[:, logs])
        checks.finite("z", x, " in units of the data")
        return x

    def to_dict(self) -> dict[str, Any]:
        """Mean and scale as lists, and the rest and the transform where there is one; JSON keeps them bit for bit."""
        record = {"mean": self.mean.tolist(), "scale": self.scale.tolist()}
        record |= {"rest": self.rest.tolist()} if self.rest.any() else {}
        return record | ({"transform": list(self.transform)} if _are_logs(self.transform).any() else {})

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Standardize:
        """The step that `to_dict` described; InputError unless the record has its keys and no other.

        >>> Standardize.from_dict({"mean": [0.0], "scale": [2.0]}).scale
        array([2.])
        """
        if not isinstance(record, Mapping):
            raise InputTypeError(f"record must be a mapping with mean and scale, got {checks.shown(record)}")
        if set(record) - {"rest", "transform"} != {"mean", "scale"}:
            keys = sorted(map(str, record))
            raise InputError(f"record must have the keys mean and scale, and may have rest and transform, got {keys}")
        return cls(record["mean"], record["scale"], record.get("rest"), record.get("transform", ()))


def _transform(words: Sequence[str], d: int) -> tuple[str, ...]:
    """As many as there are columns, or none."""
    words = checks.texts("transform", words)
    if len(words) not in (0, d):
        raise InputError(f"transform must be a word for each of {d} columns, got {checks.shown(words)}")
    return tuple(checks.one_of("transform", word, TRANSFORMS) for word in words)


def _are_logs(transform: tuple[str, ...]) -> np.ndarray:
    return np.array([word == "log" for word in transform], dtype=bool)


def _logarithms(name: str, x: np.ndarray, transform: tuple[str, ...]) -> np.ndarray:
    """x [n, d] with the logarithms of the columns of that word; InputError where one is not > 0."""
    logs = _are_logs(transform)
    if not logs.any():
        return x
    x = x.astype(np.float64)
    if (refused := np.argwhere(logs & ~(x > 0))).size:
        i, j = map(int, refused[0])
        raise InputError(f"{name} must be > 0 in a column of transform log, got {x[i, j]:g} at [{i}, {j}]")
    x[:, logs] = np.log(x[:, logs])
    return x


def _moments(x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, what its float leaves out, and variance [d] each, of the columns of x [m, d], |x| <= 1, with weights w [m].

    A mean of one float is off by eps |mean|, against a spread of `deviation`: columns farther out than FAR of it have
    their moments taken anew about it, where the differences are exact to their own rounding.
    """
    low, high = x.min(axis=0), x.max(axis=0)  # [d], [d]
    # Decided on the data: the computed variance of a constant column is a rounding error, not 0.
    constant = low == high
    mean = np.where(constant, low, np.clip(w @ x, low, high))  # [d]
    rest, variance = np.zeros_like(mean), np.where(constant, 0.0, w @ (x - mean) ** 2)  # [d], [d]
    far = ~constant & (np.abs(mean) > FAR * np.sqrt(variance))
    if far.any():
        gaps = x[:, far] - mean[far]
        shift = w @ gaps
        # The sum of the two as a float, and what that leaves out: exact, as |mean| > |shift| (Dekker's fast two-sum).
        whole = mean[far] + shift
        mean[far], rest[far] = whole, (mean[far] - whole) + shift
        variance[far] = w @ (gaps - shift) ** 2
    return mean, rest, variance


@dataclass(frozen=True, eq=False, repr=False)
class Standardized(Shown):
    """The law of transform.apply(X), X drawn from measure: what `standardized` makes of a continuous measure."""

    measure: Measure
    transform: Standardize

    @property
    def dim(self) -> int:
        """Coordinates a point."""
        return self.measure.dim

    def sample(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """n i.i.d. points z[n, d]; errors as in Discrete.sample."""
        return self.transform.apply(self.measure.sample(rng, n))

    @property
    def support(self) -> Support | None:
        """That of the measure, its radius bounded by the triangle inequality; None where the measure does not say."""
        inner = support_of(self.measure)
        if inner is None or _are_logs(self.transform.transform).any():
            return None
        reach = (inner.radius + float(np.linalg.norm(self.transform.mean))) / float(self.transform.scale.min())
        return Support(reach, inner.atoms)

    def to_dict(self) -> dict[str, Any]:
        """Kind, the measure's description and the step's."""
        return {
            "kind": "standardized",
            "measure": described(self.measure),
            "transform": self.transform.to_dict(),
        }


@overload
def standardized(measure: Discrete | ArrayLike, transform: Standardize) -> Discrete: ...
@overload
def standardized(measure: Measure, transform: Standardize) -> Measure: ...
def standardized(measure: Measure | ArrayLike, transform: Standardize) -> Measure:
    """The image of `measure` under `transform`: data stay Discrete (weights and names kept), laws are wrapped.

        transform_# measure,  the law of (X - mean)/scale for X ~ measure.

    Raises InputError where the dimensions differ.

    >>> step = Standardize([1.0], [2.0])
    >>> standardized(Discrete([[1.0], [5.0]]), step).points.ravel()
    array([0., 2.])
    """
    measure = as_measure("measure", measure)
    checks.instance("transform", transform, Standardize)
    if measure.dim != transform.dim:
        raise InputError(f"transform must have {measure.dim} columns, as the measure, got {transform.dim}")
    if isinstance(measure, Discrete):
        return Discrete(transform.apply(measure.points), measure.weights, measure.names)
    return Standardized(measure, transform)
