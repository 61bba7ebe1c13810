"""What the theorems ask: the assumptions A1 to A7 and the constants, for a network and two measures."""

from swref.theory.assumptions.constants import ConstantReport, Constants, k_F, k_f, k_w, theorem_constants
from swref.theory.assumptions.layerwise import NetworkBounds, network_bounds
from swref.theory.assumptions.report import AssumptionReport, check_assumptions
from swref.theory.assumptions.steps import StepBounds, alpha_0, alpha_0_sharp, step_bounds

__all__ = [
    "AssumptionReport",
    "ConstantReport",
    "Constants",
    "NetworkBounds",
    "StepBounds",
    "alpha_0",
    "alpha_0_sharp",
    "check_assumptions",
    "k_F",
    "k_f",
    "k_w",
    "network_bounds",
    "step_bounds",
    "theorem_constants",
]
