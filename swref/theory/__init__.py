"""The theory as numbers: the exact population loss, point clouds under it, trajectories and their distance.

Source: Tanguy (TMLR 2023, arXiv 2307.11714) and its companion on discrete measures (arXiv 2307.10352).
"""

from swref.theory.clouds import (
    Descent,
    block_coordinate_descent,
    cloud_energy,
    cloud_hessian,
    fixed_point_iteration,
    fixed_point_map,
)
from swref.theory.population import PopulationSW, population_loss, population_loss_and_grad, population_sw
from swref.theory.trajectories import Trajectory, distance_c, interpolate

__all__ = [
    "Descent",
    "PopulationSW",
    "Trajectory",
    "block_coordinate_descent",
    "cloud_energy",
    "cloud_hessian",
    "distance_c",
    "fixed_point_iteration",
    "fixed_point_map",
    "interpolate",
    "population_loss",
    "population_loss_and_grad",
    "population_sw",
]
