"""Measures: what a batch is drawn from. Discrete data, closed-form laws, 2-D shapes, and the user's own files."""

from swref.measures.base import Measure, Support, described, support_of
from swref.measures.catalog import load_measure, measure_names
from swref.measures.discrete import Discrete
from swref.measures.given import as_measure, check_discrete_ends, check_end, check_ends
from swref.measures.laws import Gaussian, Uniform
from swref.measures.shapes import Shape
from swref.measures.standardize import Standardize, standardized

__all__ = [
    "Discrete",
    "Gaussian",
    "Measure",
    "Shape",
    "Standardize",
    "Support",
    "Uniform",
    "as_measure",
    "check_discrete_ends",
    "check_end",
    "check_ends",
    "described",
    "load_measure",
    "measure_names",
    "standardized",
    "support_of",
]
