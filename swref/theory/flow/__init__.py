"""Where SGD goes (Theorem 1): the gradient flow of F, curves in parameter space and their distance d_c."""

from swref.theory.flow.solver import GradientFlow, SampledCurve, gradient_flow
from swref.theory.flow.trajectories import Trajectory, distance_c, interpolate

__all__ = [
    "GradientFlow",
    "SampledCurve",
    "Trajectory",
    "distance_c",
    "gradient_flow",
    "interpolate",
]
