"""The figures of the sensitivity study, drawn from its record alone."""

from __future__ import annotations

import numpy as np

from swref.experiments.frame.drawing import colours, draw_table
from swref.experiments.frame.record import Record
from swref.experiments.frame.tables import Table
from swref.plots import MARKERS, Figure, draw_heat_map, draw_intervals, new_figure, style

COLOURS = colours("blue", "vermilion", "green", "purple", "orange", "sky", "black")
LINES = ("-", "--", "-.", ":")
KIND_NAMES = {"uniform": "uniform", "orthogonal": "orthogonal", "sobol": "Sobol'", "grid": "equal angles"}
FACTOR_LABELS = ("data", "radius", "noise", "combi-\nnations", "repeats")


def figures(record: Record) -> dict[str, Figure]:
    """Heat maps of the grid, what the outcomes depend on, and the variance over directions."""
    return {
        "loss": _heat_maps(record, "loss", ".2f"),
        "residual": _heat_maps(record, "residual", ".2f"),
        "time": _heat_maps(record, "time", ".3g"),
        "effects": _effects(record),
        "directions": _variance(record),
        "budget": _budget(record),
    }


def _heat_maps(record: Record, name: str, form: str) -> Figure:
    config, values = record.config, record.samples[name].values
    medians = np.median(values, axis=3)  # [D, R, A]
    medians[~np.isfinite(medians)] = np.nan
    columns = min(3, len(medians))
    rows = -(-len(medians) // columns)
    with style():
        figure, panels = new_figure("double", 0.32 * rows, nrows=rows, ncols=columns)
        for axes in panels.flat[len(medians) :]:
            axes.set_axis_off()
        for data, table, axes in zip(config["data"], medians, panels.flat, strict=False):
            axes.set(title=data.replace("_", " "), xlabel="noise level $a$")
            if np.isfinite(table).any():
                draw_heat_map(
                    axes,
                    table,
                    [f"{radius:g}" for radius in config["radii"]],
                    [f"{noise:g}" for noise in config["noises"]],
                    logarithmic=bool((table > 0).any()),  # a time is 0 where the start is good enough
                    form=form,
                )
            else:
                axes.set(xticks=[], yticks=[])
        for axes in panels[:, 0]:
            axes.set_ylabel("radius $r$")
    return figure


def _effects(record: Record) -> Figure:
    table = record.tables["effects"]
    outcomes = list(dict.fromkeys(table.column("outcome").tolist()))
    with style():
        figure, ((axes,),) = new_figure("single", 0.7)
        for index, outcome in enumerate(outcomes):
            share, low, high = table.where(outcome=outcome).interval("share of the variance")
            bars = np.maximum(0.0, [share - low, high - share])
            axes.bar(
                np.arange(len(share)) + 0.38 * (index - 0.5),
                share,
                0.36,
                yerr=bars,
                color=COLOURS[index],
                hatch=("", "///")[index],
                edgecolor="white",
                error_kw={"lw": 0.8, "capsize": 2},
                label=("final loss", "natural residual")[index],
            )
        axes.set_xticks(range(len(FACTOR_LABELS)), FACTOR_LABELS)
        axes.set(ylabel="share of the variance", ylim=(0, 1))
        axes.legend()
    return figure


def _variance(record: Record) -> Figure:
    table, dims = record.tables["variances"], record.config["dims"]
    L = np.array(record.config["counts"])
    with style():
        figure, panels = new_figure("double", 0.4, ncols=len(dims))
        for d, axes in zip(dims, panels[0], strict=True):
            here = table.where(d=d)
            schemes = list(dict.fromkeys(here.column("scheme").tolist()))
            for index, scheme in enumerate(schemes):
                relative = _relative(here, scheme, L)  # [states * batches, counts]
                low, middle, high = np.exp(np.quantile(np.log(relative), [0.1, 0.5, 0.9], axis=0))
                x = L * 1.04 ** (index - (len(schemes) - 1) / 2)
                draw_intervals(axes, x, middle, low, high, index=index, color=COLOURS[index], label=KIND_NAMES[scheme])
            axes.plot(L, 1 / L, ":", color="0.4", label="$1/L$")
            axes.set(xscale="log", yscale="log", xlabel="directions $L$", title=f"$d$ = {d}")
            axes.set_xticks(L[::2], [str(count) for count in L[::2]])
            axes.minorticks_off()
            axes.legend(loc="lower left")
        panels[0, 0].set_ylabel("relative variance")
    return figure


def _relative(table: Table, scheme: str, L: np.ndarray) -> np.ndarray:
    """The variances [states * batches, counts] over that of a batch's single uniform direction, for L [counts]."""
    wanted, uniform = (table.where(scheme=s).column("variance").reshape(-1, len(L)) for s in (scheme, "uniform"))
    # In theory L times the variance of uniform directions is the same for every L: their mean is the best estimate.
    return wanted / (uniform * L).mean(axis=1, keepdims=True)


def _budget(record: Record) -> Figure:
    table, config = record.tables["budget"], record.config
    cases = [(d, warm) for d in config["dims"] for warm in config["warm_steps"]]
    with style():
        figure, panels = new_figure("double", 0.42, ncols=2)
        for index, (d, warm) in enumerate(cases):
            rows = table.where(**{"d": d, "steps before": warm})
            label = f"$d$ = {d}, " + ("at the start" if warm == 0 else f"after {warm} steps")
            look = {"color": COLOURS[index % len(COLOURS)], "ls": LINES[index % len(LINES)], "label": label}
            draw_table(panels[0, 0], rows, "L", "over L = 1", index=index, **look)
            share = rows.column("share by directions")
            panels[0, 1].plot(rows.column("L"), share, marker=MARKERS[index % len(MARKERS)], ms=3.5, **look)
        ticks = np.unique(table.column("L"))
        for axes in panels[0]:
            axes.set(xscale="log", xlabel="directions $L$, with $n L$ fixed")
            axes.set_xticks(ticks, [str(tick) for tick in ticks])
            axes.minorticks_off()
        panels[0, 0].set(yscale="log", ylabel="variance over that of $L$ = 1")
        panels[0, 0].axhline(1.0, ls=":", lw=0.8, color="0.4")
        panels[0, 1].set(ylabel="share that directions cause", ylim=(0, 1.2))
        figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure
