"""What a caller may give for a measure: a measure, points, or what stands for one; and whether it fits a network."""

from __future__ import annotations

from typing import Any, Protocol

from swref import checks
from swref.errors import InputError, InputTypeError
from swref.measures.base import Measure, check_measure
from swref.measures.discrete import Discrete
from swref.measures.frames import frame_points, is_frame


def as_measure(name: str, value: Any) -> Measure:
    """`value` as a measure: one stays as it is, points or a table become a Discrete, a run stands for its generator.

    Raises InputTypeError for anything else, InputError for an array that is no points, both naming the argument.

    >>> as_measure("target", [[0.0, 1.0]])
    Discrete(m=1, dim=2, uniform)
    """
    if isinstance(value, Measure) and not isinstance(value, type):
        check_measure(name, value)
        return value
    generator = getattr(value, "generator", None)
    if isinstance(generator, Measure):
        return generator
    if is_frame(value):
        points, names = frame_points(name, value)
        return Discrete(checks.points(name, points), names=names)
    if value is None or isinstance(value, (str, bytes)) or not (hasattr(value, "__array__") or _is_list(value)):
        missing = [member for member in ("dim", "sample") if not hasattr(value, member)]
        lacks = f", which has no {missing[0]}" if len(missing) == 1 else ""
        raise InputTypeError(
            f"{name} must be a measure (with dim and sample) or points [m, d], got {checks.shown(value)}{lacks}"
        )
    return Discrete(checks.points(name, value))


class Ends(Protocol):
    """What maps the space of a source to that of a target: a network."""

    @property
    def dim_in(self) -> int:
        """The dimension of the source."""
        ...

    @property
    def dim_out(self) -> int:
        """The dimension of the target."""
        ...


def check_ends(net: Ends, source: Any, target: Any) -> tuple[Measure, Measure]:
    """source and target as measures (see as_measure) on the two spaces of `net`; InputError or InputTypeError else."""
    checks.members("net", net, "a network", ("dim_in", "dim_out"), ())
    return check_end("source", source, net.dim_in), check_end("target", target, net.dim_out)


def check_end(name: str, value: Any, dim: int) -> Measure:
    """`value` as a measure of dimension `dim`, the network's; InputError or InputTypeError else."""
    measure = as_measure(name, value)
    if measure.dim != checks.count("dim", dim):
        raise InputError(f"{name} must have dimension {dim}, as the network has, got {measure.dim}")
    return measure


def check_discrete_ends(net: Ends, source: Any, target: Any) -> tuple[Discrete, Discrete]:
    """`check_ends`, for what needs finitely many points (A6): both must be Discrete, or arrays of points."""
    checks.members("net", net, "a network", ("dim_in", "dim_out"), ())
    return _discrete("source", source, net.dim_in), _discrete("target", target, net.dim_out)


def _discrete(name: str, value: Any, dim: int) -> Discrete:
    measure = as_measure(name, value)
    if not isinstance(measure, Discrete):
        raise InputTypeError(f"{name} must be a Discrete measure or points [m, d], got {checks.shown(measure)}")
    check_end(name, measure, dim)
    return measure


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple)) or hasattr(value, "__dlpack__")
