"""What every measure promises: shape, dtype, determinism, JSON, refusals in one line."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import numpy as np
import pytest

from swref.errors import InputError, InputTypeError
from swref.measures import (
    Discrete,
    Gaussian,
    Measure,
    Shape,
    Standardize,
    Uniform,
    load_measure,
    measure_names,
    standardized,
    support_of,
)
from swref.measures.image import ImageDensity
from tests.measures.statistics import rng


def all_measures() -> list[Measure]:
    built_in = [load_measure(name) for name in measure_names()]
    weighted = Discrete([[0.0, 1.0], [2.0, 3.0]], [0.25, 0.75])
    return [*built_in, weighted, ImageDensity([[0.0, 1.0], [2.0, 0.0]])]


@pytest.mark.parametrize("measure", all_measures(), ids=lambda m: str(m.to_dict()["kind"]))
def test_every_measure_keeps_the_protocol(measure: Measure) -> None:
    assert isinstance(measure, Measure)
    x = measure.sample(rng(), 7)
    assert x.shape == (7, measure.dim)
    assert x.dtype == np.float64
    assert np.isfinite(x).all()
    assert measure.sample(rng(), 1).shape == (1, measure.dim)
    np.testing.assert_array_equal(x, measure.sample(rng(), 7))
    assert not np.array_equal(x, measure.sample(rng(1), 7))
    assert json.loads(json.dumps(measure.to_dict(), allow_nan=False)) == measure.to_dict()


@pytest.mark.parametrize("measure", all_measures(), ids=lambda m: str(m.to_dict()["kind"]))
def test_draws_are_refused_with_one_line(measure: Measure) -> None:
    with pytest.raises(InputError, match=r"^n must be >= 1, got 0$"):
        measure.sample(rng(), 0)
    with pytest.raises(InputTypeError, match=r"^n must be an integer, got 2\.0$"):
        measure.sample(rng(), 2.0)
    with pytest.raises(InputTypeError, match=r"^rng must be a numpy.random.Generator, got 3$"):
        measure.sample(3, 2)


def test_what_is_no_measure_is_told_apart() -> None:
    assert not isinstance(np.zeros((3, 2)), Measure)


def test_import_brings_nothing_heavy() -> None:
    """A fresh interpreter: importing the package loads neither scipy, numba, matplotlib nor Pillow."""
    script = "import sys, swref.measures; print({'scipy', 'numba', 'matplotlib', 'PIL'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"


NORMAL = Gaussian(np.zeros(2), np.eye(2))


class Unheard:
    """A measure of the user's."""

    dim = 2

    def sample(self, rng: np.random.Generator, n: int) -> np.ndarray:
        return rng.random((n, 2))

    def to_dict(self) -> dict[str, str]:
        return {"kind": "unheard"}


@pytest.mark.parametrize(
    ("measure", "radius", "count"),
    [
        (Discrete([[3.0, 4.0], [9.0, 9.0], [3.0, 4.0]], [0.5, 0.0, 0.5]), 5.0, 1),
        (Uniform("cube", 4, 1.0), 2.0, math.inf),
        (Uniform("sphere", 1, 2.0), 2.0, 2),
        (Uniform("ball", 2, 1.0, [3.0, 4.0]), 6.0, math.inf),
        (Gaussian([3.0, 4.0], np.zeros((2, 2))), 5.0, 1),
        (NORMAL, math.inf, math.inf),
        (Shape("moons"), math.inf, math.inf),
        (Shape("eight_gaussians", 0.0), 3.0, 8),
        (standardized(Uniform("ball", 2), Standardize([0.0, 1.0], [0.5, 2.0])), 4.0, math.inf),
        (Unheard(), None, None),
    ],
)
def test_radius_and_number_of_atoms_of_a_support(measure, radius, count):
    assert isinstance(measure, Measure)
    support = support_of(measure)
    if radius is None:
        assert support is None
    else:
        assert support.radius == pytest.approx(radius)
        assert support.atoms == count
