"""Draw the pictures of the book, docs/figures/*.svg, from what the code computes.

    python docs/draw_book.py

Without a background, in colours that can be told apart on white and on black.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import matplotlib as mpl

mpl.use("svg")
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from swref import MLP, Discrete, gradient_flow, interpolate, population_sw, sgd
from swref.spec import match, stable_order
from swref.spec.population import order_change_angles

FIGURES: Final = Path(__file__).parent / "figures"
GREY, BLUE, ORANGE = "#808080", "#3b82c4", "#d97706"
STYLE: Final = {
    "svg.hashsalt": "swref",
    "svg.fonttype": "path",
    "font.size": 10,
    "savefig.transparent": True,
    **dict.fromkeys(
        ("text.color", "axes.labelcolor", "axes.edgecolor", "axes.titlecolor", "xtick.color", "ytick.color"), GREY
    ),
}


def quantiles() -> Figure:
    """The weighted example of line.md: both quantile functions, and the pieces between their levels."""
    x, a = np.array([0.0, 1.0, 3.0]), np.array([0.5, 0.25, 0.25])
    y, b = np.array([0.5, 2.0]), np.array([0.6, 0.4])
    figure, ax = plt.subplots(figsize=(6, 3))
    for points, weights, colour, name in ((x, a, BLUE, "$F_x^{-1}$"), (y, b, ORANGE, "$F_y^{-1}$")):
        ends = np.concatenate(([0.0], np.cumsum(weights)))
        ax.hlines(points, ends[:-1], ends[1:], colour, lw=2.5, label=name)
    k = match(x, y, a, b)
    order = np.argsort(k.i + k.j, kind="stable")
    level = 0.0
    for i, j, mass in zip(k.i[order], k.j[order], k.mass[order], strict=True):
        ax.fill_between([level, level + mass], x[i], y[j], color=GREY, alpha=0.25, lw=0)
        ax.axvline(level, color=GREY, lw=0.6, ls=":")
        ax.text(level + mass / 2, max(x[i], y[j]) + 0.12, f"{mass:.2f}", ha="center", fontsize=8)
        level += mass
    ax.set(xlabel="level q", ylabel="position", xlim=(0, 1), ylim=(-0.4, 3.6))
    ax.legend(frameon=False, labelcolor=GREY, loc="upper left")
    return figure


def kinks() -> Figure:
    """|s|, -|s|, and the loss of two points on the line, (|s| - 1)^2, with all its slopes at the tie."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3))
    s = np.linspace(-1.5, 1.5, 301)
    left.plot(s, np.abs(s), color=BLUE, label="|s|: a minimum")
    left.plot(s, -np.abs(s), color=ORANGE, label="$-$|s|: a maximum")
    right.plot(s, (np.abs(s) - 1) ** 2, color=BLUE, label="w(s), x = (s, $-$s), y = (1, $-$1)")
    for slope in (-2.0, -1.0, 0.0, 1.0, 2.0):
        right.plot(s, np.where(np.abs(s) < 0.3, 1 + slope * s, np.nan), color=ORANGE, lw=1)
    for ax in (left, right):
        ax.plot(0, 1.0 if ax is right else 0.0, "o", color=GREY, ms=4)
        ax.set_xlabel("s")
        ax.legend(frameon=False, labelcolor=GREY, fontsize=8, loc="upper center")
    left.set_ylim(-1.7, 2.4)
    right.set_ylim(-0.1, 2.2)
    return figure


