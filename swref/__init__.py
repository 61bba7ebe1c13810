"""swref: the reference implementation of SGD for neural networks with sliced Wasserstein losses.

Public names load on first use: `import swref` imports nothing.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# What loads on first use, by the room that it comes from.
_NAMES = {
    "swref.sliced": (
        "sliced_wasserstein_distance",
        "sw_estimate",
        "sw_loss",
        "sw_loss_and_grad",
        "sw_losses",
        "sw_matrix",
        "sw_pairs",
    ),
    "swref.networks": ("CutOff", "MLP", "Network", "Particles", "SkipNet"),
    "swref.measures": (
        "Discrete",
        "Gaussian",
        "Measure",
        "Shape",
        "Standardize",
        "Support",
        "Uniform",
        "load_measure",
        "standardized",
    ),
    "swref.directions": ("directions",),
    "swref.sgd": ("Iterate", "project_on_ball", "sgd"),
    "swref.distance": ("Distance", "distance_between"),
    "swref.inference": ("Sampling", "TwoSampleTest", "two_sample_test"),
    "swref.theory": (
        "AssumptionReport",
        "Cells",
        "ClarkeVertices",
        "ConstantReport",
        "Constants",
        "CriticalPoint",
        "ExactLoss",
        "GradientFlow",
        "KKTResidual",
        "NetworkBounds",
        "PopulationSW",
        "SampledCurve",
        "StableCells",
        "Trajectory",
        "alpha_0",
        "cells",
        "check_assumptions",
        "clarke_vertices",
        "count_cells",
        "distance_c",
        "distance_to_critical",
        "gradient_flow",
        "interpolate",
        "k_f",
        "k_F",
        "k_w",
        "kkt_residual",
        "natural_residual",
        "network_bounds",
        "population_loss",
        "population_loss_and_grad",
        "population_sw",
        "stable_cells",
        "theorem_constants",
    ),
    "swref.runs": ("Run", "TrainConfig"),
    "swref.runs.api": ("load_run", "save_run", "train"),
    "swref.runs.sweep": ("Sweep", "load_sweep", "sweep"),
    "swref.kernels.threads": ("get_num_threads", "set_num_threads"),
    "swref.errors": ("SwrefError",),
}
_HOME = {name: room for room, names in _NAMES.items() for name in names}

__all__ = ["__version__", *_HOME]

if TYPE_CHECKING:
    from swref.directions import directions as directions
    from swref.distance import Distance as Distance
    from swref.distance import distance_between as distance_between
    from swref.errors import SwrefError as SwrefError
    from swref.inference import Sampling as Sampling
    from swref.inference import TwoSampleTest as TwoSampleTest
    from swref.inference import two_sample_test as two_sample_test
    from swref.kernels.threads import get_num_threads as get_num_threads
    from swref.kernels.threads import set_num_threads as set_num_threads
    from swref.measures import Discrete as Discrete
    from swref.measures import Gaussian as Gaussian
    from swref.measures import Measure as Measure
    from swref.measures import Shape as Shape
    from swref.measures import Standardize as Standardize
    from swref.measures import Support as Support
    from swref.measures import Uniform as Uniform
    from swref.measures import load_measure as load_measure
    from swref.measures import standardized as standardized
    from swref.networks import MLP as MLP
    from swref.networks import CutOff as CutOff
    from swref.networks import Network as Network
    from swref.networks import Particles as Particles
    from swref.networks import SkipNet as SkipNet
    from swref.runs import Run as Run
    from swref.runs import TrainConfig as TrainConfig
    from swref.runs.api import load_run as load_run
    from swref.runs.api import save_run as save_run
    from swref.runs.api import train as train
    from swref.runs.sweep import Sweep as Sweep
    from swref.runs.sweep import load_sweep as load_sweep
    from swref.runs.sweep import sweep as sweep
    from swref.sgd import Iterate as Iterate
    from swref.sgd import project_on_ball as project_on_ball
    from swref.sgd import sgd as sgd
    from swref.sliced import sliced_wasserstein_distance as sliced_wasserstein_distance
    from swref.sliced import sw_estimate as sw_estimate
    from swref.sliced import sw_loss as sw_loss
    from swref.sliced import sw_loss_and_grad as sw_loss_and_grad
    from swref.sliced import sw_losses as sw_losses
    from swref.sliced import sw_matrix as sw_matrix
    from swref.sliced import sw_pairs as sw_pairs
    from swref.theory import AssumptionReport as AssumptionReport
    from swref.theory import Cells as Cells
    from swref.theory import ClarkeVertices as ClarkeVertices
    from swref.theory import ConstantReport as ConstantReport
    from swref.theory import Constants as Constants
    from swref.theory import CriticalPoint as CriticalPoint
    from swref.theory import ExactLoss as ExactLoss
    from swref.theory import GradientFlow as GradientFlow
    from swref.theory import KKTResidual as KKTResidual
    from swref.theory import NetworkBounds as NetworkBounds
    from swref.theory import PopulationSW as PopulationSW
    from swref.theory import SampledCurve as SampledCurve
    from swref.theory import StableCells as StableCells
    from swref.theory import Trajectory as Trajectory
    from swref.theory import alpha_0 as alpha_0
    from swref.theory import cells as cells
    from swref.theory import check_assumptions as check_assumptions
    from swref.theory import clarke_vertices as clarke_vertices
    from swref.theory import count_cells as count_cells
    from swref.theory import distance_c as distance_c
    from swref.theory import distance_to_critical as distance_to_critical
    from swref.theory import gradient_flow as gradient_flow
    from swref.theory import interpolate as interpolate
    from swref.theory import k_F as k_F
    from swref.theory import k_f as k_f
    from swref.theory import k_w as k_w
    from swref.theory import kkt_residual as kkt_residual
    from swref.theory import natural_residual as natural_residual
    from swref.theory import network_bounds as network_bounds
    from swref.theory import population_loss as population_loss
    from swref.theory import population_loss_and_grad as population_loss_and_grad
    from swref.theory import population_sw as population_sw
    from swref.theory import stable_cells as stable_cells
    from swref.theory import theorem_constants as theorem_constants


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'swref' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value  # the next look-up finds it without coming here
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


class _Package(ModuleType):
    """Keeps the names of functions from the modules that define them: an import binds a module in its package."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (isinstance(value, ModuleType) and name in _HOME):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
