"""The sliced Wasserstein flow against what a network makes of it: the motion of the generated points."""

from __future__ import annotations

from functools import partial

import numpy as np

from swref.experiments.frame.drawing import colours, draw_table
from swref.experiments.frame.pool import Pool
from swref.experiments.frame.record import Record
from swref.experiments.frame.samples import Sample, estimated, sampled
from swref.experiments.frame.tables import Table, table
from swref.experiments.frame.verdict import above, below
from swref.experiments.swflow.paths import Config, both_flows, cases, falls, moments, started
from swref.inference.statistics import Estimate, mean_in_order, power_law
from swref.plots import MARKERS, PALETTE, Axes, Figure, draw_band, new_figure, style

__all__ = ["Config", "figures", "run"]

NETWORK, PARTICLES, TARGET = PALETTE["vermilion"], PALETTE["blue"], "0.6"
COLOURS = colours("orange", "green", "blue", "purple", "black")
SPLIT = {"network": "width gain"}
DISTANCES = ("relative", "relative_law", "equal_s", "equal_scaled_s")


def run(config: Config, pool: Pool) -> Record:
    """Every network of every repeat against its particles."""
    levels, networks = falls(config), cases(config)
    points = range(config.points)
    of = sampled(
        pool,
        "paths",
        both_flows,
        config,
        outer={"network": networks, "repeat": range(config.repeats)},
        shapes={
            "equal_s equal_scaled_s": "time",
            "equal_F equal_F_law length cosine": "level",
            "network_points particle_points": "level point coordinate",
            "eigenvalues": "eigenvalue",
            "energies": "end",
        },
        inner={
            "time": moments(config),
            "level": levels,
            "point": points,
            "coordinate": (0, 1),
            "eigenvalue": range(2 * config.points),
            "end": ("start", "network", "particles"),
        },
    )
    of["relative"], of["relative_law"] = (relative(of[name], of["length"]) for name in ("equal_F", "equal_F_law"))
    at = levels[int(np.argmin(np.abs(levels - config.level)))]
    apart, law, aligned = of["relative"].at(level=at), of["relative_law"].at(level=at), of["cosine"].at(level=levels[0])
    widest, sharpest = (max(config.widths), 1.0), (max(config.widths), max(config.gains))
    plain = [network for network in networks if network[1] == 1.0]
    by_width = partial(power_law, config.widths)

    def slope(sample: Sample) -> Estimate:
        return estimated(sample.where(network=plain), by_width, along="network").estimate()

    distance = estimated(apart).at(network=widest).estimate()
    closer, closer_law = slope(apart), slope(law)
    setting_out = slope(aligned.map(lambda cosine: 1 - cosine))
    sharper = estimated(apart.at(network=sharpest) - apart.at(network=widest)).estimate()
    ranks, excess = effective_ranks(of["eigenvalues"]), excess_of(of["energies"])
    mean_rank = ranks.over("repeat", np.mean)
    shown = [plain[0], plain[-1]]
    fall = of["energies"].at(end="start") - of["energies"].at(end="particles")
    every = {"distance at equal F": apart, "cosine at the start": aligned, "effective rank": ranks, "excess F": excess}
    return Record(
        verdicts=(
            above("paths", distance, config.apart_above),
            below("width", closer, 0.0),
            below("law", closer_law, 0.0),
            below("direction", setting_out, 0.0),
            below("gain", sharper, 0.0),
        ),
        tables={
            "paths": path_table(config, of, apart, law, excess),
            "kernels": kernel_table(config, of, aligned, ranks),
            "repeats": table("Every network", every, split=SPLIT),
        },
        shown=("paths", "kernels"),
        samples={
            **{name: of[name] for name in (*DISTANCES, "cosine")},
            "spectra": of["eigenvalues"] / of["eigenvalues"].over("eigenvalue", np.sum),
            **{
                f"{name}_points": of[f"{name}_points"].where(network=shown).at(repeat=0)
                for name in ("network", "particle")
            },
        },
        arrays={
            "cases": np.array(networks),  # [C, 2]
            "times": moments(config),
            "falls": levels,
            "target": started(config, networks[0], 0)[3].points,
        },
        facts={
            "distance": distance,
            "closer": closer,
            "closer_law": closer_law,
            "widest": max(config.widths),
            "sharpest": max(config.gains),
            "eigenvalues": 2 * config.points,
            "onset": of["relative"].at(network=widest, level=levels[1]).values.mean(),
            "first_fall": levels[1],
            "law_apart": law.at(network=widest).values.mean(),
            "cosine": aligned.at(network=widest).values.mean(),
            "sharp_rank": mean_rank.at(network=sharpest).item(),
            "plain_rank": mean_rank.at(network=widest).item(),
            "excess": excess.at(network=widest).values.mean(),
            "residual": of["residual"].values.max(),
            "fall": fall.values.min(),
        },
    )


