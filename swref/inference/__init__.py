"""How certain a distance between two samples is: the permutation test, what drawing the samples adds to it; and
how certain a number is that was measured repeatedly (`statistics`)."""

from swref.inference.sampling import Sampling
from swref.inference.two_sample import TwoSampleTest, two_sample_test

__all__ = ["Sampling", "TwoSampleTest", "two_sample_test"]
