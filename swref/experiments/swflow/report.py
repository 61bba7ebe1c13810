"""From the parts to the record of `swflow`: tables, verdicts, summary and notes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from swref.experiments.frame.earlier import Verdict, above, below
from swref.experiments.frame.pool import Part
from swref.experiments.frame.record import Record
from swref.experiments.frame.seeds import derived_seed
from swref.experiments.frame.statistics import Estimate, bootstrap, paired_difference, power_law
from swref.experiments.frame.tables import Table
from swref.experiments.swflow.config import SwflowConfig
from swref.experiments.swflow.paths import cases, falls, moments, started


def record(config: SwflowConfig, parts: Sequence[Part]) -> Record:
    """The record of the parts, case by case."""
    of = {name: _grouped(config, parts, name) for name in parts[0]}  # [C, R, ...]
    relative = _relative(of["equal_F"], of["length"])  # [C, R, Q]
    at = int(np.argmin(np.abs(falls(config) - config.level)))
    law = _relative(of["equal_F_law"], of["length"])
    verdicts = _verdicts(config, of, relative[..., at], law[..., at])
    shown = [0, len(config.widths) - 1]
    _, _, _, y = started(config, 0, 0)
    return Record(
        config=config.to_dict(),
        verdicts=verdicts,
        summary=_summary(config, verdicts, of),
        tables={
            "paths": _path_table(config, of, relative, at),
            "kernels": _kernel_table(config, of),
            "repeats": _repeat_table(config, of, relative, at),
        },
        shown=("paths", "kernels"),
        arrays={
            "cases": np.array(cases(config)),  # [C, 2]
            "times": moments(config),
            "falls": falls(config),
            "relative": relative,
            "relative_law": law,
            "equal_s": of["equal_s"],
            "equal_scaled_s": of["equal_scaled_s"],
            "cosine": of["cosine"],
            "spectra": of["eigenvalues"] / of["eigenvalues"].sum(axis=2, keepdims=True),  # [C, R, 2 m]
            "network_points": of["network_points"][shown, 0],  # [2, Q, m, 2], of the first repeat
            "particle_points": of["particle_points"][shown, 0],
            "target": y.points,
        },
        notes=_notes(config, of),
    )


def _grouped(config: SwflowConfig, parts: Sequence[Part], name: str) -> np.ndarray:
    values = np.array([part[name] for part in parts])
    return values.reshape(len(cases(config)), config.repeats, *values.shape[1:])


def _relative(distance: np.ndarray, length: np.ndarray) -> np.ndarray:
    """distance / length [C, R, Q]; NaN at the start, where both are 0."""
    return np.divide(distance, length, out=np.full(distance.shape, np.nan), where=length > 0)


def _excess(energies: np.ndarray) -> np.ndarray:
    """(F of the network - F of the particles) at the ends, over the particles' fall [C, R]."""
    first, network, particles = np.moveaxis(energies, -1, 0)
    return (network - particles) / (first - particles)


def _verdicts(
    config: SwflowConfig, of: dict[str, np.ndarray], apart: np.ndarray, law: np.ndarray
) -> tuple[Verdict, ...]:
    """`apart`, `law` [C, R]: relative distances at equal F at the level of the verdicts, point by point and in law."""
    W, widest, where = len(config.widths), int(np.argmax(config.widths)), f"{config.level:.0%} of the fall of F"
    width, sharpest = max(config.widths), W + int(np.argmax(config.gains))
    distance = bootstrap(apart[widest], derived_seed(config.seed, 1))
    closer = power_law(config.widths, apart[:W].T, derived_seed(config.seed, 2))
    aligned = power_law(config.widths, 1 - of["cosine"][:W, :, 0].T, derived_seed(config.seed, 3))
    sharper = paired_difference(apart[sharpest], apart[widest], derived_seed(config.seed, 4))
    closer_law = power_law(config.widths, law[:W].T, derived_seed(config.seed, 5))
    return (
        above(
            "a network's points take other paths than free particles, not only at another speed",
            f"distance at equal F over the particles' path length, width {width}, at {where}",
            distance,
            config.apart_above,
            f"The points were {distance.value:.0%} of the path apart; {_onset(config, of)}",
        ),
        below(
            "wider networks follow the particles more closely over the widths tried; the limit need not be 0",
            f"exponent of that distance over the width, at {where}",
            closer,
            0.0,
            f"The distance went like width^{closer.value:.2f}.",
        ),
        below(
            "wider networks follow the particles' law more closely, whichever point is which, over the widths tried",
            f"exponent of sqrt(2) SW_2 over the particles' path length over the width, at {where}",
            closer_law,
            0.0,
            f"The distance in law went like width^{closer_law.value:.2f}; it was {law[widest].mean():.0%} of the path "
            f"at width {width}.",
        ),
        below(
            "wider networks set out in a direction nearer to the particles' over the widths tried",
            "exponent of 1 - cosine over the width, at the start",
            aligned,
            0.0,
            f"1 - cosine went like width^{aligned.value:.2f}; at width {width} the cosine was "
            f"{of['cosine'][widest, :, 0].mean():.2f}.",
        ),
        below(
            "sharper features, the first layer times a gain, bring the paths nearer",
            f"distance with gain {max(config.gains):g} less that with gain 1, width {width}, at {where}",
            sharper,
            0.0,
            f"The gain changed the distance by {sharper.value:+.3f} of the path; the effective rank of K was "
            f"{_ranks(of)[sharpest].mean():.1f} of {2 * config.points} with it and "
            f"{_ranks(of)[widest].mean():.1f} without.",
        ),
    )


def _onset(config: SwflowConfig, of: dict[str, np.ndarray]) -> str:
    widest = int(np.argmax(config.widths))
    first = _relative(of["equal_F"], of["length"])[widest, :, 1].mean()
    return f"{first:.0%} after the first {falls(config)[1]:.0%} of the fall."


