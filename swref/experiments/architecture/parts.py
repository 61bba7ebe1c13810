"""What `architecture` computes, part by part: the report, the growth, the runs, and draws from the laws of x."""

from __future__ import annotations

import math

import numpy as np

from swref.experiments.architecture.config import SEEDS, Config
from swref.experiments.architecture.growth import search_radii
from swref.experiments.architecture.laws import Law, draw_extremes, law
from swref.experiments.architecture.matrix import report_on
from swref.experiments.architecture.nets import Architecture, proven
from swref.experiments.architecture.runs import ARMS, CUT, PROJECTED, norms, times
from swref.experiments.frame.seeds import derived_seed
from swref.experiments.problems.planar import closed_curve, sunflower
from swref.measures import Measure

DERIVATIVES = {"Lipschitz constant": 1, "M": 2}  # of growth.QUANTITIES: what grows with the inputs


def law_of(config: Config, name: str) -> Law:
    """A law of x."""
    return law(name, config.points, config.df)


def reported(config: Config) -> dict[str, np.ndarray]:
    """The verdicts on every network over points of the disc, and on a few networks over every law of x."""
    target, source = closed_curve(config.points), sunflower(config.points)
    nets = [(net, source) for net in config.reported()]
    laws = [(net, law_of(config, name).measure) for net in config.over_laws() for name in config.laws]
    found = {}
    for what, pairs in (("net", nets), ("law", laws)):
        reports = [report_on(net, x, target, config.noise, config.ball) for net, x in pairs]
        found[f"{what}s"], found[f"{what}_reasons"] = (np.array(column) for column in zip(*reports, strict=True))
    return found


def growth(config: Config, network: str, repeat: int) -> dict[str, np.ndarray]:
    """One search on every sphere: found [kind, R, quantity], typical and largest."""
    k = [net.name for net in config.measured()].index(network)
    seed = SEEDS("growth", config.seed, k, repeat)
    net = config.measured()[k]
    return {"found": search_radii(net, config.radii, config.starts, config.moves, config.typical, seed)}


def runs(config: Config, repeat: int) -> dict[str, np.ndarray]:
    """The runs of one repeat: |u| along them [activation, scheme, alpha, time], and the largest |u| of each."""
    kept, source = times(config.steps), sunflower(config.points)
    shape = (len(config.run_activations), len(ARMS), len(config.alphas))
    found, largest = np.empty((*shape, len(kept))), np.empty(shape)
    for i, act in enumerate(config.run_activations):
        for k, alpha in enumerate(config.alphas):
            seed = SEEDS("run", config.seed, repeat, i, k)  # one u0 and one sequence of draws for all arms
            for j, arm in enumerate(ARMS):
                path = _run(config, act, arm, source, alpha, seed)
                found[i, j, k], largest[i, j, k] = path[kept], path.max()
    return {"norms": found, "largest": largest}


def input_runs(config: Config, repeat: int) -> dict[str, np.ndarray]:
    """Which runs of one repeat diverge, [law, scheme, alpha], without projection, with the first activation."""
    act = config.run_activations[0]
    found = np.empty((len(config.laws), 2, len(config.law_alphas)), dtype=bool)
    for i, name in enumerate(config.laws):
        for k, alpha in enumerate(config.law_alphas):
            seed = SEEDS("input", config.seed, repeat, k)  # one u0 for all laws
            for j, arm in enumerate(ARMS[:2]):
                found[i, j, k] = math.isinf(_run(config, act, arm, law_of(config, name).measure, alpha, seed)[-1])
    return {"diverged": found}


def draws(config: Config, name: str) -> dict[str, np.ndarray]:
    """max |x| and the mean of |x| over m draws of a law: [repeat, m] each."""
    of = [_extremes(config, name, repeat) for repeat in range(config.draw_repeats)]
    farthest, means = zip(*of, strict=True)
    return {"farthest": np.array(farthest), "means": np.array(means)}


def far_inputs(config: Config, activation: str, repeat: int) -> dict[str, np.ndarray]:
    """Lip and M at |x| = the farthest of m draws of one repeat: found and bound [law, m, R, derivative]."""
    i = config.far_activations.index(activation)
    farthest = np.array([_extremes(config, name, repeat)[0] for name in config.laws])
    return search_far(config, config.trained(activation, False), farthest, SEEDS("far", config.seed, i, repeat))


def search_far(config: Config, net: Architecture, farthest: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """Lip and M of a network at |x| = farthest [law, m]: found and bound [law, m, R, derivative].

    The laws do not prefer a direction, so that of x is drawn. What was found counts for the larger balls and for the
    larger m too.
    """
    kinds = list(DERIVATIVES.values())
    found = np.empty((*farthest.shape, len(config.far_radii), len(kinds)))
    bound = np.empty_like(found)
    for index, norm in np.ndenumerate(farthest):
        key = derived_seed(seed, *index)
        values = search_radii(net, config.far_radii, config.far_starts, config.far_moves, 1, key, norm)
        found[index] = values[1][:, kinds]
        bound[index] = [np.array(proven(net, radius, norm))[kinds] for radius in config.far_radii]
    return {"found": np.maximum.accumulate(np.maximum.accumulate(found, axis=2), axis=1), "bound": bound}


def _extremes(config: Config, name: str, repeat: int) -> tuple[np.ndarray, np.ndarray]:
    seed = SEEDS("draws", config.seed, config.laws.index(name), repeat)
    return draw_extremes(law_of(config, name), config.draws, seed)


def _run(config: Config, act: str, arm: str, source: Measure, alpha: float, seed: int) -> np.ndarray:
    return norms(
        config.trained(act, arm == CUT),
        source,
        closed_curve(config.points),
        step=alpha,
        batch=config.batch,
        steps=config.steps,
        radius=config.ball if arm == PROJECTED else math.inf,
        start_radius=config.start_radius,
        limit=config.limit,
        seed=seed,
    )
