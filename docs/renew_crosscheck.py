"""Write docs/crosscheck-results.html: every library with a sliced Wasserstein loss that pip installs, checked.

    python docs/renew_crosscheck.py [FILE]

What is not installed is left out: torch, jax, POT, ott-jax, otloss and sliced-wasserstein are asked for.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from swref.crosscheck import Target, run
from swref.crosscheck.outputs.html import page

PACKAGES = ("numpy", "numba", "torch", "jax", "POT", "ott-jax", "otloss", "sliced-wasserstein")
HERE = Path(__file__).resolve()
OWN: dict[str, Any] = {"directions": "own", "gradient": "torch"}
TARGETS = [
    *((name, Target(name)) for name in ("numpy", "cpu", "torch", "torch-compile", "jax")),
    ("jax, 32 bits", Target(f"{HERE}:jax_32_bits", gradient="function", dtypes=("float32",))),
    *((name, Target(name)) for name in ("pot", "pot-torch", "pot-jax", "ott")),
    ("otloss", Target(f"{HERE}:otloss", returns="sw", **OWN)),
    ("sliced-wasserstein", Target(f"{HERE}:gswd", **OWN)),
]


def jax_32_bits(x: Any, y: Any, theta: Any, p: float = 2.0, x_weights: Any = None, y_weights: Any = None) -> Any:
    """The loss of the adapter jax as JAX computes unless told otherwise."""
    import jax

    from swref.crosscheck.target.adapters.jax import sw_pp

    loss: Callable[..., Any] = jax.value_and_grad(sw_pp, argnums=(0, 1))
    value, grads = loss(*map(jax.numpy.asarray, (x, y, theta)), p, x_weights, y_weights)
    return (value, *map(np.asarray, grads))


def otloss(x: Any, y: Any, p: float = 2.0, seed: int | None = None) -> Any:
    """otloss: the root, directions of its own."""
    from otloss.functional import sliced_otloss

    return sliced_otloss(x, y, n_projections=64, p=p, seed=seed)


def gswd(x: Any, y: Any) -> Any:
    """sliced-wasserstein: its generalised distance with linear projections, which is SW_2^2."""
    from sliced_wasserstein import GSWD, LinearProjector

    if len(x) != len(y):
        raise NotImplementedError("equal sizes only")
    return GSWD(LinearProjector(x.shape[1], 64).to(x.dtype), "mse")(x, y)


def main() -> None:
    """Run all, one after the other."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.with_name("crosscheck-results.html")
    reports = []
    for name, asked in TARGETS:
        report = replace(run(asked, seconds=60.0), target=name)
        print(f"{name}: {report.status}, {report.counts}, {report.seconds:.1f} s {report.detail}", flush=True)
        reports.append(report)
    versions = [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES if _installed(name)]
    note = f"Made on {datetime.date.today().isoformat()} with {', '.join(versions)}."
    target.write_text(page([report for report in reports if report.status != "missing"], note), encoding="utf-8")


def _installed(name: str) -> bool:
    return any(found.metadata["Name"].lower() == name.lower() for found in importlib.metadata.distributions())


if __name__ == "__main__":
    main()
