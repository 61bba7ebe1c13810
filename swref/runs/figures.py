"""The figures of a run: read from its folder, drawn with swref.plots."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from swref import checks, plots
from swref.errors import RunError
from swref.files import refuse_overwriting
from swref.randomness import stream
from swref.runs import Problem, RunFolder, open_run, sample

FORMATS = ("png", "svg")
DRAWN_POINTS = 4000  # from weighted data; of plain data all points are there


def draw_run(path: Path, out: Path | None = None, format: str = "png") -> list[Path]:
    """Draw a run, finished or interrupted, and return the files: loss (once there is a step), samples, and in a run
    with --track what it tracked.

    They go to `out`, made if missing, or to figures/ in the run. Samples are in the data's units: images side by side
    where the target's points are square images, scatter plots else. Raises RunError as open_run does, InputError for
    another format or a figure that would overwrite the data, BackendError without matplotlib.
    """
    checks.one_of("format", format, FORMATS)
    problem, checkpoint = open_run(path)
    folder = RunFolder(path)
    history, summary = folder.history(), folder.summary()
    target = _target_points(problem)  # [n, d]
    generated, names = sample(path, len(target))
    data_name = Path(problem.config.target).name  # a file's path would fill the figure
    title = f"{data_name}, {checkpoint.t} steps"
    figures = {}
    if len(history["step"]):
        floor = None if summary is None else summary["loss_floor"]
        label = "two batches of the data"
        figures["loss"] = plots.loss_figure(
            history["step"], history["loss"], floor=floor, floor_label=label, title=data_name
        )
    track = folder.track()
    if track is not None and len(track["step"]):
        columns = [track[name] for name in ("s", "natural_residual", "gap", "dc_lower", "dc_upper")]
        figures["track"] = plots.track_figure(*columns, title=data_name)
    side = plots.square_side(target.shape[1]) if names is None else None
    if side is None:
        figures["samples"] = plots.samples_figure(target, generated, names, title=title)
    else:
        figures["samples"] = plots.image_grid_figure(target, generated, side, title=title)
    destination = folder.figures if out is None else _made(out)
    paths = [destination / f"{name}.{format}" for name in figures]
    for file in paths:
        refuse_overwriting("the figure", file, (problem.config.target, problem.config.source))
    for figure, file in zip(figures.values(), paths, strict=True):
        plots.save_figure(figure, file)
    return paths


def _target_points(problem: Problem) -> np.ndarray:
    """Points [n, d] of the target in the data's units: all the data, or draws of a law or of weighted data."""
    points = problem.whole.points
    if problem.whole.weights is not None:
        points = problem.whole.sample(stream(problem.config.seed, "drawn target points"), DRAWN_POINTS)
    return problem.units.invert(points)


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"{folder} cannot be made ({error.strerror})") from None
    return folder
