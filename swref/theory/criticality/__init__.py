"""How far u is from critical (Theorem 2): subdifferentials, residuals, the nearest critical point."""

from swref.theory.criticality.clarke import ClarkeVertices, clarke_vertices
from swref.theory.criticality.kkt import KKTResidual, kkt_residual, natural_residual
from swref.theory.criticality.search import CriticalPoint, distance_to_critical

__all__ = [
    "ClarkeVertices",
    "CriticalPoint",
    "KKTResidual",
    "clarke_vertices",
    "distance_to_critical",
    "kkt_residual",
    "natural_residual",
]
