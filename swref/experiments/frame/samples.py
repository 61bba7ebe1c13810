"""Samples: arrays whose axes have names and whose places along them have labels, so that no recipe stacks arrays."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.errors import InputError
from swref.experiments.frame.pool import Pool
from swref.experiments.frame.settings import Settings
from swref.inference.statistics import Estimate, mean

Labels = Sequence[Any] | np.ndarray
Axes = Mapping[str, Labels]  # name -> labels, in the order of an array's axes


@dataclass(frozen=True, eq=False)
class Sample:
    """values[a, repeat, ...] with the labels of every axis: of numbers, or of an `Estimate` each.

    A label is a number or a text, or a tuple of these where an axis goes through several things at once. Raises
    InputError where the labels do not fit the array.

    >>> s = Sample(np.array([[1.0, 2.0], [3.0, 4.0]]), {"a": (0.0, 0.5), "repeat": (0, 1)})
    >>> s.at(a=0.5).values.tolist(), s.over("repeat", np.mean).values.tolist(), s.at(a=0.5, repeat=1).item()
    ([3.0, 4.0], [1.5, 3.5], 4.0)
    >>> (s - s.at(a=0.0)).values.tolist()
    [[0.0, 0.0], [2.0, 2.0]]
    """

    values: np.ndarray
    axes: Axes

    def __post_init__(self) -> None:
        axes = {name: tuple(map(_plain, labels)) for name, labels in self.axes.items()}
        object.__setattr__(self, "values", np.asarray(self.values))
        object.__setattr__(self, "axes", axes)
        shape = tuple(map(len, axes.values()))
        if self.values.shape != shape:
            raise InputError(
                f"values must have the shape {shape} of the axes {', '.join(axes)}, got {self.values.shape}"
            )

    def at(self, **labels: Any) -> Sample:
        """The part at one label of each named axis; these axes go."""
        found = self
        for name, label in labels.items():
            k, places = found._axis(name), list(found.axes[name])
            if label not in places:
                raise InputError(f"{name} must be one of {places}, got {label!r}")
            axes = {other: of for other, of in found.axes.items() if other != name}
            found = Sample(np.take(found.values, places.index(label), axis=k), axes)
        return found

    def where(self, **kept: Labels | Callable[[Any], bool]) -> Sample:
        """The part at the labels that are listed, in that order, or that pass a test, for each named axis."""
        found = self
        for name, wanted in kept.items():
            k, places = found._axis(name), list(found.axes[name])
            labels = [label for label in places if wanted(label)] if callable(wanted) else list(wanted)
            values = np.take(found.values, [places.index(label) for label in labels], axis=k)
            found = Sample(values, {**found.axes, name: labels})
        return found

    def over(self, name: str, statistic: Callable[..., ArrayLike]) -> Sample:
        """statistic(values, axis=-1) along an axis, which goes: each place's values are one row in memory, in order."""
        values = statistic(np.ascontiguousarray(np.moveaxis(self.values, self._axis(name), -1)), axis=-1)
        return Sample(np.asarray(values), {other: of for other, of in self.axes.items() if other != name})

    def count(self, name: str) -> Sample:
        """How many labels an axis has, at every place along the others."""
        return self.over(name, lambda values, axis: np.full(values.shape[:-1], values.shape[axis]))

    def map(self, function: Callable[[np.ndarray], np.ndarray]) -> Sample:
        """The function of every entry."""
        return Sample(function(self.values), self.axes)

    def rows(self, *names: str) -> np.ndarray:
        """The values with the named axes first, in this order."""
        return np.moveaxis(self.values, [self._axis(name) for name in names], range(len(names)))

    def item(self) -> Any:
        """The one entry of a sample without axes."""
        return self.values.item()

    def estimate(self) -> Estimate:
        """The one estimate of a sample without axes."""
        found = self.values.item()
        assert isinstance(found, Estimate)
        return found

    def spread(self, axes: Axes) -> np.ndarray:
        """The values in the order of `axes`, with length 1 along those that the sample lacks."""
        mine = [name for name in axes if name in self.axes]
        return np.expand_dims(self.rows(*mine), [k for k, name in enumerate(axes) if name not in self.axes])

    def __sub__(self, other: Sample | float) -> Sample:
        return self._with(other, operator.sub)

    def __add__(self, other: Sample | float) -> Sample:
        return self._with(other, operator.add)

    def __mul__(self, other: Sample | float) -> Sample:
        return self._with(other, operator.mul)

    def __truediv__(self, other: Sample | float) -> Sample:
        return self._with(other, operator.truediv)

    def _with(self, other: Sample | float, operation: Callable[[Any, Any], Any]) -> Sample:
        if not isinstance(other, Sample):
            return Sample(operation(self.values, other), self.axes)
        axes = all_axes((self, other))
        return Sample(operation(self.spread(axes), other.spread(axes)), axes)

    def _axis(self, name: str) -> int:
        return list(self.axes).index(checks.one_of("axis", name, self.axes))


