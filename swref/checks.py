"""Input checks shared by the public functions: one line each, naming the value, what was expected and what came."""

from __future__ import annotations

import difflib
import math
import numbers
import os
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from swref.errors import InputError, InputTypeError
from swref.messages import SHOWN, one_line, short
from swref.messages import shown as shown

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
INT64_MAX = 2**63 - 1  # what NumPy, Numba and TOML take
THREADS = 4096
LONGEST_NAME = 255  # bytes of a file's name, where disks have one bound
MAX_ORDER = 1000.0


def float_array(name: str, value: ArrayLike) -> np.ndarray:
    """`value` as a float32 or float64 array: those two stay as they are, integers and booleans become float64."""
    if type(value) is np.ndarray and value.dtype in FLOATS:
        return value
    unmasked(name, value)
    try:
        array = np.asarray(value)
    except ValueError as error:  # ragged nested lists
        raise InputError(f"{name} must be a rectangular array of numbers ({one_line(str(error))})") from None
    except MemoryError:
        raise
    except Exception as error:  # whatever the __array__ of another library raises: a tensor that requires grad, say
        why = f"{type(value).__name__} that is none: {one_line(str(error))}"
        raise InputTypeError(f"{name} must be an array, got {why}") from None
    if array.dtype in FLOATS:
        return array
    if array.dtype.kind == "f" and array.dtype.newbyteorder("=") in FLOATS:
        return array.astype(array.dtype.newbyteorder("="))
    if array.dtype.kind in "iub":
        return array.astype(np.float64)
    came = f"dtype {array.dtype}" if array.ndim or array.dtype != object else type(value).__name__
    came = "text" if array.dtype.kind == "U" else came
    raise InputTypeError(f"{name} must be an array of float32, float64 or integers, got {came}")


def unmasked(name: str, value: Any, axes: int = 3) -> None:
    """Raise InputError for an array with masked entries, or a list of such: NumPy's conversions would show them."""
    if isinstance(value, np.ma.MaskedArray) and np.any(value.mask):
        raise InputError(f"{name} must have no masked entries, got {np.count_nonzero(value.mask)}")
    if isinstance(value, (list, tuple)) and axes and any(issubclass(kind, _HOLDERS) for kind in set(map(type, value))):
        for entry in value:
            unmasked(name, entry, axes - 1)


_HOLDERS = (np.ma.MaskedArray, list, tuple)


def points(name: str, value: ArrayLike, dim: int | None = None, axes: str = "n, d") -> np.ndarray:
    """`value` as points [n, d]: two axes, n >= 1, d >= 1 (d = dim where given), every entry finite.

    `axes` are their letters in messages, where they are others: "L, d" of directions.
    """
    array = point_array(name, value, dim, axes)
    finite(name, array)
    return array


def point_array(name: str, value: ArrayLike, dim: int | None = None, axes: str = "n, d") -> np.ndarray:
    """`value` as points [n, d], like `points`, but not yet known to be finite."""
    array = float_array(name, value)
    if array.ndim != 2:
        raise InputError(f"{name} must have two axes [{axes}], got shape {array.shape}")
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
    """The order `p` of the cost |D|^p as a float from 1 to 1000, at which |D| = 2.04 has no power in float64."""
    if type(p) is float and 1.0 <= p <= MAX_ORDER:
        return p
    return number("p", p, minimum=1.0, maximum=MAX_ORDER)


def number(
    name: str,
    value: float,
    *,
    minimum: float | None = None,
    above: float | None = None,
    maximum: float | None = None,
    infinite: bool = False,
) -> float:
    """`value` as a float: real, not NaN, finite unless `infinite`, >= minimum, > above, <= maximum where given."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (numbers.Real, np.floating, np.integer)):
        raise InputTypeError(f"{name} must be a number, got {shown(value)}")
    try:
        result = float(value)
    except OverflowError:
        raise InputError(f"{name} must be finite, got a number beyond the range of floats") from None
    except Exception as error:  # of a class that calls itself a number
        raise InputTypeError(f"{name} must be a number, got {shown(value)}: {one_line(str(error))}") from None
    if math.isnan(result) or (math.isinf(result) and not infinite):
        raise InputError(f"{name} must be finite, got {shown(value)}")
    if minimum is not None and result < minimum:
        raise InputError(f"{name} must be >= {minimum:g}, got {shown(value)}")
    if above is not None and result <= above:
        raise InputError(f"{name} must be > {above:g}, got {shown(value)}")
    if maximum is not None and result > maximum:
        raise InputError(f"{name} must be at most {maximum:g}, got {shown(value)}")
    return result


def integer(name: str, value: int, *, minimum: int, maximum: int = INT64_MAX) -> int:
    """`value` as an int from minimum to maximum; a float that holds a whole number is refused all the same."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise InputTypeError(f"{name} must be an integer, got {shown(value)}")
    if value < minimum:
        raise InputError(f"{name} must be >= {minimum}, got {shown(int(value))}")
    if value > maximum:
        power = maximum.bit_length() - 1
        whole = maximum == 1 << power and power > 10
        bound = f"2^{power}" if whole else f"2^{power + 1} - 1" if maximum == INT64_MAX else maximum
        raise InputError(f"{name} must be at most {bound}, got {shown(int(value))}")
    return int(value)