def relative(distance: Sample, length: Sample) -> Sample:
    """distance / length; NaN at the start, where both are 0."""
    out = np.full(distance.values.shape, np.nan)
    return Sample(np.divide(distance.values, length.values, out=out, where=length.values > 0), distance.axes)


def excess_of(energies: Sample) -> Sample:
    """(F of the network - F of the particles) at the ends, over the particles' fall."""
    first, network, particles = (energies.at(end=end) for end in ("start", "network", "particles"))
    return (network - particles) / (first - particles)


def effective_ranks(eigenvalues: Sample) -> Sample:
    """(sum of eigenvalues)^2 / sum of squares: 2 m for a multiple of the identity, 1 for a rank of one."""
    total = eigenvalues.over("eigenvalue", np.sum)
    return total.map(np.square) / eigenvalues.map(np.square).over("eigenvalue", np.sum)


def path_table(config: Config, of: dict[str, Sample], apart: Sample, law: Sample, excess: Sample) -> Table:
    """How far the points are from the particles, and what the network keeps of the fall of F."""
    total = of["length"].at(level=of["length"].axes["level"][-1])
    most = {
        name: (of[name].over("time", np.max) / total).over("repeat", np.mean) for name in ("equal_s", "equal_scaled_s")
    }
    columns = {
        "at equal F": estimated(apart),
        "in law": law.over("repeat", np.mean),
        "at equal s, most": most["equal_s"],
        "at equal scaled s, most": most["equal_scaled_s"],
        "excess F": estimated(excess),
    }
    title = (
        f"Distance between network and particles over the particles' path length (at {config.level:.0%} of the fall), "
        "and what the network keeps of the fall of F"
    )
    return table(title, columns, split=SPLIT)


