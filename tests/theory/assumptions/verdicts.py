"""What the tests of the report share: data, cut-offs with room for them, and verdicts as letters."""

from __future__ import annotations

import numpy as np

from swref.measures import Discrete, Gaussian, Uniform
from swref.networks import CutOff, Network
from swref.theory.assumptions.report import AssumptionReport

POINTS = Discrete(np.random.default_rng(0).uniform(-1, 1, (6, 2)))
OTHERS = Discrete(np.random.default_rng(1).uniform(-1, 1, (5, 2)), [0.1, 0.2, 0.3, 0.2, 0.2])
BALL = Uniform("ball", 2)
NORMAL = Gaussian([0.0, 0.0], np.eye(2))
NOISED = {"noise": 0.1, "radius": 4.0}


def cut(net: Network) -> CutOff:
    """With room for the inputs (|x| <= sqrt 2) and for the ball of the projection."""
    return CutOff(net, r_u=5.0, r_x=3.0, eps=0.5)


def verdicts(report: AssumptionReport) -> str:
    """One letter for each of A1..A7: + holds, - fails, ? unknown."""
    return "".join({"holds": "+", "fails": "-", "unknown": "?"}[f.verdict] for f in report.findings)


class Unheard:
    """A measure of the user's."""

    dim = 2

    def sample(self, rng: np.random.Generator, n: int) -> np.ndarray:
        return rng.random((n, 2))

    def to_dict(self) -> dict[str, str]:
        return {"kind": "unheard"}
