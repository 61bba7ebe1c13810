"""What `architecture` computes: the report, the growth, the runs, and draws from the laws of x."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from swref.experiments.architecture.assumptions import verdicts
from swref.experiments.architecture.config import ArchitectureConfig
from swref.experiments.architecture.far_inputs import search_far
from swref.experiments.architecture.growth import search_radii
from swref.experiments.architecture.laws import Law, draw_extremes, law
from swref.experiments.architecture.report import Results, record
from swref.experiments.architecture.runs import SCHEMES, norms, times
from swref.experiments.frame.pool import Part, Pool
from swref.experiments.frame.record import Record
from swref.experiments.frame.seeds import derived_seed
from swref.experiments.problems.planar import closed_curve, sunflower
from swref.measures import Discrete

CUT_ONLY = SCHEMES[:2]  # the schemes of the runs over laws


def run(config: ArchitectureConfig, pool: Pool) -> Record:
    """Report, growth, runs and laws."""
    nets, repeats = len(config.measured()), range(config.run_repeats)
    (report,) = pool.map("report", report_part, [(config,)])
    pairs = [(config, net, repeat) for net in range(nets) for repeat in range(config.repeats)]
    growth = pool.map("growth", growth_part, pairs)
    runs = pool.map("runs", runs_part, [(config, repeat) for repeat in repeats])
    inputs = pool.map("inputs", inputs_part, [(config, repeat) for repeat in repeats])
    draws = pool.map("draws", draws_part, [(config, k) for k in range(len(config.laws))])
    farthest = _stacked(draws, "farthest")
    pairs = [
        (config, i, r, farthest[:, r]) for i in range(len(config.far_activations)) for r in range(config.far_repeats)
    ]
    far = pool.map("far", far_part, pairs)
    grouped = (len(config.far_activations), config.far_repeats, len(config.laws), len(config.draws), -1, 2)
    return record(
        config,
        Results(
            report=report,
            growth=_stacked(growth, "found").reshape(nets, config.repeats, 2, len(config.radii), 3),
            norms=_stacked(runs, "norms"),
            largest=_stacked(runs, "largest"),
            input_diverged=_stacked(inputs, "diverged"),
            farthest=farthest,
            means=_stacked(draws, "means"),
            far_found=_stacked(far, "found").reshape(grouped),
            far_bound=_stacked(far, "bound").reshape(grouped),
        ),
    )


def _stacked(parts: list[Part], name: str) -> np.ndarray:
    return np.array([part[name] for part in parts])


def report_part(config: ArchitectureConfig) -> dict[str, np.ndarray]:
    """The verdicts on every network over points of the disc, and on a few networks over every law of x."""
    found, target = {}, closed_curve(config.points)
    source = sunflower(config.points)
    by_net = [verdicts(net, source, target, config.noise, config.ball) for net in config.reported()]
    found["nets"], found["net_reasons"] = (np.array(column) for column in zip(*by_net, strict=True))
    by_law = [
        verdicts(net, _law(config, name).measure, target, config.noise, config.ball)
        for net in config.over_laws()
        for name in config.laws
    ]
    found["laws"], found["law_reasons"] = (np.array(column) for column in zip(*by_law, strict=True))
    return found


def growth_part(config: ArchitectureConfig, k: int, repeat: int) -> dict[str, np.ndarray]:
    """One search on every sphere for the network k: [2, radii, quantities], typical and largest."""
    net = config.measured()[k]
    seed = derived_seed(config.seed, 1, k, repeat)
    return {"found": search_radii(net, config.radii, config.starts, config.moves, config.typical, seed)}


def runs_part(config: ArchitectureConfig, repeat: int) -> dict[str, np.ndarray]:
    """|u| along the runs of one repeat, [activations, schemes, alphas, times], and the largest |u| of each."""
    kept = times(config.steps)
    shape = (len(config.run_activations), len(SCHEMES), len(config.alphas))
    found, largest = np.empty((*shape, len(kept))), np.empty(shape)
    source = sunflower(config.points)
    for i, act in enumerate(config.run_activations):
        for k, alpha in enumerate(config.alphas):
            seed = derived_seed(config.seed, 2, repeat, i, k)  # one u0 and one sequence of draws for the schemes
            for j, scheme in enumerate(SCHEMES):
                path = _run(config, act, scheme, source, alpha, seed)
                found[i, j, k], largest[i, j, k] = path[kept], path.max()
    return {"norms": found, "largest": largest}


def inputs_part(config: ArchitectureConfig, repeat: int) -> dict[str, np.ndarray]:
    """Which runs of one repeat diverge, [laws, schemes without projection, alphas], with the first activation."""
    act = config.run_activations[0]
    shape = (len(config.laws), len(CUT_ONLY), len(config.law_alphas))
    found = np.empty(shape, dtype=bool)
    for i, name in enumerate(config.laws):
        source = _law(config, name).measure
        for k, alpha in enumerate(config.law_alphas):
            seed = derived_seed(config.seed, 3, repeat, k)  # one u0 for all laws
            for j, scheme in enumerate(CUT_ONLY):
                found[i, j, k] = math.isinf(_run(config, act, scheme, source, alpha, seed)[-1])
    return {"diverged": found}


def draws_part(config: ArchitectureConfig, k: int) -> dict[str, np.ndarray]:
    """max |x| and the mean of |x| over m draws of law k: [repeats, m] each."""
    seeds = [derived_seed(config.seed, 4, k, repeat) for repeat in range(config.draw_repeats)]
    farthest, means = zip(*(draw_extremes(_law(config, config.laws[k]), config.draws, s) for s in seeds), strict=True)
    return {"farthest": np.array(farthest), "means": np.array(means)}


def far_part(config: ArchitectureConfig, i: int, repeat: int, farthest: np.ndarray) -> dict[str, np.ndarray]:
    """Lip and M of one network on the farthest [laws, m] draws of one repeat: found and bound [laws, m, R, 2]."""
    return search_far(config, i, farthest, derived_seed(config.seed, 7, i, repeat))


def _law(config: ArchitectureConfig, name: str) -> Law:
    return law(name, config.points, config.df)


def _run(config: ArchitectureConfig, act: str, scheme: str, source: Any, alpha: float, seed: int) -> np.ndarray:
    target: Discrete = closed_curve(config.points)
    return norms(
        config.trained(act, scheme == "cut-off"),
        source,
        target,
        step=alpha,
        batch=config.batch,
        steps=config.steps,
        radius=config.ball if scheme == "projection" else math.inf,
        start_radius=config.start_radius,
        limit=config.limit,
        seed=seed,
    )
