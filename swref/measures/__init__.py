"""Measures: what a batch is drawn from. Discrete data, closed-form laws, 2-D shapes, and the user's own files."""

from swref.measures.base import Measure
from swref.measures.catalog import load_measure, measure_names
from swref.measures.discrete import Discrete
from swref.measures.laws import Gaussian, Uniform
from swref.measures.shapes import Shape
from swref.measures.standardize import Standardize, standardized

__all__ = [
    "Discrete",
    "Gaussian",
    "Measure",
    "Shape",
    "Standardize",
    "Uniform",
    "load_measure",
    "measure_names",
    "standardized",
]
