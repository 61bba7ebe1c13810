"""Rules of a step: what u - alpha v takes for v, from the gradients phi so far."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

Rule = Callable[[np.ndarray], np.ndarray]  # phi of the next step -> v, both [d_u]
MOMENTUM: Final = 0.9
BETAS: Final = (0.9, 0.999)
DAMPING: Final = 1e-8


def sgd() -> Rule:
    """v = phi."""
    return lambda phi: phi


def momentum() -> Rule:
    """v <- 0.9 v + phi: torch.optim.SGD(..., momentum=0.9).

    >>> rule = momentum()
    >>> [rule(np.ones(1)).tolist() for _ in range(2)]
    [[1.0], [1.9]]
    """
    v: np.ndarray | float = 0.0

    def rule(phi: np.ndarray) -> np.ndarray:
        nonlocal v
        v = MOMENTUM * v + phi
        return v

    return rule


def adam() -> Rule:
    """Kingma and Ba (ICLR 2015), Algorithm 1, with the defaults there and of torch.optim.Adam.

    >>> adam()(np.array([3.0, -4.0])).round(6).tolist()
    [1.0, -1.0]
    """
    t, m, s = 0, np.zeros(()), np.zeros(())

    def rule(phi: np.ndarray) -> np.ndarray:
        nonlocal t, m, s
        t += 1
        m = BETAS[0] * m + (1 - BETAS[0]) * phi
        s = BETAS[1] * s + (1 - BETAS[1]) * phi**2
        return np.asarray((m / (1 - BETAS[0] ** t)) / (np.sqrt(s / (1 - BETAS[1] ** t)) + DAMPING))

    return rule


RULES: Final[dict[str, Callable[[], Rule]]] = {"sgd": sgd, "momentum": momentum, "adam": adam}
