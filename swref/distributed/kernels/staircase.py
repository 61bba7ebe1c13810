"""Compiled: bounds of W_p^p between two laws of which only cells are known, their masses, moments and ends.

The cells of x [B] and y [C] need not be the same. Their masses give the staircase of the quantile coupling exactly: on
a piece, cell i of x meets cell j of y with mass w. Write the quantile functions Q_x = a_i + al and Q_y = b_j + be:
al and be are non-decreasing on their cells, with mean 0 and deviations s_i and t_j. With D = a_i - b_j and
Delta = D + al - be, a parabola above (or below) |Delta|^p on the piece,

    |Delta|^p <= K + c (al - be) + (M / 2) (al - be)^2,

is integrated with what is known. The linear terms are summed by parts: with D_i(f) the integral of al over the part of
its cell above the fraction f, divided by the mass of the cell,

    sum over the pieces of cell i of c int al = m_i sum over the knots f inside it of D_i(f) (c after f - c before f),

and as al is monotone, with range [-down, up] and deviation s (the lemma; f' = 1 - f)

    s^2 min(f / up, f' / down) <= D(f) <= min(s sqrt(f f'), f down, f' up).

Above: Cauchy-Schwarz, and the range. Below: D is concave with slopes in [-up, down]; with g a slope at f, integrate
(down - D')(D' - g) >= 0 over [0, f] and (g - D')(D' + up) >= 0 over [f, 1], where int D'^2 = s^2.

Two parabolas touch |Delta|^p at Delta = D:
- in Delta^2: t^p + (p/2) t^{p-2} (Delta^2 - t^2) for any t > 0, here t^2 = D^2 + s^2 + t_j^2. It is above for p <= 2,
  where u -> u^{p/2} is concave, and below for p >= 2;
- Taylor's, with M = p (p - 1) rho^{p-2}, rho the largest |Delta| on the piece: above for p >= 2, below for p <= 2.
Both are the function itself for p = 2.

Of the square, int al^2 is known on whole cells alone, so M is replaced there by its maximum (above) or minimum (below)
over a cell's pieces. The product int al be over a piece is at least the product of the integrals over its mass
(Chebyshev: both are monotone), and at most (kappa int al^2 + int be^2 / kappa) / 2, kappa = t_j / s_i.

Rounding. Every term is a product of factors that are differences of exact numbers or sums of non-negative ones, each
rounded a few times, so its error is at most (64 + 16 p) eps of it, and that of adding n terms n eps of the sum of their
magnitudes, which is returned: what is subtracted from the lower bound, and added to the upper one, is their product.
"""

from __future__ import annotations

import math

import numpy as np

from swref.kernels.policy import body, compiled


@body
def tail(f, rest, s, down, up):
    """Bounds of D(f), f + rest = 1."""
    if s == 0.0:
        return 0.0, 0.0
    return s * s * min(f / up, rest / down), min(s * math.sqrt(f * rest), f * down, rest * up)


@body
def piece_integral(mass, w, down, up, low_before, high_before, low_after, high_after):
    """Bounds of int al over a piece of mass w from the bounds of D at its ends, to which rounding is added."""
    rounding = 16.0 * 2.0**-53 * mass * (high_before + high_after)
    low = mass * (low_before - high_after) - rounding
    high = mass * (high_before - low_after) + rounding
    return max(low, -w * down), min(high, w * up)


@body
def in_squares(D, spread, p):
    """K, its magnitude, c and M of the parabola in Delta^2; spread = s^2 + t^2."""
    square = D * D + spread
    if square == 0.0:
        return 0.0, 0.0, 0.0, 0.0
    if p == 2.0:
        return D * D, D * D, 2.0 * D, 2.0
    M = p * square ** (0.5 * p - 1.0)
    one, other = (1.0 - 0.5 * p) * square ** (0.5 * p), 0.5 * M * D * D
    return one + other, abs(one) + other, M * D, M


@body
def by_taylor(D, rho, p):
    """The same of Taylor's."""
    if p == 2.0:
        return D * D, D * D, 2.0 * D, 2.0
    M = 0.0 if rho == 0.0 or p == 1.0 else p * (p - 1.0) * rho ** (p - 2.0)
    size = abs(D)
    if size == 0.0:
        return 0.0, 0.0, 0.0, M
    K = size**p
    return K, K, p * K / D, M


@body
def mean_power(left, right, p):
    """The mean of |Delta|^p for Delta affine from left to right."""
    middle, width = 0.5 * (left + right), right - left
    if abs(width) <= 1e-4 * abs(middle):
        return abs(middle) ** p * (1.0 + p * (p - 1.0) * (width / middle) ** 2 / 24.0) if middle != 0.0 else 0.0
    one, other = abs(left) ** p * left, abs(right) ** p * right
    return (other - one) / ((p + 1.0) * width)


