"""Expectations over minibatches on given directions: the loss of each and its slope in the projections."""

from __future__ import annotations

import numpy as np

from swref.kernels.bodies import power_cost, power_slope
from swref.kernels.policy import compiled
from swref.theory.population.kernels.batch_sweep import both_levels
from swref.theory.population.kernels.tails import masses, shares, tail_table


@compiled
def even(weights):
    """Whether all weights are equal: then the levels are those of any order."""
    return weights.min() == weights.max()


@compiled
def shares_in(order, weights, n):
    """A [m, n]: the probability that the k-th smallest of n draws is the j-th point in sorted order."""
    below, above = both_levels(weights[order])
    return shares(tail_table(below, above, n))


@compiled
def quadratic_loss(z, w, wx, wy, A, B, q):
    """p = 2, sorted z and w, from the mean order statistics y_k: E w_theta, and half its slope in q. O(n (m + mt))."""
    m, n = A.shape
    y = np.zeros(n)
    for l in range(len(w)):
        for k in range(n):
            y[k] += B[l, k] * w[l]
    value = 0.0
    for l in range(len(w)):
        value += wy[l] * w[l] * w[l]
    for j in range(m):
        matched = 0.0
        for k in range(n):
            matched += A[j, k] * y[k]
        matched /= n
        value += z[j] * (wx[j] * z[j] - 2.0 * matched)
        q[j] = wx[j] * z[j] - matched
    return value


@compiled
def power_loss(z, w, Pi, p, slope):
    """Any p, sorted z and w: the sum of Pi_jl |z_j - w_l|^p and its slope in z, O(m mt)."""
    value = 0.0
    for j in range(len(z)):
        slope[j] = 0.0
        for l in range(len(w)):
            D = z[j] - w[l]
            value += Pi[j, l] * power_cost(D, p)
            slope[j] += Pi[j, l] * power_slope(D, p)
    return value


@compiled
def batch_losses(pz, pw, z_order, w_order, wx, wy, total, n, p, losses, slopes):
    """losses[g] = E w_theta_g over minibatches of n, slopes[g, i] its derivative in pz[g, i]; pz [G, m], pw [G, mt].

    The orders sort the rows. Tables depend on the order through the weights alone, and are kept where those are equal.
    """
    fixed = even(wx) and even(wy)
    A, B = shares_in(z_order[0], wx, n), shares_in(w_order[0], wy, n)
    Pi = masses(A, B) if p != 2 else np.empty((0, 0))
    slope = np.empty(pz.shape[1])
    for g in range(pz.shape[0]):
        s, t = z_order[g], w_order[g]
        if not fixed:
            A, B = shares_in(s, wx, n), shares_in(t, wy, n)
        if p == 2:
            losses[g] = quadratic_loss(pz[g][s], pw[g][t], wx[s] / total, wy[t] / total, A, B, slope)
            slope *= 2.0
        else:
            if not fixed:
                Pi = masses(A, B)
            losses[g] = power_loss(pz[g][s], pw[g][t], Pi, p, slope)
        slopes[g][s] = slope
