"""What a measure is, and the few checks that every measure shares."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.errors import InputError, InputTypeError


@runtime_checkable
class Measure(Protocol):
    """A probability measure on R^dim that can be sampled: all that training and evaluation ask of it.

    The protocol is structural: any object with these two members is a measure, no inheritance needed.
    `x = sample(rng, n)` draws n i.i.d. points x[n, dim] in float64 (with replacement where the support is finite), so
    that an empirical batch X ~ x^(n) of Algorithm 1 (Tanguy 2023) is one call. A measure may say more: `to_dict`, a
    description for a record, enough to recognise it again (see described), and `support` (see support_of).

    >>> from swref.measures import Shape
    >>> isinstance(Shape("moons"), Measure)
    True
    """

    @property
    def dim(self) -> int:
        """The dimension of the space that the points live in."""
        ...

    def sample(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """n i.i.d. points x[n, dim], float64."""
        ...


@dataclass(frozen=True)
class Support:
    """What the theorems ask of the support of a law: how far it reaches (A3), and of how many points it is (A6)."""

    radius: float  # sup |x|, or a bound of it; infinite for tails
    atoms: float  # distinct points of positive mass; infinite for a continuous law


def support_of(measure: Measure) -> Support | None:
    """The `support` of a measure that knows it; None for one that does not say. Raises InputTypeError for no measure.

    >>> from swref.measures import Shape, Uniform
    >>> support_of(Uniform("cube", 4)), support_of(Shape("moons")).radius
    (Support(radius=2.0, atoms=inf), inf)
    """
    check_measure("measure", measure)
    support = getattr(measure, "support", None)
    if support is not None:
        checks.instance("measure.support", support, Support)
    return support


def described(measure: Measure) -> dict[str, Any]:
    """The description of a measure in plain types: its own, or the name of its class and its dimension.

    >>> from swref.measures import Shape
    >>> described(Shape("moons"))["kind"]
    'shape'
    """
    check_measure("measure", measure)
    own = getattr(measure, "to_dict", None)
    return own() if callable(own) else {"kind": type(measure).__qualname__, "dim": measure.dim}


def check_measure(name: str, measure: object) -> None:
    """Raise InputTypeError, naming the member that is missing, unless `measure` has all that the protocol asks for."""
    checks.members(name, measure, "a measure (with dim and sample)", ("dim",), ("sample",))


def drawn(measure: Measure, rng: np.random.Generator, n: int) -> np.ndarray:
    """measure.sample(rng, n), once it is seen to be finite numbers [n, dim]: another shape, complex numbers or what a
    mask hides would be trained on in silence.

    >>> from types import SimpleNamespace
    >>> drawn(SimpleNamespace(dim=2, sample=lambda rng, n: np.zeros((2, n))), np.random.default_rng(0), 5)
    Traceback (most recent call last):
    swref.errors.InputError: a measure of dimension 2 must give points [5, 2] for sample(rng, 5), got shape (2, 5)
    """
    x = checks.float_array(f"sample(rng, {n}) of a measure", measure.sample(rng, n))
    if x.shape != (n, measure.dim):
        expected = f"points [{n}, {measure.dim}] for sample(rng, {n})"
        raise InputError(f"a measure of dimension {measure.dim} must give {expected}, got shape {x.shape}")
    checks.finite(f"sample(rng, {n}) of a measure", x)
    return x


def check_draw(rng: np.random.Generator, n: int) -> int:
    """The number of points as an int from 1 to 2^32, once `rng` is known to be a numpy Generator."""
    if not isinstance(rng, np.random.Generator):
        raise InputTypeError(f"rng must be a numpy.random.Generator, got {checks.shown(rng)}")
    return checks.count("n", n)


def vector(name: str, value: ArrayLike, dim: int | None = None) -> np.ndarray:
    """`value` as a read-only float64 vector [d], finite, d >= 1 (d = dim where given)."""
    array = checks.float_array(name, value)
    if array.ndim != 1 or array.size == 0:
        raise InputError(f"{name} must be a vector [d] with d >= 1, got shape {array.shape}")
    if dim is not None and array.size != dim:
        raise InputError(f"{name} must have {dim} entries, got {array.size}")
    checks.finite(name, array)
    return read_only(array)


def read_only(array: np.ndarray) -> np.ndarray:
    """A float64 copy of `array`, C order, that cannot be written to: what the caller keeps stays the caller's."""
    copy = np.array(array, dtype=np.float64, order="C")
    copy.setflags(write=False)
    return copy


def digest(*arrays: np.ndarray) -> str:
    """SHA-256 of the little-endian float64 bytes of `arrays`, in order: the same on every machine."""
    checksum = hashlib.sha256()
    for array in arrays:
        checksum.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
    return checksum.hexdigest()
