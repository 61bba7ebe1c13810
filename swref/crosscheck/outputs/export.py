"""Golden vectors: the cases with their answers as plain files, for any language.

manifest.json   format 1: for every case its name, tags, reason, p, dtype, file, SHA-256, the interval of SW_p^p,
                and whether its gradient is unique
NAME.npz        x, y, theta [L, d], p, x_weights and y_weights where given, value, dx, dy (stable matching)
trace-NAME.npz  the traces, see swref.crosscheck.kinds.trace
FORMAT.md       this description
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from swref import __version__
from swref.crosscheck import catalog
from swref.crosscheck.kinds import AnyCase
from swref.crosscheck.target.command import plain_npz
from swref.errors import InputError
from swref.files import refused_as, write_atomically

FORMAT: Final = 1
DESCRIPTION: Final = """# Golden vectors of swref.crosscheck, format 1

`manifest.json` lists the cases. Every file is an uncompressed ZIP (.npz) of .npy arrays, version 1.0, little-endian, C
order; NumPy reads it with `numpy.load(path)`, and every entry starts at a plain local ZIP header that states its size.

Points cases: `x` [n, d], `y` [m, d], `theta` [L, d] unit rows, `p` [], `x_weights` [n] and `y_weights` [m] where the
measures are not uniform. Answers, in float64: `value` [] is SW_p^p = (1/L) sum_l W_p^p(theta_l.x, theta_l.y), without a
root; `dx` [n, d] and `dy` [m, d] its gradients, each entry within `dx_tolerance` [n, d] and `dy_tolerance` [m, d] where
the gradients are unique. A value between `low` and `high` of the manifest is right. Where `unique_gradient` is false
some projections of x or y tie (or, for p = 1, of a point of x and its partner), and `dx` is one valid gradient (the
stable matching's) of several. `gap` is the smallest gap between neighbouring projections of x (null: n = 1); a central
difference with a step of at most `smooth_step` crosses no kink (null: no such step). Numbers of dtype bfloat16 are
stored as float32.

Cases with `expect` "refusal" hold a NaN or an infinity: raise, or return NaN or inf. With "overflow" the power is not
representable: inf, NaN, an exception, or the right number in a wider format.

Traces (`kind` "trace"): the arrays of `swref/crosscheck/kinds/trace.py`,
u^{t+1} = pi_r(u^t - alpha phi^t + alpha a xi^t).
"""


def export(folder: Path, cases: Sequence[AnyCase] | None = None) -> list[Path]:
    """Write golden vectors of `cases` (None: all) to a new or empty folder; returns the files.

    Raises InputError for another folder. Kinds of case that have none, and large inputs, are left out.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     sorted(path.name for path in export(Path(name), [catalog.find("one-point-p2")]))
    ['FORMAT.md', 'manifest.json', 'one-point-p2.npz']
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"--export must name a new or empty folder, got {folder}")
    with refused_as(InputError, folder):
        folder.mkdir(parents=True, exist_ok=True)
    entries, written = [], []
    for case in catalog.cases() if cases is None else cases:
        if (exported := case.export()) is None:
            continue
        entry, arrays = exported
        path = folder / f"{case.name}.npz"
        data = plain_npz(arrays)
        write_atomically(path, data)
        entries.append(entry | {"file": path.name, "sha256": hashlib.sha256(data).hexdigest()})
        written.append(path)
    manifest = {"format": FORMAT, "swref": __version__, "cases": entries}
    write_atomically(folder / "manifest.json", (json.dumps(manifest, indent=1, allow_nan=False) + "\n").encode())
    write_atomically(folder / "FORMAT.md", DESCRIPTION.encode())
    return [*written, folder / "manifest.json", folder / "FORMAT.md"]
