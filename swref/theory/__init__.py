"""The theory as numbers: the exact population loss, point clouds under it, trajectories and their distance.

Source: Tanguy (TMLR 2023, arXiv 2307.11714) and its companion on discrete measures (arXiv 2307.10352).
"""

from swref.theory.arrangement import Cells, StableCells, cells, count_cells, stable_cells
from swref.theory.assumptions import AssumptionReport, check_assumptions
from swref.theory.clarke import ClarkeVertices, clarke_vertices
from swref.theory.clouds import (
    Descent,
    block_coordinate_descent,
    cloud_energy,
    cloud_hessian,
    fixed_point_iteration,
    fixed_point_map,
)
from swref.theory.constants import ConstantReport, Constants, alpha_0, k_F, k_f, k_w, theorem_constants
from swref.theory.critical import CriticalPoint, distance_to_critical
from swref.theory.flow import GradientFlow, SampledCurve, gradient_flow
from swref.theory.kkt import KKTResidual, kkt_residual, natural_residual
from swref.theory.layerwise import NetworkBounds, network_bounds
from swref.theory.population import PopulationSW, population_loss, population_loss_and_grad, population_sw
from swref.theory.trajectories import Trajectory, distance_c, interpolate

__all__ = [
    "AssumptionReport",
    "Cells",
    "ClarkeVertices",
    "ConstantReport",
    "Constants",
    "CriticalPoint",
    "Descent",
    "GradientFlow",
    "KKTResidual",
    "NetworkBounds",
    "PopulationSW",
    "SampledCurve",
    "StableCells",
    "Trajectory",
    "alpha_0",
    "block_coordinate_descent",
    "cells",
    "check_assumptions",
    "clarke_vertices",
    "cloud_energy",
    "cloud_hessian",
    "count_cells",
    "distance_c",
    "distance_to_critical",
    "fixed_point_iteration",
    "fixed_point_map",
    "gradient_flow",
    "interpolate",
    "k_F",
    "k_f",
    "k_w",
    "kkt_residual",
    "natural_residual",
    "network_bounds",
    "population_loss",
    "population_loss_and_grad",
    "population_sw",
    "stable_cells",
    "theorem_constants",
]