def _ranks(of: dict[str, np.ndarray]) -> np.ndarray:
    """(sum of eigenvalues)^2 / sum of squares [C, R]: 2 m for a multiple of the identity, 1 for a rank of one."""
    values = of["eigenvalues"]
    return values.sum(axis=2) ** 2 / np.sum(values**2, axis=2)


def _summary(config: SwflowConfig, verdicts: Sequence[Verdict], of: dict[str, np.ndarray]) -> str:
    distance, closer, closer_law = (verdict.estimate for verdict in verdicts[:3])
    excess = _excess(of["energies"])[int(np.argmax(config.widths))].mean()
    return (
        f"At equal F the points of the widest network ({max(config.widths)}) were {distance.value:.0%} "
        f"[{distance.low:.0%}, {distance.high:.0%}] of the particles' path away from the particles. The distance "
        f"goes like width^{closer.value:.2f} [{closer.low:.2f}, {closer.high:.2f}], that in law like "
        f"width^{closer_law.value:.2f} [{closer_law.low:.2f}, {closer_law.high:.2f}]. The last F of the widest "
        f"network lay {excess:+.1%} of the fall from the particles'."
    )


def _estimate(config: SwflowConfig, values: np.ndarray, key: int, case: int) -> Estimate:
    return bootstrap(values[case], derived_seed(config.seed, 10, key, case))


def _path_table(config: SwflowConfig, of: dict[str, np.ndarray], relative: np.ndarray, at: int) -> Table:
    rows, law, total = [], _relative(of["equal_F_law"], of["length"])[..., at], of["length"][..., -1]
    for case, (width, gain) in enumerate(cases(config)):
        e = _estimate(config, relative[..., at], 0, case)
        excess = _estimate(config, _excess(of["energies"]), 1, case)
        equal, scaled = (float(np.mean((of[name].max(axis=2) / total)[case])) for name in ("equal_s", "equal_scaled_s"))
        rows.append(
            (
                width,
                gain,
                *e.triple,
                law[case].mean(),
                equal,
                scaled,
                *excess.triple,
            )
        )
    names = ("at equal F", "low", "high", "in law", "at equal s, most", "at equal scaled s, most")
    ends = ("excess F", "low of it", "high of it")
    return Table.of_rows(
        f"Distance between network and particles over the particles' path length (at {config.level:.0%} of the fall), "
        "and what the network keeps of the fall of F",
        dict.fromkeys(("width", "gain", *names, *ends), "1"),
        rows,
    )


def _kernel_table(config: SwflowConfig, of: dict[str, np.ndarray]) -> Table:
    rows, ranks = [], _ranks(of)
    for case, (width, gain) in enumerate(cases(config)):
        cosines, values = of["cosine"][case].mean(axis=0), of["eigenvalues"][case]
        start = _estimate(config, of["cosine"][..., 0], 2, case)
        top = np.mean(values[:, 0] / values.sum(axis=1))
        middle = np.median(values[:, values.shape[1] // 2] / values[:, 0])
        numbers = (of["clock"][case].mean(), ranks[case].mean(), top, max(0.0, float(middle)))
        along = (*start.triple, cosines[len(cosines) // 2])
        rows.append((width, gain, *numbers, of["kernel_change"][case].mean(), *along))
    kernel = ("mean eigenvalue", "effective rank", "share of the largest", "middle over largest", "change of K")
    cosine = ("cosine at the start", "low", "high", "cosine half-way")
    return Table.of_rows(
        f"The tangent kernel K/m at the start ({2 * config.points} eigenvalues), its relative change to the end, and "
        "how well the velocities agree",
        dict.fromkeys(("width", "gain", *kernel, *cosine), "1"),
        rows,
    )


def _repeat_table(config: SwflowConfig, of: dict[str, np.ndarray], relative: np.ndarray, at: int) -> Table:
    excess, ranks = _excess(of["energies"]), _ranks(of)
    rows = [
        (width, gain, r, relative[case, r, at], of["cosine"][case, r, 0], ranks[case, r], excess[case, r])
        for case, (width, gain) in enumerate(cases(config))
        for r in range(config.repeats)
    ]
    names = ("width", "gain", "repeat", "distance at equal F", "cosine at the start", "effective rank", "excess F")
    return Table.of_rows("Every network", dict.fromkeys(names, "1"), rows)


def _notes(config: SwflowConfig, of: dict[str, np.ndarray]) -> Sequence[str]:
    fall = np.min(of["energies"][..., 0] - of["energies"][..., 2])
    return (
        "No theorem is invoked: these are flows, without steps and noise, and the networks have no cut-offs (T is then "
        "smooth, but not globally Lipschitz in u).",
        f"The energy identity holds along every flow to {of['residual'].max():.1g}, where F falls by at least "
        f"{fall:.2g}.",
        "F is the loss of batches of n, which favours clouds that are a little drawn together; its minimum is not 0 "
        "and not where the points are those of the target.",
        "Equal F means equal shares of the fall that both flows have in common, down to the higher of their two last "
        f"values, at s = {config.horizon:g} of the particles' time; the network's clock runs at its own rate.",
        "Effective rank: (sum of the eigenvalues)^2 / (sum of their squares). A rank below the number of coordinates "
        "means that some motions of the points cost the network much longer than others.",
        "A gain changes the start too: the first points lie elsewhere and, tanh being bounded, elsewhere relative to "
        "each other. Each network is compared with particles from its own first points.",
        f"Weights are drawn uniformly by the scheme {config.init}: with growing width K/width tends to a fixed kernel, "
        "and changes ever less during training; but that kernel is not the identity.",
    )