def count(name: str, value: int, *, minimum: int = 1) -> int:
    """`value` as a number of things that are held in memory: an int from 1 (or `minimum`) to 2^32."""
    return integer(name, value, minimum=minimum, maximum=2**32)


def int_seed(name: str, value: int) -> int:
    """`value` as a seed that is an int, from 0 to 2^128, the size of what NumPy draws as one."""
    return integer(name, value, minimum=0, maximum=2**128)


def flag(name: str, value: bool) -> bool:
    """`value` if it is True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise InputTypeError(f"{name} must be True or False, got {shown(value)}")
    return bool(value)


def text(name: str, value: str) -> str:
    """`value` if it is a string."""
    if not isinstance(value, str):
        raise InputTypeError(f"{name} must be a string, got {shown(value)}")
    return value


def texts(name: str, value: Iterable[str]) -> tuple[str, ...]:
    """`value`, a sequence of strings but no string itself, as a tuple."""
    if isinstance(value, (str, bytes)) or not isinstance(value, (Sequence, np.ndarray)):
        raise InputTypeError(f"{name} must be a sequence of strings, got {shown(value)}")
    return tuple(text(f"{name}[{k}]", entry) for k, entry in enumerate(value))


def path(name: str, value: str | os.PathLike[str]) -> Path:
    """`value` as a Path: a string or a path of strings that the system can be asked for."""
    given = value if isinstance(value, str) else os.fspath(value) if isinstance(value, os.PathLike) else None
    if not isinstance(given, str):
        raise InputTypeError(f"{name} must be a string or a path, got {shown(value)}")
    if "\0" in given or any(len(part.encode(errors="replace")) > LONGEST_NAME for part in Path(given).parts):
        raise InputError(f"{name} must be a path of names without NUL and of at most 255 bytes, got {shown(given)}")
    return Path(given)


def function(name: str, value: Callable[..., Any], of: str = "") -> None:
    """Raise InputTypeError unless `value` can be called; `of` says of what it is a function."""
    if not callable(value):
        raise InputTypeError(f"{name} must be a function{of and f' of {of}'}, got {shown(value)}")


def instance(name: str, value: Any, kind: type, what: str = "") -> None:
    """Raise InputTypeError unless `value` is one of the class `kind`, called `what` where its name does not say it."""
    if not isinstance(value, kind):
        raise InputTypeError(f"{name} must be {what or f'of the class {kind.__name__}'}, got {shown(value)}")


def members(name: str, value: Any, what: str, sizes: Iterable[str], methods: Iterable[str]) -> None:
    """Raise InputTypeError, with all that is missing, unless `value` has the `sizes`, integers >= 1, and the `methods`
    of `what`.

    >>> members("source", 3, "a measure", ("dim",), ("sample",))
    Traceback (most recent call last):
    swref.errors.InputTypeError: source must be a measure, got 3, which has no dim, sample
    """
    missing = [member for member in (*sizes, *methods) if not hasattr(value, member)]
    if missing:
        raise InputTypeError(f"{name} must be {what}, got {shown(value)}, which has no {', '.join(missing)}")
    for member in sizes:
        size = getattr(value, member)
        if isinstance(size, (bool, np.bool_)) or not isinstance(size, (int, np.integer)) or size < 1:
            raise InputTypeError(f"{name} must be {what}, whose {member} is an integer >= 1, got {shown(size)}")
    for member in methods:
        if not callable(getattr(value, member)):
            raise InputTypeError(f"{name} must be {what}, whose {member} is a method, got {shown(value)}")


def one_of(name: str, value: str, choices: Collection[str]) -> str:
    """`value` if it is one of `choices`; otherwise an error with the nearest suggestion."""
    if isinstance(value, str) and value in choices:
        return value
    raise InputError(unknown(name, value, choices))


def unknown(name: str, value: Any, choices: Iterable[str]) -> str:
    """The line that says that `value` is none of `choices`, with the nearest one."""
    names = [short(name) for name in choices]
    near = nearest(value[:SHOWN], names) if isinstance(value, str) else None
    hint = f"; did you mean {shown(near)}?" if near else ""
    return f"{name} must be one of {', '.join(names)}, got {shown(value)}{hint}"


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
