"""The frame of the bins: centre and unit of each direction, common to both clouds, from a small sample of each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from swref.kernels.cpu.rows import project

# So that neither the unit's reciprocal nor its square leaves the range of floats.
EXPONENTS: Final = -500, 500
MOST_VALUES, REACH = 0.999, 40  # of the sample, and the octaves of the bins that they may take; 24 are for the others


@dataclass(frozen=True)
class Frame:
    """What both clouds' tables have in common: z = (theta . (x - centre) - centres) / units, and the bits of a bin.

    Whatever the numbers are, bounds hold: near the median and a quarter of the median deviation they are narrow.
    """

    theta: np.ndarray  # [L, d] float64
    centre: np.ndarray  # [d]
    centres: np.ndarray  # [L]
    units: np.ndarray  # [L], powers of two
    bits: int  # of a float32 mantissa that tell bins apart: 2^bits bins an octave

    @classmethod
    def of(cls, samples: list[np.ndarray], theta: np.ndarray, bits: int) -> Frame:
        """The frame of clouds of which samples [n, d] are given.

        >>> Frame.of([np.array([[0.0], [8.0]]), np.array([[4.0]])], np.ones((1, 1)), 8).units
        array([1.])
        """
        points = np.concatenate(samples).astype(np.float64)  # [n, d]
        theta = np.ascontiguousarray(theta, np.float64)
        centre = np.median(points, axis=0)
        v = np.empty((len(theta), len(points)))  # [L, n], by the one product whose bits no thread changes
        project(np.ascontiguousarray((points - centre).T), theta, v)
        centres = np.median(v, axis=1)
        exponents = [_exponent(np.sort(row)) for row in np.abs(v - centres[:, None])]
        units = np.ldexp(1.0, np.clip(exponents, *EXPONENTS))
        return cls(theta, centre, centres, units, bits)

    def part(self, directions: np.ndarray, bits: int) -> Frame:
        """That of some of the directions, with other bins."""
        return Frame(self.theta[directions], self.centre, self.centres[directions], self.units[directions], bits)


def _exponent(off: np.ndarray) -> int:
    """Of the unit: a quarter of the median deviation, if need be of those that are not 0; but not so small that more
    than a few values are beyond the bins."""
    spread = np.median(off) or np.median(off[off > 0] if off[-1] > 0 else 4.0)
    most = off[int(MOST_VALUES * (len(off) - 1))]
    return max(math.frexp(spread / 4)[1] - 1, math.frexp(most)[1] - REACH if most > 0 else EXPONENTS[0])