@compiled
def walk(x_ends, a, s, x_down, x_up, y_ends, b, t, y_down, y_up, p):
    """Estimate, lower bound, its magnitude, upper bound, its magnitude of W_p^p; ends are cumulative whole masses."""
    total, i, j, level = x_ends[-1], 0, 0, np.int64(0)
    x_start, y_start = np.int64(0), np.int64(0)
    value, low, low_size, high, high_size = 0.0, 0.0, 0.0, 0.0, 0.0
    second, second_size = 0.0, 0.0  # of the lower bound: never below 0
    # Of the cell's part above the level: bounds of D; and over its pieces so far the extremes of M and of M kappa.
    x_low, x_high, x_most, x_least, x_factor = 0.0, 0.0, 0.0, np.inf, 0.0
    y_low, y_high, y_most, y_least, y_factor = 0.0, 0.0, 0.0, np.inf, 0.0
    c_low, c_high, root3 = 0.0, 0.0, math.sqrt(3.0)
    while level < total:
        x_mass, y_mass = (x_ends[i] - x_start) / total, (y_ends[j] - y_start) / total
        D, variances = a[i] - b[j], s[i] * s[i] + t[j] * t[j]
        rho = max(abs(D + x_up[i] + y_down[j]), abs(D - x_down[i] - y_up[j]))
        squares, taylor = in_squares(D, variances, p), by_taylor(D, rho, p)
        if p <= 2.0:
            K, K_size, c, M = squares
            k, k_size, e, m = taylor
        else:
            K, K_size, c, M = taylor
            k, k_size, e, m = squares
        if level > x_start:  # a knot of y inside the cell of x: D is at least x_low, at most x_high there
            change, other = c - c_high, e - c_low
            high += x_mass * change * (x_high if change > 0 else x_low)
            low += x_mass * other * (x_low if other > 0 else x_high)
            high_size += x_mass * x_high * (abs(c) + abs(c_high))
            low_size += x_mass * x_high * (abs(e) + abs(c_low))
        if level > y_start:
            change, other = c_high - c, c_low - e
            high += y_mass * change * (y_high if change > 0 else y_low)
            low += y_mass * other * (y_low if other > 0 else y_high)
            high_size += y_mass * y_high * (abs(c) + abs(c_high))
            low_size += y_mass * y_high * (abs(e) + abs(c_low))
        c_high, c_low = c, e
        end = min(x_ends[i], y_ends[j])
        w = (end - level) / total
        low, low_size, high, high_size = low + w * k, low_size + w * k_size, high + w * K, high_size + w * K_size
        x_f, x_rest = (end - x_start) / (x_ends[i] - x_start), (x_ends[i] - end) / (x_ends[i] - x_start)
        y_f, y_rest = (end - y_start) / (y_ends[j] - y_start), (y_ends[j] - end) / (y_ends[j] - y_start)
        x_next, y_next = tail(x_f, x_rest, s[i], x_down[i], x_up[i]), tail(y_f, y_rest, t[j], y_down[j], y_up[j])
        if s[i] > 0.0 and t[j] > 0.0:  # else the product is 0
            al = piece_integral(x_mass, w, x_down[i], x_up[i], x_low, x_high, x_next[0], x_next[1])
            be = piece_integral(y_mass, w, y_down[j], y_up[j], y_low, y_high, y_next[0], y_next[1])
            product = min(al[0] * be[0], al[0] * be[1], al[1] * be[0], al[1] * be[1]) / w
            high, high_size = high - M * product, high_size + M * abs(product)
            kappa = t[j] / s[i]
            x_factor, y_factor = max(x_factor, m * kappa), max(y_factor, m / kappa)
        x_most, x_least, y_most, y_least = max(x_most, M), min(x_least, m), max(y_most, M), min(y_least, m)
        # The estimate: both quantile functions affine on their cells.
        x_from = 1.0 - 2.0 * (level - x_start) / (x_ends[i] - x_start)
        y_from = 1.0 - 2.0 * (level - y_start) / (y_ends[j] - y_start)
        left = D - root3 * s[i] * x_from + root3 * t[j] * y_from
        right = D - root3 * s[i] * (x_rest - x_f) + root3 * t[j] * (y_rest - y_f)
        value += w * mean_power(left, right, p)
        level, x_low, x_high, y_low, y_high = end, x_next[0], x_next[1], y_next[0], y_next[1]
        if end == x_ends[i]:
            part = 0.5 * x_mass * s[i] * s[i]
            high, high_size = high + part * x_most, high_size + part * x_most
            second, second_size = second + part * (x_least - x_factor), second_size + part * (x_least + x_factor)
            x_start, x_low, x_high, x_most, x_least, x_factor, i = end, 0.0, 0.0, 0.0, np.inf, 0.0, i + 1
        if end == y_ends[j]:
            part = 0.5 * y_mass * t[j] * t[j]
            high, high_size = high + part * y_most, high_size + part * y_most
            second, second_size = second + part * (y_least - y_factor), second_size + part * (y_least + y_factor)
            y_start, y_low, y_high, y_most, y_least, y_factor, j = end, 0.0, 0.0, 0.0, np.inf, 0.0, j + 1
    return value, low, low_size, second, second_size, high, high_size
