"""Input checks shared by the public functions: one line each, naming the value, what was expected and what came."""

from __future__ import annotations

import difflib
import math
import numbers
from collections.abc import Collection, Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from swref.errors import InputError, InputTypeError

# What other libraries call it.
MEANT: Final = {
    **dict.fromkeys(("lr", "learning_rate", "alpha", "step_size"), "step"),
    **dict.fromkeys(("epochs", "iterations", "iters", "n_iter", "max_iter", "n_steps"), "steps"),
    **dict.fromkeys(("l", "n_projections", "num_projections", "projections", "n_directions"), "directions"),
    **dict.fromkeys(("batch_size", "bs"), "batch"),
    **dict.fromkeys(("layers", "hidden_sizes", "hidden_layer_sizes", "width"), "hidden"),
    **dict.fromkeys(("data", "dataset"), "target"),
    **dict.fromkeys(("delimiter", "separator", "delim"), "sep"),
    **dict.fromkeys(("normal", "standard_normal"), "gaussian"),
    **dict.fromkeys(("double", "float"), "float64"),
    **dict.fromkeys(("gpu", "cupy"), "cuda"),
    **dict.fromkeys(("numba", "jit"), "cpu"),
    "device": "backend",
    "random_state": "seed",
    "order": "p",
    "threads": "blas_threads",
    "output": "out",
    "test_size": "holdout",
    "swish": "silu",
    "linear": "identity",
    "logistic": "sigmoid",
    "lrelu": "leaky_relu",
    "xavier": "glorot",
    "kaiming": "he",
    "uniform": "cube",
    "single": "float32",
}
FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def float_array(name: str, value: ArrayLike) -> np.ndarray:
    """`value` as a float32 or float64 array: those two stay as they are, integers and booleans become float64."""
    if type(value) is np.ndarray and value.dtype in FLOATS:
        return value
    unmasked(name, value)
    try:
        array = np.asarray(value)
    except ValueError as error:  # ragged nested lists
        raise InputError(f"{name} must be a rectangular array of numbers ({error})") from None
    except MemoryError:
        raise
    except Exception as error:  # whatever the __array__ of another library raises: a tensor that requires grad, say
        raise InputTypeError(f"{name} must be an array, got {type(value).__name__} that is none: {error}") from None
    if array.dtype in FLOATS:
        return array
    if array.dtype.kind == "f" and array.dtype.newbyteorder("=") in FLOATS:
        return array.astype(array.dtype.newbyteorder("="))
    if array.dtype.kind in "iub":
        return array.astype(np.float64)
    came = f"dtype {array.dtype}" if array.ndim or array.dtype != object else type(value).__name__
    raise InputTypeError(f"{name} must be an array of float32, float64 or integers, got {came}")


def unmasked(name: str, value: Any) -> None:
    """Raise InputError for an array with masked entries, which NumPy's conversions would show again."""
    if isinstance(value, np.ma.MaskedArray) and value.mask.any():
        raise InputError(f"{name} must have no masked entries, got {np.count_nonzero(value.mask)}")


def points(name: str, value: ArrayLike, dim: int | None = None) -> np.ndarray:
    """`value` as points [n, d]: two axes, n >= 1, d >= 1 (d = dim where given), every entry finite."""
    array = point_array(name, value, dim)
    finite(name, array)
    return array


def point_array(name: str, value: ArrayLike, dim: int | None = None) -> np.ndarray:
    """`value` as points [n, d], like `points`, but not yet known to be finite."""
    array = float_array(name, value)
    if array.ndim != 2:
        raise InputError(f"{name} must have two axes [n, d], got shape {array.shape}")
    if 0 in array.shape:
        raise InputError(f"{name} must hold at least one point of at least one coordinate, got shape {array.shape}")
    if dim is not None and array.shape[1] != dim:
        raise InputError(f"{name} must have {dim} columns, got shape {array.shape}")
    return array


def finite(name: str, array: np.ndarray, where_it_is: str = "") -> None:
    """Raise InputError at the first NaN or infinity of `array`, naming its index."""
    bad = ~np.isfinite(array)
    if bad.any():
        index = tuple(int(i) for i in np.argwhere(bad)[0])
        where = ", ".join(map(str, index))
        raise InputError(f"{name} must be finite{where_it_is}, got {array[index]} at [{where}]")


def parameters(name: str, value: ArrayLike, n_params: int) -> np.ndarray:
    """`value` as finite parameters [d_u], d_u = n_params, of a network."""
    u = float_array(name, value)
    parameter_shape(name, u, n_params)
    finite(name, u)
    return u


