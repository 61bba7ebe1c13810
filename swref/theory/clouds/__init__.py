"""Point clouds as variables: E(Y) and its descent, E_L over fixed directions and its cells."""

from swref.theory.clouds.arrangement import Cells, StableCells, cells, count_cells, stable_cells
from swref.theory.clouds.energy import (
    Descent,
    block_coordinate_descent,
    cloud_energy,
    cloud_hessian,
    fixed_point_iteration,
    fixed_point_map,
)

__all__ = [
    "Cells",
    "Descent",
    "StableCells",
    "block_coordinate_descent",
    "cells",
    "cloud_energy",
    "cloud_hessian",
    "count_cells",
    "fixed_point_iteration",
    "fixed_point_map",
    "stable_cells",
]
