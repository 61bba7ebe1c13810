"""The figures of a run: read from its folder, drawn with swref.plots."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from swref import checks, plots
from swref.errors import RunError
from swref.files import refuse_link, refuse_overwriting
from swref.runs.folder import RunFolder
from swref.runs.run import Run


def draw_run(path: Path, out: Path | None = None, format: str = "png") -> list[Path]:
    """Draw the run in `path`: see `draw`. Raises RunError as Run.load does."""
    checks.one_of("format", format, plots.FORMATS)
    return draw(Run.load(path), out, format)


def draw(run: Run, out: Path | None = None, format: str = "png") -> list[Path]:
    """Draw a run, finished or interrupted, and return the files: loss (once there is a step), samples, columns of
    points that are no images, and in a run with --track what it tracked.

    They go to `out`, made if missing, or to figures/ in the run. Samples are in the data's units, at most 2000 of the
    data and as many generated: images side by side where points are images, scatter plots else. Raises
    InputError for another format or a figure that would overwrite the data, BackendError without matplotlib.
    """
    checks.one_of("format", format, plots.FORMATS)
    history, summary, track, kept = run.history, run.summary, run.track, run.kept
    generated, title = run.sample(len(kept.points)), plots.plain(f"{run.data_name}, {run.steps} steps")
    figures = {}
    if len(history["step"]):
        floor = None if summary is None else summary["loss_floor"]
        label = "two batches of the data"
        figures["loss"] = plots.loss_figure(
            history["step"], history["loss"], floor=floor, floor_label=label, title=plots.plain(run.data_name)
        )
    if track is not None and len(track["step"]):
        columns = [track[name] for name in ("s", "natural_residual", "gap", "dc_lower", "dc_upper")]
        figures["track"] = plots.track_figure(*columns, title=plots.plain(run.data_name))
    if kept.picture is None:
        figures["samples"] = plots.samples_figure(kept.points, generated, kept.names, title=title)
        if len(kept.held_out):  # a loop of the user's need not have any
            told = {} if summary is None else summary["distances"].get("columns", {})  # once the run has ended
            order = [column["index"] for column in told.get("worst", ()) if "index" in column] or None  # not of old
            figures["columns"] = plots.columns_figure(kept.held_out, generated, kept.names, order=order, title=title)
    else:
        figures["samples"] = plots.image_grid_figure(kept.points, generated, *kept.picture, title=title)
    destination = RunFolder(run.path).figures if out is None else _made(out)
    paths = [destination / f"{name}.{format}" for name in figures]
    for file in paths:
        if out is None:
            refuse_link(file)
        refuse_overwriting("the figure", file, run.files)
    for figure, file in zip(figures.values(), paths, strict=True):
        plots.save_figure(figure, file)
    return paths


def draw_losses(runs: Sequence[Run], file: Path) -> None:
    """Draw the losses of several runs over each other into `file`, a .png, .svg or .pdf. Errors as in losses_figure."""
    refuse_overwriting("the figure", file, [data for run in runs for data in run.files])
    series = {}
    for number, run in enumerate(runs, 1):
        history = run.history
        label = plots.plain(str(run.path))
        label = f"{label} ({number})" if label in series else label
        if len(history["step"]):
            series[label] = history["step"], history["loss"]
    plots.save_figure(plots.losses_figure(series), file)


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"{folder} cannot be made ({error.strerror})") from None
    return folder