def parameter_shape(name: str, u: np.ndarray, n_params: int) -> None:
    """Raise InputError unless `u`, wherever it lives, has the shape [d_u] of a network's parameters."""
    if u.shape != (n_params,):
        raise InputError(f"{name} must have shape ({n_params},), got {u.shape}")


def weights(name: str, value: ArrayLike, n: int) -> np.ndarray:
    """`value` as probability weights [n] in float64: non-negative, of sum 1 within rounding, scaled to sum 1.

    Rounding is that of the dtype that they come in: weights that were normalised there miss 1 by some eps sqrt(n).
    """
    given = float_array(name, value)
    array = given.astype(np.float64)
    if array.shape != (n,):
        raise InputError(f"{name} must have shape ({n},), one weight a point, got {array.shape}")
    finite(name, array)
    if (array < 0).any():
        index = int(np.argmax(array < 0))
        raise InputError(f"{name} must be non-negative, got {array[index]} at [{index}]")
    with np.errstate(over="ignore"):
        total = float(array.sum())
    # The sum of n roundings is a random walk; 1e-6 is for decimal digits, and for float64 that was float32 before.
    if not abs(total - 1.0) <= 1e-6 + float(np.finfo(given.dtype).eps) * math.sqrt(n):
        raise InputError(f"{name} must sum to 1, got a sum of {total:.9g}")
    return array / total


def order(p: float) -> float:
    """The order `p` of the cost |D|^p as a float, p >= 1 and finite."""
    if type(p) is float and 1.0 <= p < math.inf:
        return p
    return number("p", p, minimum=1.0)


def number(
    name: str,
    value: float,
    *,
    minimum: float | None = None,
    above: float | None = None,
    infinite: bool = False,
) -> float:
    """`value` as a float: real, not NaN, finite unless `infinite`, >= minimum and > above where those are given."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (numbers.Real, np.floating, np.integer)):
        raise InputTypeError(f"{name} must be a number, got {value!r}")
    try:
        result = float(value)
    except OverflowError:
        raise InputError(f"{name} must be finite, got a number beyond the range of floats") from None
    if math.isnan(result) or (math.isinf(result) and not infinite):
        raise InputError(f"{name} must be finite, got {value!r}")
    if minimum is not None and result < minimum:
        raise InputError(f"{name} must be >= {minimum:g}, got {value!r}")
    if above is not None and result <= above:
        raise InputError(f"{name} must be > {above:g}, got {value!r}")
    return result


def integer(name: str, value: int, *, minimum: int) -> int:
    """`value` as an int >= minimum; a float that holds a whole number is refused all the same."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise InputTypeError(f"{name} must be an integer, got {value!r}")
    if value < minimum:
        raise InputError(f"{name} must be >= {minimum}, got {value}")
    return int(value)


def count(name: str, value: int) -> int:
    """`value` as a number of things that are held in memory: an int from 1 to 2^32."""
    if integer(name, value, minimum=1) > 2**32:
        raise InputError(f"{name} must be at most 2^32, got {value}")
    return int(value)


def one_of(name: str, value: str, choices: Collection[str]) -> str:
    """`value` if it is one of `choices`; otherwise an error with the nearest suggestion."""
    if isinstance(value, str) and value in choices:
        return value
    raise InputError(unknown(name, value, choices))


def unknown(name: str, value: Any, choices: Iterable[str]) -> str:
    """The line that says that `value` is none of `choices`, with the nearest one."""
    names = list(choices)
    near = nearest(str(value), names)
    hint = f"; did you mean {near!r}?" if near else ""
    return f"{name} must be one of {', '.join(names)}, got {value!r}{hint}"


def nearest(value: str, choices: Iterable[str]) -> str | None:
    """The one of `choices` that `value` is meant for, if any: in other capitals, by another's word for it, or misspelt.

    >>> nearest("gpu", ["cpu", "cuda"]), nearest("uniform:3", ["ball:3", "cube:3"]), nearest("TANH", ["tanh"])
    ('cuda', 'cube:3', 'tanh')
    """
    names = list(choices)
    word, colon, rest = value.partition(":")
    meant = MEANT.get(word.lower().replace("-", "_"), "")
    alike = [name for name in names if name.lower() == value.lower()]
    alike += [name for name in names if meant and name == f"{meant}{colon}{rest}"]
    return next(iter(alike or difflib.get_close_matches(value, names, n=1, cutoff=0.5)), None)
