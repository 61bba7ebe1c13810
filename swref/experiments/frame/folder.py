"""Running an experiment in its folder: config, parts, record, figures, page; whatever is there is not done again.

config.toml      every choice, thresholds included
parts/           what is computed so far; gone when the record is written
record.npz, NAME.csv, record.json, verdict.json
figures/         every figure as .png and .svg, where asked for as .pdf, too
run.json         the command, versions, machine and seconds
index.html       the page: one file, without network
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swref import __version__, experiments
from swref.decoding import read_json
from swref.environment import machine, versions
from swref.errors import RunError
from swref.experiments.frame.html import page
from swref.experiments.frame.pool import Pool, Progress
from swref.experiments.frame.recipe import Recipe
from swref.experiments.frame.record import FORMAT, Record, plain_json
from swref.experiments.frame.settings import Settings
from swref.files import leftovers, refuse_link, refused_as, write_atomically
from swref.plots import save_figure
from swref.runs.executors import HERE, Place
from swref.runs.fields import read_toml, to_toml
from swref.runs.folder import RunFolder

MODES = ("quick", "full")


@dataclass(frozen=True, eq=False)
class Finished:
    """What a run left: its record and the page that shows it. fresh: whether anything was computed now."""

    name: str
    folder: Path
    record: Record
    page: Path
    figures: tuple[Path, ...]  # .png, in the order of the page
    fresh: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "experiment": self.name,
            "folder": str(self.folder),
            "page": str(self.page),
            "figures": [str(path) for path in self.figures],
            "summary": self.record.summary,
            "verdicts": plain_json([verdict.to_dict() for verdict in self.record.verdicts]),
            "notes": list(self.record.notes),
        }


def settings(name: str, mode: str = "quick", *layers: dict[str, Any]) -> Settings:
    """The config of an experiment: its --quick or --full values, then those of `layers`, later ones win.

    >>> settings("flow", "quick", {"seed": 3}).seed
    3
    """
    return experiments.load(name).settings(mode, *layers)


def run(
    name: str,
    config: Settings,
    folder: Path,
    *,
    place: Place = HERE,
    progress: Progress | None = None,
    command: str = "",
    pdf: bool = False,
    started: Callable[[], None] | None = None,
) -> Finished:
    """Run an experiment in `folder`, or go on with what an interruption left there; write its figures and its page.

    `command` is the line that reproduces it, for the page. A finished experiment is only drawn anew. `pdf`: its figures
    are written as .pdf, too. `started` is called
    once the folder is known to be good. Raises RunError for a folder that holds something else, or the same
    experiment with another config; BackendError without matplotlib, before anything is computed.
    """
    from swref.plots.loading import load_matplotlib

    load_matplotlib()
    recipe = experiments.load(name)
    RunFolder(folder).make()
    with RunFolder(folder).locked():
        _claim(folder, name, config)
        if started is not None:
            started()
        fresh = not (folder / "record.json").exists()
        if fresh:
            with _timed(name, command, place, folder), Pool(place, folder / "parts", progress) as pool:
                record = recipe.run(config, pool)
            record.write(folder)
        with refused_as(RunError, folder):
            shutil.rmtree(folder / "parts", ignore_errors=True)
        return Finished(name, folder, *_show(name, recipe, folder, pdf), fresh)


def _show(name: str, recipe: Recipe, folder: Path, pdf: bool) -> tuple[Record, Path, tuple[Path, ...]]:
    """Draw the figures and write the page, from what is on the disk alone."""
    record = Record.read(folder)
    refuse_link(folder / "figures")
    with refused_as(RunError, folder):
        (folder / "figures").mkdir(exist_ok=True)
    images = []
    for drawing in recipe.figures(record):
        for kind in ("svg", "png", "pdf") if pdf else ("svg", "png"):
            refuse_link(folder / "figures" / f"{drawing.name}.{kind}")
            save_figure(drawing.figure, folder / "figures" / f"{drawing.name}.{kind}")
        images.append((drawing.name, drawing.caption, (folder / "figures" / f"{drawing.name}.svg").read_bytes()))
    text = page(name, recipe.words, record, images, read_circumstances(folder))
    write_atomically(folder / "index.html", text.encode(errors="backslashreplace"), RunError)
    pictures = tuple(folder / "figures" / f"{name}.png" for name, *_ in images)
    return record, folder / "index.html", pictures


def check_folder(name: str, config: Settings, folder: Path) -> None:
    """Raise RunError unless `folder` is new, empty or holds this experiment with this config; nothing is changed."""
    path = folder / "config.toml"
    with refused_as(RunError, folder):
        if not folder.exists():
            return
        if not path.exists():
            if set(folder.iterdir()) - set(leftovers(folder)):
                raise RunError(f"{folder} must be new or empty, or hold this same experiment")
            return
    wanted, found = _contents(name, config), read_toml(path)
    differing = [key for key in {**found, **wanted} if found.get(key) != wanted.get(key)]
    if differing:
        key = differing[0]
        raise RunError(
            f"{folder} holds another experiment, config or version: {key} is {found.get(key)!r} there and "
            f"{wanted.get(key)!r} here; remove it, or choose another --out"
        )


def _contents(name: str, config: Settings) -> dict[str, Any]:
    return {"format": FORMAT, "swref": __version__, "experiment": name, **config.to_dict()}


def _claim(folder: Path, name: str, config: Settings) -> None:
    """Make the folder this experiment's, or raise RunError."""
    check_folder(name, config, folder)
    figures = folder / "figures"
    with refused_as(RunError, folder):
        for path in [*leftovers(folder), *(leftovers(figures) if figures.is_dir() else [])]:
            path.unlink(missing_ok=True)
    if not (folder / "config.toml").exists():
        write_atomically(folder / "config.toml", to_toml(_contents(name, config)).encode(), RunError)


@contextmanager
def _timed(name: str, command: str, place: Place, folder: Path) -> Iterator[None]:
    """Write run.json at the end of the `with`, however that comes; its seconds add up over interrupted sessions."""
    before, since = float(read_circumstances(folder).get("seconds", 0.0)), time.perf_counter()
    try:
        yield
    finally:
        seconds = before + time.perf_counter() - since
        values = _circumstances(name, command, place, seconds)
        write_atomically(folder / "run.json", (json.dumps(values, indent=2) + "\n").encode(), RunError)


def read_circumstances(folder: Path) -> dict[str, Any]:
    """What run.json holds; nothing where it is missing or damaged: the record does without."""
    try:
        values = read_json(folder / "run.json", RunError)
    except (RunError, FileNotFoundError):
        return {}
    return values if isinstance(values.get("seconds"), (int, float)) else {}


def _circumstances(name: str, command: str, place: Place, seconds: float) -> dict[str, Any]:
    where = machine()
    return {
        "format": FORMAT,
        "experiment": name,
        "command": command,
        "seconds": round(seconds, 1),
        "workers": place.told,
        "python": where["python"],
        "machine": where["system"],
        **versions(("swref", "numpy", "numba", "scipy")),
    }