def two_points() -> Figure:
    """E(h) of two points +-h against +-(0, 1): its level lines and critical points, and the cut through the tip."""
    g = np.array([[0.0, 1.0], [0.0, -1.0]])
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.4), width_ratios=(1, 1.1))
    grid = np.linspace(-1.4, 1.4, 57)
    values = np.array([[population_sw([[a, b], [-a, -b]], g, None).value for a in grid] for b in grid])
    left.contour(grid, grid, values, 14, colors=GREY, linewidths=0.8)
    left.plot([0, 0], [1, -1], "o", color=BLUE, label="minima")
    left.plot([2 / np.pi, -2 / np.pi], [0, 0], "s", color=ORANGE, label="saddles")
    left.plot(0, 0, "^", color=GREY, label="tip")
    left.set(aspect="equal", xlabel="$h_1$", ylabel="$h_2$")
    left.legend(frameon=False, labelcolor=GREY, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
    for name, colour, towards in (("along (0, 1)", BLUE, (0, 1)), ("along (1, 0)", ORANGE, (1, 0))):
        line = [population_sw(np.outer([t, -t], towards), g, None).value for t in grid]
        right.plot(grid, line, color=colour, label=name)
    right.set(xlabel="t, h = t times the direction", ylabel="E")
    right.legend(frameon=False, labelcolor=GREY, fontsize=8, loc="upper center")
    return figure


def arcs() -> Figure:
    """The half-turn of theta for three points: at which angles their order changes, and what it is between."""
    z = np.array([[0.0, 0.0], [2.0, 0.4], [0.7, 1.6]])
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3), width_ratios=(1, 1.5))
    for k, point in enumerate(z):
        left.plot(*point, "o", color=BLUE)
        left.annotate(f" {k + 1}", point, fontsize=11)
    left.set(aspect="equal", xlim=(-0.5, 2.6), ylim=(-0.5, 2.1), xlabel="$z_1$", ylabel="$z_2$")
    phi = np.linspace(0, np.pi, 400)
    for k in range(3):
        projection = np.cos(phi) * z[k, 0] + np.sin(phi) * z[k, 1]
        right.plot(phi, projection, color=(GREY, BLUE, ORANGE)[k], label=f"point {k + 1}")
    cuts = [0.0, *sorted(order_change_angles(z)), np.pi]
    for a, b in itertools.pairwise(cuts):
        theta = np.array([np.cos((a + b) / 2), np.sin((a + b) / 2)])
        order = " ".join(str(k + 1) for k in stable_order(z @ theta))
        right.text((a + b) / 2, 2.35, order, ha="center", fontsize=9)
        right.axvline(b, color=GREY, lw=0.6, ls=":")
    right.set(xlabel="angle of $\\theta$", ylabel="$\\theta\\cdot z$", xlim=(0, np.pi), ylim=(-2.2, 2.7))
    right.set_xticks([0, np.pi / 2, np.pi], ["0", "$\\pi/2$", "$\\pi$"])
    right.legend(frameon=False, labelcolor=GREY, fontsize=8, loc="lower left")
    return figure


def followed() -> Figure:
    """SGD with three steps beside the flow, from one start: one parameter of the network of flow.md."""
    rng = np.random.default_rng(0)
    x, y = Discrete(rng.standard_normal((6, 1))), Discrete(rng.standard_normal((5, 2)))
    net = MLP((1, 4, 2))
    u0 = net.init(1)
    flow = gradient_flow(net, u0, x, y, 4, horizon=4.0)
    figure, ax = plt.subplots(figsize=(6, 3))
    s = np.linspace(0, 4, 400)
    for alpha, colour in ((0.2, ORANGE), (0.05, BLUE), (0.0125, GREY)):
        u = [it.u for it in sgd(net, x, y, u0, step=alpha, batch=4, steps=round(4 / alpha), seed=3)]
        curve = interpolate(np.array([u0, *u]), alpha)
        ax.plot(s, curve(s)[:, -1], color=colour, lw=1, label=f"SGD, step {alpha:g}")
    ax.plot(s, flow(s)[:, -1], color=GREY, lw=2.5, ls="--", label="flow")
    ax.set(xlabel="s = t alpha", ylabel="last parameter")
    ax.legend(frameon=False, labelcolor=GREY, fontsize=8)
    return figure


PICTURES: Final[dict[str, Callable[[], Figure]]] = {
    draw.__name__: draw for draw in (quantiles, kinks, two_points, arcs, followed)
}


def clean(ax: Axes) -> None:
    """Without the upper and the right edge."""
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)


def draw_all(folder: Path) -> None:
    """Write every picture into the folder."""
    folder.mkdir(exist_ok=True)
    with mpl.rc_context(STYLE):
        for name, draw in PICTURES.items():
            figure = draw()
            for ax in figure.axes:
                clean(ax)
            figure.tight_layout()
            figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
            plt.close(figure)


if __name__ == "__main__":
    draw_all(Path(sys.argv[1]) if len(sys.argv) > 1 else FIGURES)
