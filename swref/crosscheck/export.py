"""Golden vectors: the cases with their answers as plain files, for any language.

manifest.json   format 1: for every case its name, tags, reason, p, dtype, file, SHA-256, the interval of SW_p^p,
                and whether its gradient is unique
NAME.npz        x, y, theta [L, d], p, x_weights and y_weights where given, value, dx, dy (stable matching)
trace-NAME.npz  the traces, see swref.crosscheck.trace
FORMAT.md       this description
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import numpy as np

from swref import __version__
from swref.crosscheck import catalog, trace
from swref.crosscheck.adapters.command import plain_npz
from swref.crosscheck.answer import Answer
from swref.crosscheck.case import Case, TraceCase
from swref.crosscheck.convention import Convention
from swref.crosscheck.show import smooth_step
from swref.errors import InputError

FORMAT: Final = 1
MAX_NUMBERS: Final = 50_000
DESCRIPTION: Final = """# Golden vectors of swref.crosscheck, format 1

`manifest.json` lists the cases. Every file is an uncompressed ZIP (.npz) of .npy arrays, version 1.0, little-endian, C
order; NumPy reads it with `numpy.load(path)`, and every entry starts at a plain local ZIP header that states its size.

Points cases: `x` [n, d], `y` [m, d], `theta` [L, d] unit rows, `p` [], `x_weights` [n] and `y_weights` [m] where the
measures are not uniform. Answers, in float64: `value` [] is SW_p^p = (1/L) sum_l W_p^p(theta_l.x, theta_l.y), without a
root; `dx` [n, d] and `dy` [m, d] its gradients. A value between `low` and `high` of the manifest is right. Where
`unique_gradient` is false some projections tie, and `dx` is one valid gradient (the stable matching's) of several.
`gap` is the smallest gap between neighbouring projections of x (null: n = 1); a central difference with a step of at
most `smooth_step` crosses no kink (null: no such step). Numbers of dtype bfloat16 are stored as float32.

Cases with `expect` "refusal" hold a NaN or an infinity: raise, or return NaN or inf. With "overflow" the power is not
representable: inf, NaN, an exception, or the right number in a wider format.

Traces (`kind` "trace"): the arrays of `swref/crosscheck/trace.py`, u^{t+1} = pi_r(u^t - alpha phi^t + alpha a xi^t).
"""


def export(folder: Path, names: list[str] | None = None) -> list[Path]:
    """Write the golden vectors to a new or empty folder; returns the files. Raises InputError for another folder.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     sorted(path.name for path in export(Path(name), ["one-point-p2"]))
    ['FORMAT.md', 'manifest.json', 'one-point-p2.npz']
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"--export must name a new or empty folder, got {folder}")
    folder.mkdir(parents=True, exist_ok=True)
    chosen = catalog.cases() if names is None else [catalog.find(name) for name in names]
    entries, written = [], []
    for case in chosen:
        if isinstance(case, TraceCase):
            entry, arrays = _trace_entry(case), trace.record(case)
        elif isinstance(case, Case) and case.inputs.x.size <= MAX_NUMBERS:
            entry, arrays = _points_entry(case)
        else:
            continue
        path = folder / f"{case.name}.npz"
        data = plain_npz(arrays)
        path.write_bytes(data)
        entries.append(entry | {"file": path.name, "sha256": hashlib.sha256(data).hexdigest()})
        written.append(path)
    manifest = {"format": FORMAT, "swref": __version__, "cases": entries}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, allow_nan=False) + "\n")
    (folder / "FORMAT.md").write_text(DESCRIPTION)
    return [*written, folder / "manifest.json", folder / "FORMAT.md"]


def _trace_entry(case: TraceCase) -> dict[str, Any]:
    return {"name": case.name, "kind": "trace", "tags": list(case.tags), "why": case.why, "network": case.net.to_dict()}


def _points_entry(case: Case) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    inputs = case.inputs
    entry: dict[str, Any] = {
        "name": case.name,
        "kind": "points",
        "tags": list(case.tags),
        "why": case.why,
        "expect": case.expect,
        "p": inputs.p,
        "dtype": inputs.dtype,
    }
    arrays = {"x": inputs.x, "y": inputs.y, "theta": inputs.theta, "p": np.float64(inputs.p)}
    for name in ("x_weights", "y_weights"):
        weights = getattr(inputs, name)
        if weights is not None:
            arrays[name] = weights
    if case.expect == "answer":
        answer = Answer(inputs, Convention())
        gap = inputs.smallest_gap()
        entry |= {
            "low": answer.value.low,
            "high": answer.value.high,
            "unique_gradient": not answer.gradient.tied,
            "gap": gap if np.isfinite(gap) else None,
            "smooth_step": smooth_step(inputs),
        }
        arrays |= {
            "value": np.float64(answer.value.centre),
            "dx": answer.gradient.stable,
            "dy": answer.gradient_y.stable,
        }
    return entry, arrays
