"""The figures of `swflow`."""

from __future__ import annotations

import numpy as np

from swref.experiments.frame.recipe import Drawing
from swref.experiments.frame.record import Record
from swref.plots import MARKERS, PALETTE, Axes, draw_band, draw_intervals, new_figure, style

NETWORK, PARTICLES, TARGET = PALETTE["vermilion"], PALETTE["blue"], "0.6"
COLOURS = tuple(PALETTE[name] for name in ("orange", "green", "blue", "purple", "black"))


def figures(record: Record) -> list[Drawing]:
    """Paths, distances along them, and what depends on the width."""
    return [_path_figure(record), _distance_figure(record), _width_figure(record)]


def _path_figure(record: Record) -> Drawing:
    widths = record.config["widths"]
    with style():
        figure, panels = new_figure("double", 0.46, ncols=2)
        for axes, width, *clouds in zip(
            panels[0],
            (widths[0], widths[-1]),
            record.arrays["network_points"],
            record.arrays["particle_points"],
            strict=True,
        ):
            axes.plot(*record.arrays["target"].T, "+", ms=6, color=TARGET, label="target")
            for z, colour, line, name in zip(
                clouds, (NETWORK, PARTICLES), ("-", "--"), ("network", "particles"), strict=True
            ):
                axes.plot(z[..., 0], z[..., 1], line, lw=0.8, color=colour)
                axes.plot(*z[-1].T, MARKERS[line == "--"], ms=3.5, color=colour, label=f"{name}, end")
            axes.plot(*clouds[0][0].T, ".", ms=3, color="black", label="start of both")
            axes.set_aspect("equal", adjustable="datalim")
            axes.set(title=f"width {width}", xlabel="$z_1$")
        panels[0, 0].set_ylabel("$z_2$")
        figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    caption = (
        "The paths of the points that a network generates while its parameters follow their gradient (full lines), and "
        "of free particles from the same start (dashed), each down to the same value of F: the first repeat."
    )
    return Drawing("paths", figure, caption)


def _distance_figure(record: Record) -> Drawing:
    cases = record.arrays["cases"]
    plain = np.flatnonzero(cases[:, 1] == 1.0)
    shown = plain[np.unique(np.linspace(0, len(plain) - 1, 3).astype(int))]
    with style():
        figure, ((left, middle, right),) = new_figure("double", 0.4, ncols=3)
        for colour, case in zip(COLOURS, shown, strict=False):
            label = f"width {cases[case, 0]:g}"
            falls = record.arrays["falls"][1:]
            draw_band(left, falls, record.arrays["relative"][case][:, 1:], color=colour, label=label)
            middle.plot(falls, np.median(record.arrays["relative_law"][case][:, 1:], axis=0), color=colour, label=label)
            right.plot(record.arrays["times"], np.median(record.arrays["equal_s"][case], axis=0), ":", color=colour)
            right.plot(record.arrays["times"], np.median(record.arrays["equal_scaled_s"][case], axis=0), color=colour)
        top = 1.05 * max(left.get_ylim()[1], middle.get_ylim()[1])
        for axes, title in ((left, "point by point, at equal $F$"), (middle, "in law, at equal $F$")):
            axes.set(xlabel="share of the common fall of $F$", title=title, ylim=(0, top), xlim=(0, 1))
        left.set_ylabel("distance / path length")
        right.set(xlabel="time $s$ of the particles", title="point by point, at equal $s$", ylim=(0, None))
        right.set_ylabel("distance $D$")
        figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    caption = (
        "How far the network's points are from the particles: medians over the repeats, and the middle 80 % as bands. "
        "Left, where both have the same F, as a share of the particles' path; centre, the same without regard to "
        "which point is which. Right, at equal times: dotted as they are, full lines with the network's clock scaled "
        "so that both are about equally fast."
    )
    return Drawing("distance", figure, caption)


def _width_figure(record: Record) -> Drawing:
    paths, kernels = record.tables["paths"], record.tables["kernels"]
    with style():
        figure, ((distance, cosine, spectrum),) = new_figure("double", 0.4, ncols=3)
        for axes, table, names in (
            (distance, paths, ("at equal F", "low", "high")),
            (cosine, kernels, ("cosine at the start", "low", "high")),
        ):
            gain, width = table.column("gain"), table.column("width")
            for index, (rows, label) in enumerate(((gain == 1, "as initialised"), (gain > 1, "first layer × gain"))):
                shift = 1.0 if index == 0 else 1 + 0.16 * np.arange(1, rows.sum() + 1)
                columns = (table.column(name)[rows] for name in names)
                draw_intervals(
                    axes,
                    width[rows] * shift,
                    *columns,
                    index=index,
                    color=COLOURS[2 - index],
                    label=label,
                    lw=1.0 if index == 0 else 0.0,
                )
            _label_widths(axes, width[gain == 1])
        distance.set(ylabel=f"distance / path length, {record.config['level']:.0%} of the fall")
        distance.set_ylim(0, None)
        cosine.set(ylabel="cosine of the velocities, start", ylim=(None, 1.0))
        cosine.legend(loc="upper left", fontsize=7)
        _draw_spectra(spectrum, record)
    caption = (
        "Left, the distance at equal F against the width, with 95 % intervals. Centre, how nearly the network's points "
        "set out as the particles do (1: the same direction). Right, the eigenvalues of the tangent kernel as shares "
        "of their sum, medians: the particles' kernel has all of them equal (dotted)."
    )
    return Drawing("width", figure, caption)


def _label_widths(axes: Axes, widths: np.ndarray) -> None:
    axes.set(xscale="log", xlabel="width of the hidden layer")
    labels = [f"{width:g}" if k % 2 == 0 else "" for k, width in enumerate(widths)]
    axes.set_xticks(widths, labels)
    axes.set_xticks([], minor=True)


def _draw_spectra(axes: Axes, record: Record) -> None:
    cases, spectra = record.arrays["cases"], np.median(record.arrays["spectra"], axis=1)  # [C, 2 m]
    plain = np.flatnonzero(cases[:, 1] == 1.0)
    rank = np.arange(1, spectra.shape[1] + 1)
    shown = [(plain[0], "-"), (plain[-1], "-"), (len(cases) - 1, "--")]
    for colour, (case, line) in zip(COLOURS, shown, strict=False):
        width, gain = cases[case]
        label = f"width {width:g}" + (f", gain {gain:g}" if gain > 1 else "")
        seen = spectra[case] > 1e-9  # below, rounding
        axes.plot(rank[seen], spectra[case][seen], line, marker=".", ms=3, color=colour, label=label)
    axes.axhline(1 / spectra.shape[1], ls=":", color="0.4", lw=0.8)
    axes.set(yscale="log", xlabel="eigenvalue of $K$, by size", ylabel="share of the sum", ylim=(1e-11, 1))
    axes.legend(loc="lower left", fontsize=7)
