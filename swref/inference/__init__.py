"""How certain a distance between two samples is: the permutation test, and what drawing the samples adds to it."""

from swref.inference.sampling import Sampling
from swref.inference.two_sample import TwoSampleTest, two_sample_test

__all__ = ["Sampling", "TwoSampleTest", "two_sample_test"]
