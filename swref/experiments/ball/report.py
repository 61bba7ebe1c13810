"""What the runs say: verdicts, the summary and the tables."""

from __future__ import annotations

import math

import numpy as np

from swref.experiments.ball.config import BallConfig
from swref.experiments.ball.measure import problem_of
from swref.experiments.record import Table
from swref.experiments.statistics import bootstrap, derived_seed, exact, paired_difference
from swref.experiments.verdict import Verdict, above, below, within


def verdicts_of(config: BallConfig, arrays: dict[str, np.ndarray], reached: np.ndarray) -> tuple[Verdict, ...]:
    """The verdicts from the stacked parts and the losses reached [noise, R, K + 1]."""
    excess, a = float(np.max(arrays["excess"][..., :-1])), config.noises[-1]
    small, large = int(np.argmin(config.radii)), config.radii.index(config.wide)
    r, R = config.radii[small], config.wide
    trend = bootstrap(arrays["share"][0, :, :-1], derived_seed(config.seed, 0, 2), lambda s: _trend(config, s))
    price = paired_difference(reached[0, :, small], reached[0, :, -1], derived_seed(config.seed, 0, 3))
    free = paired_difference(reached[0, :, large], reached[0, :, -1], derived_seed(config.seed, 0, 4))
    noised = paired_difference(reached[-1, :, large], reached[-1, :, -1], derived_seed(config.seed, 0, 5))
    held = int(np.sum(arrays["largest"][0, :, -1] < R))
    gap = f"loss with r = {{:g}} less that without projection{{}}, mean over {config.repeats} pairs"
    steps = arrays["share"][..., :-1].size * config.steps
    return (
        below(
            "no iterate leaves its ball, but for rounding",
            "largest |u| - r over all runs, in units of eps r",
            exact(excess),
            config.rounding,
            f"Over {steps} steps of the projected scheme the largest excess was {excess:.2g} units.",
        ),
        below(
            "the larger the ball, the fewer steps end on its sphere",
            "slope of the share of steps on the sphere over log r, without noise",
            trend,
            0.0,
            f"The share was {arrays['share'][0, :, small].mean():.0%} at r = {r:g} and "
            f"{arrays['share'][0, :, large].mean():.0%} at r = {R:g}.",
        ),
        above(
            "a ball smaller than SGD wants costs loss",
            gap.format(r, ", without noise"),
            price,
            0.0,
            f"The loss reached at r = {r:g} was {reached[0, :, small].mean():.3f}, without projection "
            f"{reached[0, :, -1].mean():.3f}.",
        ),
        within(
            "a ball that is large enough costs nothing",
            gap.format(R, ", without noise"),
            free,
            -config.same_loss,
            config.same_loss,
            f"The mean difference was {free.value:.2g}; {held} of {config.repeats} runs without projection stayed "
            f"below r = {R:g}, where both are one run.",
        ),
        below(
            "with noise, a ball that bounds |u| lowers the loss",
            gap.format(R, f", with noise a = {a:g}"),
            noised,
            0.0,
            f"Without projection |u| reached {arrays['largest'][-1, :, -1].mean():.2g} on average, and the loss was "
            f"{reached[-1, :, -1].mean():.3f}, in the ball {reached[-1, :, large].mean():.3f}; "
            f"{_lost(config, arrays)} of {config.repeats} runs went out to where the network is cut off.",
        ),
    )


def _lost(config: BallConfig, arrays: dict[str, np.ndarray]) -> int:
    """How many runs without projection and with the last noise level met the cut-off of the network."""
    return sum(not problem_of(config).net.contains_ball(norm) for norm in arrays["largest"][-1, :, -1])


def _trend(config: BallConfig, shares: np.ndarray) -> float:
    """The least-squares slope of the mean shares [K] over log r."""
    x = np.log(config.radii) - np.mean(np.log(config.radii))
    return float(x @ shares.mean(axis=0) / (x @ x))


def summary_of(config: BallConfig, arrays: dict[str, np.ndarray], reached: np.ndarray) -> str:
    """The outcome in a sentence or two."""
    excess, share = float(np.max(arrays["excess"][..., :-1])), arrays["share"][0].mean(axis=0)
    price = reached[0, :, :-1].mean(axis=0) - reached[0, :, -1].mean()
    dear = max((r for r, cost in zip(config.radii, price, strict=True) if cost >= config.same_loss), default=0.0)
    cheap = [r for r in config.radii if r > dear]
    least = (
        f"radii from {min(cheap):g} on cost less than {config.same_loss:g}"
        if cheap
        else f"every radius tried cost {config.same_loss:g} or more"
        if np.all(price >= config.same_loss)
        else f"even the largest radius cost {config.same_loss:g} or more"
    )
    return (
        f"No iterate left its ball by more than {max(0.0, excess):.2g} units of rounding. Without noise, steps ended "
        f"on the sphere with a share from {share[:-1].max():.0%} to {share[:-1].min():.0%}, and {least}; with noise, "
        f"the run without projection ended at a loss of {reached[-1, :, -1].mean():.3f}, the best ball at "
        f"{reached[-1, :, :-1].mean(axis=0).min():.3f}."
    )


def cost_table(config: BallConfig, arrays: dict[str, np.ndarray], reached: np.ndarray) -> Table:
    """A row for every noise level and radius, the run without projection with r = infinity."""
    rows = []
    for k, a in enumerate(config.noises):
        for j, r in enumerate((*config.radii, math.inf)):
            share, loss = (
                bootstrap(values[k, :, j], derived_seed(config.seed, 1, k, j)) for values in (arrays["share"], reached)
            )
            cost = paired_difference(reached[k, :, j], reached[k, :, -1], derived_seed(config.seed, 2, k, j))
            rows.append((a, _ball(r), *share.triple, *loss.triple, *cost.triple, arrays["floor"][k, :, j].mean(),
                         arrays["largest"][k, :, j].mean(),
                         arrays["excess"][k, :, j].max() if share.value > 0 else np.nan))  # fmt: skip
    names = (f"{name}{end}" for name in ("share on sphere", "F", "cost") for end in ("", " low", " high"))
    units = {
        "a": "1",
        "r": "",
        **dict.fromkeys((*names, "F of descent", "largest |u|"), "1"),
        "largest excess": "eps r",
    }
    return Table.of_rows("The ball: steps on its sphere, loss reached, cost against no projection", units, rows)


def _ball(r: float) -> str:
    return "none" if math.isinf(r) else f"{r:g}"


def repeat_table(config: BallConfig, arrays: dict[str, np.ndarray], reached: np.ndarray) -> Table:
    """Every run, a row each."""
    rows = [
        (
            a,
            _ball(r),
            repeat,
            reached[k, repeat, j],
            *(arrays[name][k, repeat, j] for name in ("share", "largest", "excess")),
        )
        for k, a in enumerate(config.noises)
        for j, r in enumerate((*config.radii, math.inf))
        for repeat in range(config.repeats)
    ]
    units = {
        "a": "1",
        "r": "",
        **dict.fromkeys(("repeat", "F", "share on sphere", "largest |u|"), "1"),
        "excess": "eps r",
    }
    return Table.of_rows("Every run", units, rows)
