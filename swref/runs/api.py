"""Runs from Python: train one from keywords or a config, load one, and save the iterates of a loop of one's own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.errors import InputError, InputTypeError
from swref.kernels import blas
from swref.measures import Discrete, Measure, Standardize, check_ends
from swref.networks import MLP
from swref.randomness import stream
from swref.runs import training
from swref.runs.attempts import train_chosen
from swref.runs.choice import chosen
from swref.runs.config import TrainConfig
from swref.runs.folder import RunFolder, claimed_folder
from swref.runs.kept import Kept
from swref.runs.problem import CONTINUOUS_POINTS, GIVEN, GUESSED, Came, Problem
from swref.runs.progress import Progress, check_progress
from swref.runs.run import Run
from swref.sgd import Iterate

Data = str | os.PathLike[str] | Measure | ArrayLike


def train(
    config: TrainConfig | Mapping[str, Any] | None = None,
    *,
    target: Data | None = None,
    source: Data | None = None,
    out: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    tell: Callable[[str], None] | None = None,
    minutes: float | None = None,
    as_in_paper: bool = False,
    **settings: Any,
) -> Run:
    """Train a generator, as `swref train` does, and return the run.

    config: a TrainConfig, which is complete, or a mapping of its fields; `settings`, fields by name, win over it. What
    none gives is chosen from the data (swref.runs.choice), unless as_in_paper; minutes, in place of steps, is a time.
    target and source: a name or file that load_measure knows, a measure, or points [m, d]. tell: called with a line,
    before the first step, for everything guessed about a file or left out of it, and for what was chosen (print, say).
    progress: tqdm, that of tqdm.notebook in a notebook, or a function progress(iterates, total=n) that gives the
    iterates (t, u, loss, phi) on, one by one, after every step; it changes nothing in the run. out: the run's folder,
    new or empty; without it runs/TARGET-001, -002, ... Raises InputError or InputTypeError for what a config refuses,
    RunError for a folder that cannot be used, DivergenceError.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     run = train(target="moons", hidden=(8,), steps=20, batch=16, out=folder)
    ...     run.sample(5).shape, run.summary["steps"]
    ((5, 2), 20)
    """
    if config is not None and not isinstance(config, (TrainConfig, Mapping)):
        raise InputTypeError(f"config must be a TrainConfig or a mapping of its fields, got {checks.shown(config)}")
    check_progress(progress)
    training.check_functions(tell=tell)
    for name, data in (("target", target), ("source", source)):
        if isinstance(data, (str, os.PathLike)):
            checks.path(name, data)
    layers = [config.to_dict() if isinstance(config, TrainConfig) else config or {}, settings]
    given = {"target": target, "source": source}
    layers.append({name: os.fspath(data) for name, data in given.items() if isinstance(data, (str, os.PathLike))})
    objects: dict[str, Any] = {
        name: data for name, data in given.items() if name not in layers[-1] and data is not None
    }
    choice = chosen(*layers, minutes=minutes, as_in_paper=as_in_paper, **objects)
    if out is not None:
        place = checks.path("out", out)
        train_chosen(choice, place, progress, tell)
        return Run.load(place)
    with claimed_folder(Path("runs"), "data" if "target" in objects else choice.config.target) as folder:
        train_chosen(choice, folder, progress, tell)
    return Run.load(folder)


def load_run(path: str | os.PathLike[str]) -> Run:
    """The run in the folder `path`: .sample(n), .history, .summary, .plot(), .generator; it needs no data file.

    Raises RunError for a folder that is no run, has no checkpoint yet or a damaged one.
    """
    return Run.load(checks.path("path", path))


def save_run(
    out: str | os.PathLike[str],
    iterates: Iterable[Iterate],
    net: MLP,
    source: Measure | ArrayLike,
    target: Measure | ArrayLike,
    *,
    step: float,
    batch: int,
    held_out: ArrayLike | None = None,
    units: Standardize | None = None,
    **settings: Any,
) -> Run:
    """Save the iterates of a loop of your own, as they come, as a run that load_run and the commands open.

    out: a new or empty folder. net: the MLP of the loop, of identity output; source and target: its measures. step,
    batch and `settings`, the other keywords of sgd, are what the loop used: they are recorded, and decide the batches
    that the losses are compared with. held_out: points [k, d] of the target that the loop never saw, for the distances
    in the summary; without them there is no summary, unless the target is a law. units: how the loop's points were
    made from the data; samples are given in the data's units. "untrained" in the summary is a Glorot draw of the net.

    The run cannot be resumed: go on in your own loop, from load_run(out).u. KeyboardInterrupt in the loop saves what
    came. Raises InputError or InputTypeError for arguments that do not fit, RunError for a folder that cannot be used.

    >>> from tempfile import TemporaryDirectory
    >>> from swref import Shape, sgd
    >>> net, law, options = MLP((2, 8, 2)), Shape("moons"), {"step": 0.05, "batch": 16, "steps": 30}
    >>> with TemporaryDirectory() as folder:
    ...     run = save_run(folder, sgd(net, law, law, net.init(0), **options), net, law, law, **options)
    ...     run.steps, len(run.history["loss"])
    (30, 30)
    """
    if not isinstance(net, MLP) or net.output_activation != "identity":
        raise InputTypeError(
            f"net must be an MLP of identity output, what a run's config can describe, got {checks.shown(net)}"
        )
    checks.instance("iterates", iterates, Iterable, "an iterable of iterates")
    if units is not None:
        checks.instance("units", units, Standardize)
    folder = RunFolder(checks.path("out", out))
    whole = iter(iterates)
    first = _checked(next(whole, None), net.n_params, 0)
    config = _own_config(net, first, step=step, batch=batch, **settings)
    problem = _own_problem(config, net, source, target, held_out, units)
    kept = Kept.of(problem, folder.path, own_loop=True)
    evaluated = held_out is not None or not isinstance(problem.target, Discrete)
    folder.make()
    with folder.locked():
        folder.check_empty()
        folder.remove_leftovers()
        folder.write_config(problem.config)
        folder.write_data((kept if evaluated else replace(kept, held_out=kept.held_out[:0])).to_bytes())
        recorder = training.Recorder(problem, folder, None)
        try:
            for iterate in chain((first,), whole):
                one = _checked(iterate, net.n_params, recorder.state[0])
                recorder.add(one.t, np.array(one.u), float(one.loss), one.phi)
        finally:
            recorder.save()
        if "steps" not in settings:
            folder.write_config(replace(problem.config, steps=recorder.state[0]))
        if evaluated:
            with blas.limited(config.blas_threads):
                training.finish(problem, folder, recorder)
    return Run.load(folder.path)


def _checked(iterate: Iterate | None, n_params: int, after: int) -> Iterate:
    """`iterate`, once it is known to be one, with parameters of the network, and of a step later than `after`."""
    if not isinstance(iterate, Iterate):
        came = "none" if iterate is None else checks.shown(iterate)
        raise InputTypeError(f"iterates must be of swref.Iterate, at least one, got {came}")
    for name, vector in (("u", iterate.u), ("phi", iterate.phi)):
        checks.parameters(f"iterates: {name}", vector, n_params)
    if iterate.t <= after:
        raise InputError(f"iterates must have increasing t >= 1, got {iterate.t} after {after}")
    return iterate


def _own_config(net: MLP, first: Iterate, **settings: Any) -> TrainConfig:
    """What the loop used, as far as a config has it: not a function that is a schedule, nor where a loop starts."""
    known = {k: v for k, v in settings.items() if k != "start" and (k != "schedule" or isinstance(v, str))}
    shape = {"hidden": net.sizes[1:-1], "activation": net.activation, "dtype": str(first.u.dtype)}
    config = TrainConfig.from_values({"target": GIVEN, "source": GIVEN, "standardize": "none", **shape, **known})
    if config.track:
        raise InputError(f"track is for runs of swref.train, got {config.track}")
    return config


def _own_problem(
    config: TrainConfig, net: MLP, source: Any, target: Any, held_out: ArrayLike | None, units: Standardize | None
) -> Problem:
    """What a loop of the user's trained on; without held-out points of data they are those that it saw."""
    x, y = check_ends(net, source, target)
    rng = stream(config.seed, "split")
    if isinstance(y, Discrete):
        train, rest = y, y
    else:
        train, rest = Discrete(y.sample(rng, CONTINUOUS_POINTS)).split(1 - config.holdout, rng)
    if held_out is not None:
        rest = Discrete(checks.points("held_out", held_out, dim=y.dim))
    if units is not None and units.dim != y.dim:
        raise InputError(f"units must have {y.dim} columns, as the target, got {units.dim}")
    return Problem(
        config=config,
        source=x,
        target=y,
        whole=train if rest is train else _joined(train, rest),
        train=train,
        held_out=rest,
        units=Standardize.named("none", train.points) if units is None else units,
        names=getattr(y, "names", None),
        net=net,
        came={"target": Came.of("target", y, GUESSED, ""), "source": Came.of("source", x, GUESSED, "")},
    ).portable()


def _joined(one: Discrete, other: Discrete) -> Discrete:
    """All points of both, each measure with a mass as it has points."""
    points = np.concatenate((one.points, other.points))
    if one.weights is None and other.weights is None:
        return Discrete(points)
    weights = [np.full(z.m, 1 / z.m) if z.weights is None else z.weights for z in (one, other)]
    return Discrete(points, np.concatenate([w * len(w) for w in weights]) / len(points))
