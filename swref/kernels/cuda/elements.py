"""CUDA kernels in which every thread works on its own element: an index, a bound check, the call of a body.

Letters as in cuda_rows.py. Grids are (points, directions); a [G, n] and b [G, m] are levels, cumulative weights counted
from the least point on or, in `reverse`, from the greatest.

The quantile coupling is done twice, each time for the levels up to `half` the total: a small mass far out at either end
is a difference of small numbers then, which near the total would vanish in their rounding (spec.one_dimension.pairs).
"""

from __future__ import annotations

from numba import cuda

from swref.kernels.cuda.bodies import match_pair, place, potential_step, quantile_match, value_key, value_of
from swref.kernels.cuda.policy import kernel

COLUMNS, LANES = 32, 8  # a block of add_directions: so many points, each with so many threads to share its directions
COORDINATES = 4  # coordinates that one thread of add_directions adds up: a slope is read once for all


@kernel
def fill(values, value):
    """values[i] = value."""
    i, _ = cuda.grid(2)
    if i < values.shape[0]:
        values[i] = value


@kernel
def match_sorted(keys, index_mask, px, targets, p, scale, costs):
    """Equal sizes, uniform weights: px becomes dW_p^p/dpx, costs[g, k] the cost of the k-th pair; see sort_tiles."""
    k, g = cuda.grid(2)
    if k < px.shape[1] and g < px.shape[0]:
        target = value_of(value_key(targets[g, k]))
        costs[g, k] = match_pair(keys[g, k], index_mask, target, px[g], p, scale) * scale


@kernel
def match_quantiles(x_keys, x_mask, px, a, y_keys, y_mask, py, b, reverse, half, p, unit, dpx, costs):
    """Any sizes and weights: dpx = dW_p^p/dpx and the costs [G, n], whose sum is W_p^p, of the levels up to `half`.

    In `reverse` they are added to those of the lower half, which are there already.
    """
    k, g = cuda.grid(2)
    if k < px.shape[1] and g < px.shape[0]:
        q = place(k, px.shape[1], reverse)
        i = x_keys[g, q] & x_mask
        low, high = a[g, k - 1] if k > 0 else 0.0, min(a[g, k], half)
        cost, slope = quantile_match(px[g, i], low, high, y_keys[g], y_mask, py[g], b[g], reverse, p, unit)
        dpx[g, i] = dpx[g, i] + slope if reverse else slope
        costs[g, q] = costs[g, q] + cost if reverse else cost


@kernel
def potential_steps(x_keys, x_mask, px, a, y_keys, y_mask, py, b, reverse, half, rounding, p, steps):
    """steps[g, q] = f_q - f_(q-1), and 0 for q = 0: their running sums are the potential, up to a constant.

    From below every step is written; in `reverse` those are written anew whose level is counted better from above.
    """
    k, g = cuda.grid(2)
    n = px.shape[1]
    if k < n and g < px.shape[0]:
        if k == 0:
            steps[g, 0] = type(px[g, 0])(0)
        elif not reverse or a[g, k - 1] < half:
            q = n - k if reverse else k
            before, after = px[g, x_keys[g, q - 1] & x_mask], px[g, x_keys[g, q] & x_mask]
            level = a[g, k - 1]
            steps[g, q] = potential_step(before, after, level, y_keys[g], y_mask, py[g], b[g], reverse, rounding, p)


@kernel
def add_directions(slopes, theta, first, scale, dx):
    """dx[i, k] (+)= scale * sum_g slopes[g, i] theta[first + g, k]; the first chunk writes, the others add.

    Lane r of a point adds directions r, r + 8, ... in order, then the lanes are added in order: no atomics, and the
    order depends on the sizes alone. A thread keeps four coordinates in registers.
    """
    lanes = cuda.shared.array((COORDINATES, LANES, COLUMNS), slopes.dtype)
    column, lane = cuda.threadIdx.x, cuda.threadIdx.y
    i, k, d = cuda.blockIdx.x * COLUMNS + column, COORDINATES * cuda.blockIdx.y, dx.shape[1]
    k1, k2, k3 = min(k + 1, d - 1), min(k + 2, d - 1), min(k + 3, d - 1)
    zero = type(scale)(0)
    s0, s1, s2, s3 = zero, zero, zero, zero
    if i < dx.shape[0]:
        for g in range(lane, slopes.shape[0], LANES):
            c, l = slopes[g, i], first + g
            s0 += c * theta[l, k]
            s1 += c * theta[l, k1]
            s2 += c * theta[l, k2]
            s3 += c * theta[l, k3]
    lanes[0, lane, column], lanes[1, lane, column], lanes[2, lane, column], lanes[3, lane, column] = s0, s1, s2, s3
    cuda.syncthreads()
    if i < dx.shape[0]:
        for r in range(lane, min(COORDINATES, d - k), LANES):
            total = zero
            for other in range(LANES):
                total += lanes[r, other, column]
            dx[i, k + r] = (dx[i, k + r] if first > 0 else zero) + total * scale
