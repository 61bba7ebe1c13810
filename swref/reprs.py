"""How objects show themselves: one short line at a prompt, a small table in a notebook, and no long array in either."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

SHORT = 4  # numbers of an array, or entries of a tuple, up to which they are shown


class Shown:
    """Mixin of dataclasses: `facts` says what is shown, the fields unless a class knows better.

    A dataclass keeps its own __repr__ unless it is made with repr=False; the table is of all.

    >>> @dataclasses.dataclass(repr=False)
    ... class State(Shown):
    ...     t: int
    ...     u: np.ndarray
    >>> State(3, np.zeros(100))
    State(t=3, u=float64 [100])
    >>> State(3, np.zeros(2))._repr_html_()
    '<table><caption>State</caption><tr><th>t</th><td>3</td></tr><tr><th>u</th><td>[0, 0]</td></tr></table>'
    """

    __slots__ = ()

    def facts(self) -> Mapping[str, str]:
        """What is shown, by name: the public fields of the dataclass."""
        fields = dataclasses.fields(self)  # type: ignore[arg-type]  # a mixin of dataclasses
        return {field.name: short(getattr(self, field.name)) for field in fields if not field.name.startswith("_")}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={fact}' for name, fact in self.facts().items())})"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(fact)}</td></tr>" for name, fact in self.facts().items()
        )
        return f"<table><caption>{escape(type(self).__name__)}</caption>{rows}</table>"


def short(value: Any) -> str:
    """A value on a part of a line: numbers to six digits, long arrays and tuples by their size.

    >>> short(1 / 3), short(np.zeros((2, 3))), short((64, 64)), short(range(100))
    ('0.333333', 'float64 [2, 3]', '(64, 64)', 'range(0, 100)')
    """
    if isinstance(value, (float, np.floating)):
        return f"{value:.6g}"
    if isinstance(value, np.ndarray) and value.ndim == 1 and value.size <= SHORT:
        return f"[{', '.join(short(entry) for entry in value)}]"
    if hasattr(value, "shape") and hasattr(value, "dtype") and value.shape:
        return f"{value.dtype} {list(value.shape)}"
    if isinstance(value, (tuple, list)) and len(value) > SHORT:
        return f"{type(value).__name__} of {len(value)}"
    if type(value) is tuple and len(value) > 1:
        return f"({', '.join(short(entry) for entry in value)})"
    return str(value) if isinstance(value, Path) else repr(value)