def kernel_table(config: Config, of: dict[str, Sample], aligned: Sample, ranks: Sample) -> Table:
    """The tangent kernel at the start, how much it changes, and how well the velocities agree."""
    values, levels = of["eigenvalues"], of["cosine"].axes["level"]
    largest, middle = values.at(eigenvalue=0), values.at(eigenvalue=config.points)
    columns = {
        "mean eigenvalue": of["clock"].over("repeat", np.mean),
        "effective rank": ranks.over("repeat", np.mean),
        "share of the largest": (largest / values.over("eigenvalue", np.sum)).over("repeat", np.mean),
        "middle over largest": (middle / largest).over("repeat", np.median).map(lambda v: np.maximum(0.0, v)),
        "change of K": of["kernel_change"].over("repeat", np.mean),
        "cosine at the start": estimated(aligned),
        "cosine half-way": of["cosine"].over("repeat", mean_in_order).at(level=levels[len(levels) // 2]),
    }
    title = (
        f"The tangent kernel K/m at the start ({2 * config.points} eigenvalues), its relative change to the end, and "
        "how well the velocities agree"
    )
    return table(title, columns, split=SPLIT)


def figures(record: Record) -> dict[str, Figure]:
    """Paths, distances along them, and what depends on the width."""
    return {"paths": _path_figure(record), "distance": _distance_figure(record), "width": _width_figure(record)}


def _path_figure(record: Record) -> Figure:
    networks, particles = record.samples["network_points"], record.samples["particle_points"]
    with style():
        figure, panels = new_figure("double", 0.46, ncols=2)
        for axes, network in zip(panels[0], networks.axes["network"], strict=True):
            clouds = [sample.at(network=network).values for sample in (networks, particles)]  # [level, m, 2] each
            axes.plot(*record.arrays["target"].T, "+", ms=6, color=TARGET, label="target")
            kinds = zip(clouds, (NETWORK, PARTICLES), ("-", "--"), ("network", "particles"), strict=True)
            for z, colour, line, name in kinds:
                axes.plot(z[..., 0], z[..., 1], line, lw=0.8, color=colour)
                axes.plot(*z[-1].T, MARKERS[line == "--"], ms=3.5, color=colour, label=f"{name}, end")
            axes.plot(*clouds[0][0].T, ".", ms=3, color="black", label="start of both")
            axes.set_aspect("equal", adjustable="datalim")
            axes.set(title=f"width {network[0]}", xlabel="$z_1$")
        panels[0, 0].set_ylabel("$z_2$")
        figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def _distance_figure(record: Record) -> Figure:
    of, falls, times = record.samples, record.arrays["falls"][1:], record.arrays["times"]
    plain = [network for network in of["relative"].axes["network"] if network[1] == 1.0]
    shown = [plain[k] for k in np.unique(np.linspace(0, len(plain) - 1, 3).astype(int))]
    with style():
        figure, ((left, middle, right),) = new_figure("double", 0.4, ncols=3)
        for colour, network in zip(COLOURS, shown, strict=False):
            point, law, plain_clock, scaled_clock = (of[name].at(network=network).values for name in DISTANCES)
            draw_band(left, falls, point[:, 1:], color=colour, label=f"width {network[0]:g}")
            middle.plot(falls, np.median(law[:, 1:], axis=0), color=colour)
            right.plot(times, np.median(plain_clock, axis=0), ":", color=colour)
            right.plot(times, np.median(scaled_clock, axis=0), color=colour)
        top = 1.05 * max(left.get_ylim()[1], middle.get_ylim()[1])
        for axes, title in ((left, "point by point, at equal $F$"), (middle, "in law, at equal $F$")):
            axes.set(xlabel="share of the common fall of $F$", title=title, ylim=(0, top), xlim=(0, 1))
        left.set_ylabel("distance / path length")
        right.set(xlabel="time $s$ of the particles", title="point by point, at equal $s$", ylim=(0, None))
        right.set_ylabel("distance $D$")
        figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def _width_figure(record: Record) -> Figure:
    paths, kernels = record.tables["paths"], record.tables["kernels"]
    widths = paths.where(gain=1.0).column("width")
    with style():
        figure, ((distance, cosine, spectrum),) = new_figure("double", 0.4, ncols=3)
        for axes, rows, name in ((distance, paths, "at equal F"), (cosine, kernels, "cosine at the start")):
            draw_table(axes, rows.where(gain=1.0), "width", name, color=COLOURS[2], label="as initialised", lw=1.0)
            gained = rows.where(gain=lambda gain: gain > 1)
            beside = gained.column("width") * (1 + 0.16 * np.arange(1, len(gained) + 1))
            draw_table(axes, gained, beside, name, index=1, color=COLOURS[1], label="first layer × gain", lw=0.0)
            _label_widths(axes, widths)
        distance.set(ylabel=f"distance / path length, {record.config['level']:.0%} of the fall")
        distance.set_ylim(0, None)
        cosine.set(ylabel="cosine of the velocities, start", ylim=(None, 1.0))
        cosine.legend(loc="upper left", fontsize=7)
        _draw_spectra(spectrum, record)
    return figure


def _label_widths(axes: Axes, widths: np.ndarray) -> None:
    axes.set(xscale="log", xlabel="width of the hidden layer")
    labels = [f"{width:g}" if k % 2 == 0 else "" for k, width in enumerate(widths)]
    axes.set_xticks(widths, labels)
    axes.set_xticks([], minor=True)


def _draw_spectra(axes: Axes, record: Record) -> None:
    spectra = record.samples["spectra"].over("repeat", np.median)
    networks = spectra.axes["network"]
    plain = [network for network in networks if network[1] == 1.0]
    rank = np.arange(1, len(spectra.axes["eigenvalue"]) + 1)
    for colour, network, line in zip(COLOURS, (plain[0], plain[-1], networks[-1]), ("-", "-", "--"), strict=False):
        width, gain = network
        label, values = (
            f"width {width:g}" + (f", gain {gain:g}" if gain > 1 else ""),
            spectra.at(network=network).values,
        )
        seen = values > 1e-9  # below, rounding
        axes.plot(rank[seen], values[seen], line, marker=".", ms=3, color=colour, label=label)
    axes.axhline(1 / len(rank), ls=":", color="0.4", lw=0.8)
    axes.set(yscale="log", xlabel="eigenvalue of $K$, by size", ylabel="share of the sum", ylim=(1e-11, 1))
    axes.legend(loc="lower left", fontsize=7)
