"""A valid call of every public function, by its name, and what may be answered there: see test_wrong_objects."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

import swref
from swref import crosscheck, distributed, experiments, measures, networks, plots, runs, sliced, theory

Sets = dict[str, frozenset[str]]


@dataclass(frozen=True)
class Call:
    """A function, its arguments, the wrong objects that are legal values there, and what messages call an argument."""

    function: Callable[..., Any]
    arguments: dict[str, Any]
    legal: Sets = field(default_factory=dict)
    called: dict[str, str] = field(default_factory=dict)  # regular expressions
    own: frozenset[str] = frozenset()  # what is the caller's own business: a label
    use: Callable[[Any], Any] = lambda answer: answer  # what shows a fault that is found late: entering, a first step

    def made(self, **changes: Any) -> Any:
        """The answer, with some arguments changed."""
        return self.use(self.function(**{**self.arguments, **changes}))


def of(*kinds: str) -> frozenset[str]:
    """Kinds of wrong objects."""
    return frozenset(kinds)


NONE: Final = of("None")
LARGE: Final = of("10^30", "2^63")
ARRAYS: Final = of(
    "mask", "masked vector", "record", "objects", "complex array", "nan array", "no points", "five axes", "float16"
)
NAME: Final = frozenset({"name"})
POSITIVE: Final = LARGE | of("fraction")  # legal for a number > 0
UNBOUNDED: Final = POSITIVE | of("inf")
FLAG: Final = of("True", "numpy bool")
TEXT: Final = of("text", "empty text", "5000 digits", "numpy string", "text with NUL")
PATH: Final = TEXT - of("5000 digits", "text with NUL")
NAMED: Final = of("text", "numpy string")  # of data: there is no such file
EMPTY: Final = of("empty list", "no points")
CALLABLE: Final = of("lambda", "class", "array class", "network class", "measure class")

ALWAYS: Final = of("raises")  # it is the integer 3, and only conversions raise
DATA: Final = {"target": NAMED, "source": NAMED}
FUNCTIONS: Final = frozenset(
    {"schedule", "scaler", "progress", "started", "tell", "make", "function"}
)  # errors are their own

# Legal values by the name of the argument, in every function that has it.
LEGAL: Final[Sets] = {
    **dict.fromkeys(
        [
            "closed_form",
            "noise",
            "step",
            "r_u",
            "r_x",
            "alpha",
            "tolerance",
            "spread",
            "accuracy",
            "rtol",
            "atol",
            "horizon",
            "tie",
            "delta",
            "factor",
            "floor",
        ],
        POSITIVE,
    ),
    **dict.fromkeys(
        ["radius", "r", "input_radius", "target_radius", "M", "rho", "x_norm", "y_norm", "t_norm", "lip", "decay"],
        UNBOUNDED,
    ),
    **dict.fromkeys(
        ["eps", "holdout", "share", "seconds", "loading_seconds", "height_ratio", "threshold"], of("fraction")
    ),
    **dict.fromkeys(["seed", "rng"], LARGE),
    **dict.fromkeys(["title", "label", "floor_label", "why"], TEXT),
    **dict.fromkeys(["path", "root"], PATH),
    "tags": EMPTY,
}
NET = networks.MLP((2, 3, 2))
DOTS = swref.Discrete([[0.0, 1.0], [1.0, 0.0], [0.5, 0.25]])
LAW = swref.Uniform("ball", 2)
X, Y = np.array([[0.0, 1.0], [2.0, 0.5], [1.0, 3.0]]), np.array([[1.0, 1.0], [0.0, 2.0], [4.0, 3.0]])
THETA = np.eye(2)
W = np.array([0.25, 0.25, 0.5])
CURVE = swref.Trajectory([0.0, 2.0], [[0.0], [1.0]])
CLOUD = networks.Particles(1, 2)
SLICED = {"x": X, "y": Y, "theta": THETA, "p": 2.0, "x_weights": W, "y_weights": W, "backend": "numpy"}
EXACT = {"source": swref.Discrete(CLOUD.indices()), "target": DOTS, "batch": None}
U = np.array([0.5, 0.25])


def rng() -> np.random.Generator:
    """A fresh generator."""
    return np.random.default_rng(0)


def made(
    function: Callable[..., Any],
    legal: Sets | None = None,
    called: dict[str, str] | None = None,
    own: frozenset[str] = frozenset(),
    /,
    **arguments: Any,
) -> Callable[[Path], Call]:
    """The call of `function` with these arguments."""
    return lambda folder: Call(function, arguments, legal or {}, called or {}, own)


def run_folder(folder: Path) -> Path:
    """A run of two steps."""
    path = folder / "run"
    if not path.exists():
        runs.train(SHORT, path)
    return path


def sweep_plan(folder: Path) -> dict[str, Any]:
    """A run of two steps on five points."""
    np.save(folder / "points.npy", X)
    values = {"target": str(folder / "points.npy"), "hidden": [2], "batch": 2, "steps": 2}
    return {"config": values, "as_in_paper": True}


def sweep_folder(folder: Path) -> Path:
    """Of that one."""
    swref.sweep(sweep_plan(folder), folder / "swept")
    return folder / "swept"


def make_inputs(rng: np.random.Generator) -> crosscheck.Inputs:
    """What a case makes."""
    return crosscheck.Inputs(X, Y, THETA)


CASE = {"name": "one", "why": "to show", "tags": ("own",)}
LOOP = list(swref.sgd(NET, DOTS, DOTS, NET.init(0), step=0.1, batch=2, steps=2, backend="numpy"))
SHORT = runs.TrainConfig(hidden=(2,), batch=2, steps=2)
CONFIG = {f.name: getattr(runs.TrainConfig(), f.name) for f in dataclasses.fields(runs.TrainConfig)}

VALID: Final[dict[str, Callable[[Path], Call]]] = {
    "swref.directions": made(swref.directions, rng=0, L=3, d=2, scheme="uniform"),
    "swref.sw_loss": made(swref.sw_loss, **SLICED),
    "swref.sw_losses": made(swref.sw_losses, **SLICED),
    "swref.sw_matrix": made(
        swref.sw_matrix, clouds=[[[0.0, 1.0]], [[1.0, 1.0]]], theta=np.eye(2), others=[[[0.0, 2.0]]], p=2.0
    ),
    "swref.sw_pairs": made(
        swref.sw_pairs,
        {"wrt": of("empty list")},
        **{name: value if name in ("theta", "p", "backend") else value[None] for name, value in SLICED.items()},
        wrt="x",
    ),
    "swref.sw_loss_and_grad": made(swref.sw_loss_and_grad, {"wrt": of("empty list")}, **SLICED, wrt="x"),
    "swref.sw_estimate": made(
        swref.sw_estimate, x=X, y=Y, rng=0, L=3, p=2.0, x_weights=W, y_weights=W, backend="cpu"
    ),
    "swref.sliced_wasserstein_distance": made(
        swref.sliced_wasserstein_distance,
        X_s=X, X_t=Y, a=W, b=W, n_projections=3, p=2, projections=None, seed=0, log=False, scaler=None,
    ),
    "POT with projections": made(
        swref.sliced_wasserstein_distance,
        X_s=X, X_t=Y, a=W, b=W, n_projections=3, p=2, projections=THETA, seed=0, log=True, scaler=np.abs,
    ),
    "swref.sliced.loss_and_gradient_in_x": made(sliced.loss_and_gradient_in_x, backend="numpy", p=2.0),
    "swref.sgd": lambda folder: Call(
        swref.sgd,
        {
            "net": NET, "source": LAW, "target": DOTS, "u0": NET.init(0), "step": 0.1, "batch": 2, "steps": 1,
            "directions": 1, "noise": 0.0, "radius": math.inf, "p": 2.0, "seed": 0, "backend": "numpy",
            "scheme": "uniform", "schedule": None, "start": 0,
        },
        use=next,
    ),
    "swref.project_on_ball": made(swref.project_on_ball, {"u": of("empty list")}, u=U, r=1.0),
    "swref.CutOff": made(swref.CutOff, net=NET, r_u=3.0, r_x=5.0, eps=1.0),
    "swref.MLP": made(swref.MLP, sizes=(2, 3, 1), activation="tanh", output_activation="identity"),
    "swref.Particles": made(swref.Particles, m=3, d=2),
    "swref.SkipNet": made(
        swref.SkipNet,
        {"shared": EMPTY},
        sizes=(2, 3, 1), activation="tanh", output_activation="identity",
        connections=((1, 0), (2, 1)), shared=(),
    ),
    "swref.networks.activation": made(networks.activation, {}, {"name": "activation"}, name="tanh"),
    "swref.networks.check_network": made(networks.check_network, {}, {}, NAME, name="net", net=NET),
    "swref.networks.namespace": made(networks.namespace, {"array": ARRAYS}, array=X),
    "swref.Discrete": made(swref.Discrete, points=X, weights=W, names=("a", "b")),
    "swref.Gaussian": made(swref.Gaussian, mean=[0.0, 1.0], covariance=np.eye(2)),
    "swref.Shape": made(swref.Shape, name="moons", noise=0.1),
    "swref.Standardize": made(
        swref.Standardize,
        {"transform": of("empty list", "no points")},
        mean=[0.0, 1.0],
        scale=[1.0, 2.0],
        rest=None,
        transform=["log", "none"],
    ),
    "swref.Uniform": made(swref.Uniform, shape="ball", dim=2, radius=1.0, center=None),
    "swref.load_measure": made(
        swref.load_measure,
        dict.fromkeys(("sep", "decimal", "header", "encoding"), of("empty text")) | {"missing": NONE},
        {"name_or_path": "name_or_path|measure must"},
        name_or_path="penguins", columns=["body_mass_g"], label="measure", sep=None, decimal=None, header=None,
        encoding=None, missing="drop",
    ),
    "swref.standardized": made(swref.standardized, measure=LAW, transform=swref.Standardize([0.0, 1.0], [1.0, 2.0])),
    "swref.measures.check_discrete_ends": made(measures.check_discrete_ends, net=NET, source=DOTS, target=DOTS),
    "swref.measures.check_ends": made(measures.check_ends, net=NET, source=LAW, target=DOTS),
    "swref.measures.check_end": made(
        measures.check_end, {}, {"value": "source"}, NAME, name="source", value=LAW, dim=2
    ),
    "swref.measures.as_measure": made(measures.as_measure, {}, {"value": "source"}, NAME, name="source", value=LAW),
    "swref.measures.support_of": made(measures.support_of, measure=LAW),
    "swref.measures.measure_names": made(measures.measure_names),
    "swref.distance_between": made(
        swref.distance_between,
        a=DOTS, b=LAW, directions=3, p=2.0, n=4, scheme="uniform", seed=0, backend="numpy", gradient=False,
        standardize="none",
    ),
    "swref.distributed.gradient": made(
        distributed.gradient,
        {**dict.fromkeys(("x", "y"), PATH), **dict.fromkeys(("x_weights", "y_weights"), PATH | NONE)},
        x=X, y=Y, theta=THETA, p=2.0, bits=8, x_weights=W, y_weights=W,
    ),
    "swref.distributed.sw": made(
        distributed.sw,
        {
            **dict.fromkeys(("x", "y"), PATH), **dict.fromkeys(("x_weights", "y_weights"), PATH | NONE),
            "memory": LARGE | NONE, "columns": NONE, "executor": NONE,
        },
        x=X, y=Y, theta=THETA, p=2.0, tolerance=1e-3, tier="certified", memory=None, columns=None, x_weights=W,
        y_weights=W, executor=None,
    ),
    "swref.get_num_threads": made(swref.get_num_threads),
    "swref.set_num_threads": made(swref.set_num_threads, count=1),
    # theory
    "swref.ExactLoss": made(swref.ExactLoss, net=CLOUD, p=2.0, **EXACT),
    "swref.population_sw": made(
        swref.population_sw,
        z=X, w=Y, batch=2, z_weights=W, w_weights=W, p=2.0, accuracy=1e-4, max_directions=100, seed=0,
    ),
    "swref.population_loss": made(swref.population_loss, net=CLOUD, u=U, p=2.0, seed=0, **EXACT),
    "swref.population_loss_and_grad": made(swref.population_loss_and_grad, net=CLOUD, u=U, p=2.0, seed=0, **EXACT),
    "swref.Trajectory": made(swref.Trajectory, times=[0.0, 1.0], points=[[0.0], [1.0]]),
    "swref.interpolate": made(swref.interpolate, iterates=X, alpha=0.5, u0=[0.0, 0.0]),
    "swref.distance_c": made(swref.distance_c, v=CURVE, w=CURVE, k_max=2),
    "swref.gradient_flow": made(
        swref.gradient_flow,
        net=CLOUD, u0=U, horizon=0.1, radius=math.inf, p=2.0, rtol=1e-3, atol=1e-3, max_evaluations=1000, **EXACT,
    ),
    "swref.kkt_residual": made(swref.kkt_residual, net=CLOUD, u=U, radius=math.inf, **EXACT),
    "swref.natural_residual": made(swref.natural_residual, net=CLOUD, u=U, radius=math.inf, **EXACT),
    "swref.distance_to_critical": made(
        swref.distance_to_critical,
        net=CLOUD, u=U, radius=math.inf, tolerance=1e-6, starts=0, spread=0.1, seed=0, **EXACT,
    ),
    "swref.clarke_vertices": made(
        swref.clarke_vertices, x=X, y=Y, theta=[1.0, 0.0], p=2.0, tie=1e-12, max_vertices=10
    ),
    "swref.check_assumptions": made(
        swref.check_assumptions,
        net=CLOUD, source=swref.Discrete(CLOUD.indices()), target=DOTS, noise=0.1, radius=2.0, batch=2, p=2.0,
        schedule=None, step=0.1,
    ),
    "swref.theorem_constants": made(
        swref.theorem_constants,
        net=CLOUD, source=swref.Discrete(CLOUD.indices()), target=DOTS, batch=2, delta=0.5, u0=U, p=2.0, seed=0,
        tries=1,
    ),
    "swref.theory.step_bounds": made(
        theory.step_bounds, net=CLOUD, source=swref.Discrete(CLOUD.indices()), target=DOTS, M=1.0, radius=2.0, seed=0
    ),
    "swref.network_bounds": made(swref.network_bounds, net=NET, radius=2.0, input_radius=1.0),
    "swref.alpha_0": made(swref.alpha_0, d=2, target_radius=3.0, n_params=10, M=0.5),
    "swref.theory.alpha_0_sharp": made(
        theory.alpha_0_sharp, bounds=swref.network_bounds(NET, 2.0, 1.0), target_radius=1.0
    ),
    "swref.k_w": made(swref.k_w, n=10, rho=1.0, x_norm=2.0, y_norm=3.0, p=2.0, printed=False),
    "swref.k_f": made(swref.k_f, n=10, lip=2.0, delta=0.5, t_norm=2.0, y_norm=3.0, p=2.0, printed=False),
    "swref.k_F": made(
        swref.k_F,
        net=CLOUD, u0=U, source=swref.Discrete(CLOUD.indices()), target=DOTS, batch=2, lip=1.0, delta=1.0, p=2.0,
        printed=False,
    ),
    "swref.cells": made(swref.cells, theta=THETA),
    "swref.count_cells": made(swref.count_cells, theta=THETA),
    "swref.stable_cells": made(swref.stable_cells, theta=THETA, z=X[:2]),
    "swref.theory.block_coordinate_descent": made(
        theory.block_coordinate_descent, y=X, z=Y, theta=THETA, tolerance=1e-3, max_iterations=3
    ),
    "swref.theory.cloud_energy": made(theory.cloud_energy, y=X, z=Y, seed=0),
    "swref.theory.cloud_hessian": made(theory.cloud_hessian, y=X, z=Y),
    "swref.theory.fixed_point_map": made(theory.fixed_point_map, y=X, z=Y, seed=0),
    "swref.theory.fixed_point_iteration": made(
        theory.fixed_point_iteration, y=X, z=Y, tolerance=1e-3, max_iterations=3
    ),
    # runs
    "swref.TrainConfig": made(
        runs.TrainConfig,
        dict.fromkeys(("sep", "decimal", "encoding"), of("empty text"))
        | dict.fromkeys(("source_sha256", "target_sha256"), TEXT)
        | {"header": PATH | FLAG}
        | dict.fromkeys(("hidden", "track", "columns", "transform"), EMPTY)
        | {"columns": EMPTY | TEXT, "init_radius": of("inf")}
        | dict.fromkeys(("source", "target"), TEXT),
        **CONFIG,
    ),
    "swref.runs.RunFolder": made(runs.RunFolder, path="no-such-folder"),
    "swref.runs.next_folder": made(runs.next_folder, {"target": TEXT}, root="no-such-folder", target="moons"),
    "swref.runs.claimed_folder": lambda folder: Call(
        runs.claimed_folder, {"root": folder, "target": "moons"}, {"target": TEXT}, use=lambda context:
        context.__enter__()
    ),
    "swref.runs.open_run": lambda folder: Call(runs.open_run, {"path": run_folder(folder)}),
    "a run's sample": lambda folder: Call(swref.load_run(run_folder(folder)).sample, {"n": 2, "seed": 0}),
    "swref.runs.resume": lambda folder: Call(
        runs.resume,
        {"path": run_folder(folder), "steps": 2, "progress": None, "started": None, "target": None, "source": None},
        DATA,
    ),
    "swref.train": lambda folder: Call(
        swref.train,
        {
            "config": SHORT, "target": X, "source": None, "out": folder / "new", "progress": None, "tell": None,
            "hidden": (2,), "batch": 2, "steps": 2, "as_in_paper": False, "minutes": None,
        },
        {"out": PATH, "target": NAMED, "source": NAMED, "hidden": of("empty list")},
        own=frozenset({"minutes"}),  # a legal one trains as long as it says: tests/runs/test_choice.py
    ),
    "swref.load_run": lambda folder: Call(swref.load_run, {"path": run_folder(folder)}),
    "swref.save_run": lambda folder: Call(
        swref.save_run,
        {
            "out": folder / "own", "iterates": LOOP, "net": NET, "source": DOTS, "target": DOTS, "step": 0.1,
            "batch": 2, "held_out": None, "units": None,
        },
        {"out": PATH},
    ),
    "swref.sweep": lambda folder: Call(
        swref.sweep,
        {
            "plan": sweep_plan(folder), "out": folder / "sweep", "workers": 1, "scheduler": None, "cluster": None,
            "threads": 1, "progress": None,
        },
        {"plan": NAMED | of("empty text"), "out": PATH, "cluster": PATH},
        {"plan": "plan|configuration key"},
        own=frozenset({"workers"}),  # legal ones are processes: tests/runs/executors/test_place.py
    ),
    "swref.load_sweep": lambda folder: Call(swref.load_sweep, {"path": sweep_folder(folder)}),
    "swref.runs.replayed": lambda folder: Call(runs.replayed, {"path": run_folder(folder) / "config.toml"}),
    "swref.two_sample_test": made(
        swref.two_sample_test,
        x=X, y=Y, directions=2, p=2.0, permutations=9, n=4, standardize="none", scheme="uniform", seed=0,
    ),
    "swref.measures.described": made(measures.described, measure=LAW),
    "swref.plots.losses_figure": made(plots.losses_figure, runs={"a": ([1, 2], [1.0, 0.5])}, title=""),
    "swref.runs.train": lambda folder: Call(
        runs.train,
        {"config": SHORT, "path": folder / "new"}
        | dict.fromkeys(("progress", "target", "source", "tell", "started")),
        DATA,
    ),
    # crosscheck
    "swref.crosscheck.ArgumentsCase": made(crosscheck.ArgumentsCase, {"name": TEXT}, **CASE, make=make_inputs),
    "swref.crosscheck.RefusalCase": made(
        crosscheck.RefusalCase, {"name": TEXT}, **CASE, make=make_inputs, fault="empty-x"
    ),
    "swref.crosscheck.CallsCase": made(
        crosscheck.CallsCase, {"name": TEXT}, **CASE, make=make_inputs, direction_free=False, repeats=2
    ),
    "swref.crosscheck.Case": made(
        crosscheck.Case, {"name": TEXT}, **CASE, make=make_inputs, expect="answer", closed_form=1.0,
        direction_free=False
    ),
    "swref.crosscheck.DrawsCase": made(
        crosscheck.DrawsCase, {"name": TEXT, "value": CALLABLE}, **CASE, make=make_inputs, value=lambda inputs: 0.0
    ),
    "swref.crosscheck.MeanCase": made(
        crosscheck.MeanCase,
        {"name": TEXT, "value": CALLABLE, "gradient": CALLABLE},
        **CASE, make=make_inputs, value=lambda inputs: 0.0, gradient=lambda inputs: inputs.x
    ),
    "swref.crosscheck.NetworkCase": made(
        crosscheck.NetworkCase, {"name": TEXT}, **CASE, net=NET, make=make_inputs, alpha=0.1, noise=0.0, radius=math.inf
    ),
    "swref.crosscheck.RelationCase": made(
        crosscheck.RelationCase, {"name": TEXT}, **CASE, make=make_inputs, factor=1.0, same_directions=True
    ),
    "swref.crosscheck.TraceCase": made(
        crosscheck.TraceCase, {"name": TEXT}, **CASE, net=NET, steps=2, batch=2, directions=1, alpha=0.1, noise=0.0,
        radius=math.inf,
        p=2.0,
        rule="sgd",
    ),
    "swref.crosscheck.Convention": made(
        crosscheck.Convention, returns="sw_pp", directions="ld", points="mean", slices="mean", factor=1.0
    ),
    "swref.crosscheck.Inputs": made(
        crosscheck.Inputs, {"theta": of("nan array")}, x=X, y=Y, theta=THETA, p=2.0, x_weights=W, y_weights=W,
        dtype="float64"
    ),
    "swref.crosscheck.Target": made(
        crosscheck.Target,
        {"name": TEXT},
        name="numpy", returns="sw_pp", directions="ld", gradient="none", points="mean", slices="mean", factor=1.0,
        dtypes=("float64",),
    ),
    "swref.crosscheck.cases": made(
        lambda tag, without: crosscheck.cases(tag, without=without),
        {"without": of("empty list", "no points")},
        tag="ties", without=("large",),
    ),
    "swref.crosscheck.find": made(crosscheck.find, {}, {"name": "case"}, name="one-point-p2"),
    "swref.crosscheck.check": made(
        crosscheck.check,
        function=swref.sw_loss, case=crosscheck.find("one-point-p2"), returns="sw_pp", directions="ld",
        gradient="none", points="mean", slices="mean",
    ),
    "swref.crosscheck.run": made(
        crosscheck.run,
        {"cases": of("empty list"), "levels": of("empty list", "no points"), "memory": POSITIVE},
        target=crosscheck.Target("command:no-such-program"), cases=(), seconds=20.0, loading_seconds=60.0,
        memory=8.0, levels=(), progress=None,
    ),
    # plots
    "swref.plots.new_figure": made(plots.new_figure, width="single", height_ratio=0.5, nrows=1, ncols=1),
    "swref.plots.style": lambda folder: Call(plots.style, {}, use=lambda context: None),
    "swref.plots.formula_svg": made(plots.formula_svg, {"tex": of("text", "numpy string")}, tex="x", size=12.0),
    "swref.plots.plain": made(
        plots.plain, {"text": TEXT}, text="x"
    ),
    "swref.plots.square_side": made(plots.square_side, d=64),
    "swref.plots.image_grid_figure": made(
        plots.image_grid_figure, {}, {"height": "height|target must", "width": "width|target must"},
        target=np.eye(4), generated=np.eye(4), height=2, width=2, count=2, title=""
    ),
    "swref.plots.loss_figure": made(
        plots.loss_figure, steps=[1, 2], loss=[1.0, 0.5], floor=0.1, floor_label="floor", title=""
    ),
    "swref.plots.running_mean": made(plots.running_mean, values=[1.0, 2.0], share=0.5),
    "swref.plots.thin_extremes": made(plots.thin_extremes, values=[1.0, 2.0, 3.0, 4.0, 5.0], limit=4),
    "swref.plots.columns_figure": made(
        plots.columns_figure, held_out=X, generated=Y, names=["a", "b"], order=[1, 0], title=""
    ),
    "swref.plots.samples_figure": made(
        plots.samples_figure, target=X, generated=Y, names=["a", "b"], equal=True, title=""
    ),
    "swref.plots.track_figure": made(
        plots.track_figure,
        s=[0.0, 1.0], natural_residual=[1.0, 0.5], gap=[0.0, 0.1], dc_lower=[0.0, 0.1], dc_upper=[0.1, 0.2], title="",
    ),
    "swref.plots.save_figure": lambda folder: Call(
        plots.save_figure, {"figure": plots.new_figure()[0], "path": folder / "a.svg"}
    ),
    "swref.plots.symlog_axis": lambda folder: Call(
        plots.symlog_axis, {"axes": plots.new_figure()[1][0, 0], "threshold": 0.5, "label": "step"}
    ),
    "swref.plots.draw_band": lambda folder: Call(
        plots.draw_band,
        {
            "axes": plots.new_figure()[1][0, 0], "x": [0.0, 1.0], "samples": [[0.0, 1.0], [1.0, 2.0]],
            "color": "black", "label": "a", "share": 0.8,
        },
        {"samples": of("nan array")},
    ),
    "swref.plots.draw_heat_map": lambda folder: Call(
        plots.draw_heat_map,
        {
            "axes": plots.new_figure()[1][0, 0], "values": [[0.0, 1.0]], "rows": ["a"], "columns": ["b", "c"],
            "logarithmic": False, "form": ".2g",
        },
        {"form": of("empty text")},
    ),
    "swref.plots.draw_intervals": lambda folder: Call(
        plots.draw_intervals,
        {
            "axes": plots.new_figure()[1][0, 0], "x": [0.0, 1.0], "value": [1.0, 2.0], "low": [0.5, 1.0],
            "high": [2.0, 3.0], "index": 0,
        },
    ),
    "swref.experiments.load": made(experiments.load, {}, {"name": "experiment"}, name="flow"),
}  # fmt: skip

RESULTS: Final = [
    "AssumptionReport",
    "Cells",
    "ClarkeVertices",
    "ConstantReport",
    "Constants",
    "CriticalPoint",
    "Distance",
    "GradientFlow",
    "Iterate",
    "KKTResidual",
    "NetworkBounds",
    "PopulationSW",
    "SampledCurve",
    "StableCells",
    "theory.Descent",
    "theory.StepBounds",
    "runs.HeldOutDistances",
    "runs.Problem",
    "runs.Summary",
    "runs.Generated",
    "runs.Choice",
    "Run",
    "Sampling",
    "Sweep",
    "TwoSampleTest",
    "distributed.Certified",
    "distributed.GradientBlock",
    "crosscheck.Judgement",
    "crosscheck.Outcome",
    "crosscheck.Report",
    "experiments.Recipe",
]
PROTOCOL: Final = "a protocol or an abstract class: it has no instances"
UNCHECKED: Final = {
    **dict.fromkeys((f"swref.{name}" for name in RESULTS), "what a function returns: nobody makes one"),
    **dict.fromkeys(
        ["swref.Network", "swref.Measure", "swref.crosscheck.Adapter", "swref.crosscheck.AnyCase"], PROTOCOL),
    "swref.Support": "what a measure says of itself: support_of looks at it",
    "swref.SwrefError": "an exception",
    "swref.runs.chosen": "what swref.train calls with arguments that it has looked at",
    "swref.runs.train_chosen": "the same",
    "swref.networks.Activation": "a line of the table of activations",
    "swref.crosscheck.Evaluation": "what an adapter returns: its answer is judged",
}  # fmt: skip
