"""Compiled: W_p^p of two sorted rows that come in pieces, to the bits of the kernels that hold them whole.

And the exact counts of projections by their leading bits, from which pieces of a known size follow.
"""

from __future__ import annotations

import numpy as np

from swref.kernels.bodies import INT64_MAX, power_cost_and_slope
from swref.kernels.policy import body, compiled

LEADING = 20  # bits: 2048 ranges an octave of float32, 256 of float64


@compiled
def add_costs(xs, ys, p, k, n, lanes):
    """Add |x - y|^p of the pairs k, k + 1, ... of n to the four lanes of swref.kernels.cpu.rows.match_equal."""
    i, whole = 0, n - n % 4
    while i < xs.size and (k + i) % 4 != 0:
        lanes[(k + i) % 4 if k + i < whole else 0] += power_cost_and_slope(np.float64(xs[i] - ys[i]), p)[0]
        i += 1
    a, b, c, d = lanes[0], lanes[1], lanes[2], lanes[3]
    quads = max(0, (min(xs.size, whole - k) - i) // 4)
    x4, y4 = xs[i:], ys[i:]
    for q in range(quads):
        a += power_cost_and_slope(np.float64(x4[4 * q] - y4[4 * q]), p)[0]
        b += power_cost_and_slope(np.float64(x4[4 * q + 1] - y4[4 * q + 1]), p)[0]
        c += power_cost_and_slope(np.float64(x4[4 * q + 2] - y4[4 * q + 2]), p)[0]
        d += power_cost_and_slope(np.float64(x4[4 * q + 3] - y4[4 * q + 3]), p)[0]
    lanes[0], lanes[1], lanes[2], lanes[3] = a, b, c, d
    first = i + 4 * quads
    for i in range(first, xs.size):
        lanes[(k + i) % 4 if k + i < whole else 0] += power_cost_and_slope(np.float64(xs[i] - ys[i]), p)[0]


@compiled
def add_stairs(xs, x_masses, x_mass, i, ys, y_masses, y_mass, j, half, unit, p, state):
    """Walk the staircase of swref.kernels.cpu.coupled up to `half`, or to the end of a piece; (i, j) where it stands.

    state: level, loss, the levels of x and y up to their points i and j, and whether these are still to be added (1).
    Masses are arrays, or one number each where those are empty.
    """
    level, loss, a, b = state[0], state[1], state[2], state[3]
    a_due, b_due = state[4] == 1, state[5] == 1
    while level < half:
        if a_due:
            if i == xs.size:
                break
            a, a_due = a + (x_masses[i] if x_masses.size > 0 else x_mass), False
        if b_due:
            if j == ys.size:
                break
            b, b_due = b + (y_masses[j] if y_masses.size > 0 else y_mass), False
        end = min(min(a, b), half)
        mass = (end - level) * unit
        if mass > 0:
            loss += mass * power_cost_and_slope(np.float64(xs[i]) - np.float64(ys[j]), p)[0]
        level = end
        if a <= end:
            i, a_due = i + 1, True
        if b <= end:
            j, b_due = j + 1, True
    state[0], state[1], state[2], state[3], state[4], state[5] = level, loss, a, b, a_due, b_due
    return i, j


@body
def leading(bits, up):
    """The LEADING bits of a float in their order, from the bits of a float64, or of a float32 and up = 32."""
    b = np.int64(bits) << up
    return ((b ^ ((b >> 63) & INT64_MAX)) >> (64 - LEADING)) + (1 << (LEADING - 1))


@compiled
def count_leading(bits, up, counts):
    """counts [2^LEADING] += 1 at the leading bits of the values."""
    for i in range(bits.size):
        counts[leading(bits[i], up)] += 1


@compiled
def take_between(bits, up, low, high, values, masses, out, out_masses, at):
    """Put the values whose leading bits are in [low, high[ to `out` from `at` on, with their masses; the next place."""
    for i in range(bits.size):
        if low <= leading(bits[i], up) < high:
            out[at] = values[i]
            if masses.size > 0:
                out_masses[at] = masses[i]
            at += 1
    return at