def _plain(label: Any) -> Any:
    """A label as Python's own number, text or tuple."""
    return tuple(map(_plain, label)) if isinstance(label, (list, tuple)) else np.asarray(label).item()


def all_axes(samples: Iterable[Sample]) -> dict[str, Labels]:
    """The axes of all samples, in the order in which they appear. Raises InputError where labels differ."""
    axes: dict[str, Labels] = {}
    for sample in samples:
        for name, labels in sample.axes.items():
            if axes.setdefault(name, labels) != labels:
                raise InputError(f"samples must have the same labels along {name}, got {axes[name]} and {labels}")
    return axes


def sampled(
    pool: Pool,
    stage: str,
    part: Callable[..., Mapping[str, ArrayLike]],
    config: Settings,
    outer: Axes,
    shapes: Mapping[str, str] | None = None,
    inner: Axes | None = None,
) -> dict[str, Sample]:
    """part(config, *labels) for every combination of the labels of `outer`: name -> Sample over outer and inner axes.

    `shapes` gives the axes of the arrays that a part returns, "loss norm": "r look", and `inner` the labels of these;
    an array that is not named there is a number. `stage` names the parts, once a pool.
    """
    parts = pool.map(stage, part, [(config, *labels) for labels in product(*outer.values())])
    axes_of = {name: axes.split() for names, axes in (shapes or {}).items() for name in names.split()}
    shape = tuple(map(len, outer.values()))
    found = {}
    for name in parts[0]:
        values = np.array([entry[name] for entry in parts])
        axes = {**outer, **{axis: (inner or {})[axis] for axis in axes_of.get(name, ())}}
        try:
            found[name] = Sample(values.reshape(*shape, *values.shape[1:]), axes)
        except InputError as error:
            raise InputError(f"{stage}: {name}: {error}") from None
    return found


def estimated(
    sample: Sample,
    by: Callable[[np.ndarray], Estimate] = mean,
    *,
    along: str = "",
    over: str = "repeat",
) -> Sample:
    """An `Estimate` at every place: by(rows [repeats, *along]) of the values over the repeats.

    The axes of `along` ("alpha", or several) are handed to `by` with the repeats: a slope over alpha goes along alpha.

    >>> s = Sample(np.array([[1.0, 1.0], [3.0, 3.0]]), {"a": (0.0, 0.5), "repeat": (0, 1)})
    >>> [round(e.value, 3) for e in estimated(s).values]
    [1.0, 3.0]
    """
    given = (over, *along.split())
    rows, axes = sample.rows(*given), {other: of for other, of in sample.axes.items() if other not in given}
    found = np.empty(tuple(map(len, axes.values())), dtype=object)
    for index in np.ndindex(found.shape):
        found[index] = by(rows[(..., *index)])
    return Sample(found, axes)
