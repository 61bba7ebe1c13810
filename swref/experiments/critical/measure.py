"""Long runs, the critical points near their late iterates, and the distances to them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from swref.experiments.critical.config import REACH, CriticalConfig
from swref.experiments.planar import PlanarProblem, natural_residual_of
from swref.experiments.pool import Part
from swref.experiments.statistics import derived_seed
from swref.measures import Discrete
from swref.networks import CutOff, SkipNet
from swref.sgd import project_on_ball
from swref.theory.criticality.search import descend, solve
from swref.theory.population.exact_loss import ExactLoss, on_sphere


def three_points() -> PlanarProblem:
    """Three points to three: the exact flow from random starts in these balls has settled long before the late looks.

    (From 50 starts its natural residual is below 1e-5 at s = 45. Four points can leave a flat spot on the way, without
    a critical point in it, in which runs stay for hundreds of units of time.)
    """
    source = Discrete([[1.5, 0.3], [-1.05, 1.2], [-0.75, -1.35]])
    target = Discrete([[0.8, 0.0], [-0.5, 0.2], [-0.3, -0.3]])
    return PlanarProblem(CutOff(SkipNet((2, 2), output_activation="tanh"), REACH + 0.5, 6.0, 0.5), source, target)


def long_runs(config: CriticalConfig, k: int, repeat: int) -> dict[str, np.ndarray]:
    """One repeat with radius k: for every alpha the residuals along the run, late iterates, and what is near them."""
    problem, r = three_points(), config.radii[k]
    F = problem.loss(config.batch)
    u0 = problem.net.init(derived_seed(config.seed, k, repeat))
    u0 = project_on_ball(u0, 0.99 * r)
    residuals, everything, near, found = [], [], [], []
    for j, alpha in enumerate(config.alphas):
        looks = np.ceil(np.linspace(0, 1, config.looks + 1)[1:] * config.horizon / alpha).astype(int)
        iterates = problem.sgd(
            u0,
            step=alpha,
            batch=config.batch,
            steps=int(looks[-1]),
            noise=config.noise,
            radius=r,
            seed=derived_seed(config.seed, k, repeat, j),
        )
        wanted = set(looks.tolist())
        seen = np.array([iterate.u for iterate in iterates if iterate.t in wanted])  # [looks, d_u]
        residuals.append([natural_residual_of(F, u, r) for u in seen])
        near.append([critical_near(F, u, r, config.tolerance) for u in seen[late_looks(config)]])
        found.append([natural_residual_of(F, u, r) for u in near[-1]])
        everything.append(seen)
    return {
        "residuals": np.array(residuals),  # [A, looks]
        "seen": np.array(everything),  # [A, looks, d_u]
        "near": np.array(near),  # [A, late, d_u]
        "found": np.array(found),  # [A, late] the natural residuals there
        "on_sphere": np.array([[on_sphere(u, r) for u in seen[late_looks(config)]] for seen in everything]),
    }


def late_looks(config: CriticalConfig) -> np.ndarray:
    """Which of the looks along a run are the late ones [late]."""
    return np.linspace(3 * config.looks // 4, config.looks - 1, config.late).astype(int)


def critical_near(F: ExactLoss, u: np.ndarray, r: float, tolerance: float) -> np.ndarray:
    """A critical point found from u [d_u]; where that search stalls, one that descent leads to."""
    near = solve(F, u, r)
    return near if natural_residual_of(F, near, r) <= tolerance else solve(F, descend(F, u, r), r)


def catalogue_of(parts: Sequence[Part], tolerance: float) -> np.ndarray:
    """Every critical point [C, d_u] that a repeat found, once."""
    d_u = parts[0]["near"].shape[-1]
    near = np.concatenate([part["near"].reshape(-1, d_u) for part in parts])
    found = np.concatenate([part["found"].ravel() for part in parts]) <= tolerance
    return near[found][np.unique(near[found].round(6), axis=0, return_index=True)[1]]


def distances_to(seen: np.ndarray, catalogue: np.ndarray) -> np.ndarray:
    """The distance [A, looks] of every iterate [A, looks, d_u] to the nearest of the catalogue."""
    return np.linalg.norm(seen[:, :, None, :] - catalogue, axis=-1).min(axis=-1)
