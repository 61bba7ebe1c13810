"""CUDA kernels in which every thread works on its own element: an index, a bound check, the call of a body.

Letters as in cuda_rows.py. Grids are (points, directions); a [G, n] and b [G, m] are cumulative weights, whole numbers
of a unit (see cuda_units).
"""

from __future__ import annotations

from numba import cuda

from swref.kernels.cpu import rows
from swref.kernels.cuda.bodies import merged_place, potential_step, projection, quantile_match

COLUMNS, LANES = 32, 8  # a block of add_directions: so many points, each with so many threads to share its directions
COORDINATES = 4  # coordinates that one thread of add_directions adds up: a slope is read once for all


@cuda.jit(cache=True)
def project(x, theta, first, px):
    """px[g, i] = theta[first + g] . x[i]."""
    i, g = cuda.grid(2)
    if i < px.shape[1] and g < px.shape[0]:
        px[g, i] = projection(x, theta, i, first + g)


@cuda.jit(cache=True)
def merge_runs(keys, run, index_mask, px, merged):
    """merged[g]: the sorted runs of keys[g], of length `run`, merged two by two; each thread places one key."""
    k, g = cuda.grid(2)
    if k < keys.shape[1] and g < keys.shape[0]:
        merged[g, merged_place(keys[g], k, run, index_mask, px[g])] = keys[g, k]


@cuda.jit(cache=True)
def match_sorted(x_keys, x_mask, px, y_keys, y_mask, py, p, scale, costs):
    """Equal sizes, uniform weights: px becomes dW_p^p/dpx, costs[g, k] the cost of the k-th pair."""
    k, g = cuda.grid(2)
    if k < px.shape[1] and g < px.shape[0]:
        target = py[g, y_keys[g, k] & y_mask]
        costs[g, k] = rows.match_pair(x_keys[g, k] & x_mask, target, px[g], p, scale) * scale


@cuda.jit(cache=True)
def weights_in_order(keys, index_mask, weights, a):
    """a[g, k] = weights of the k-th point."""
    k, g = cuda.grid(2)
    if k < a.shape[1] and g < a.shape[0]:
        a[g, k] = weights[keys[g, k] & index_mask]


@cuda.jit(cache=True)
def match_quantiles(x_keys, x_mask, px, a, y_keys, y_mask, py, b, p, unit, dpx, costs):
    """Any sizes and weights: dpx = dW_p^p/dpx and the costs [G, n], whose sum over k is W_p^p."""
    k, g = cuda.grid(2)
    if k < px.shape[1] and g < px.shape[0]:
        i = x_keys[g, k] & x_mask
        low = a[g, k - 1] if k > 0 else 0
        cost, slope = quantile_match(px[g, i], low, a[g, k], y_keys[g], y_mask, py[g], b[g], p, unit)
        dpx[g, i] = slope
        costs[g, k] = cost


@cuda.jit(cache=True)
def potential_steps(x_keys, x_mask, px, a, y_keys, y_mask, py, b, rounding, p, steps):
    """steps[g, k] = f_k - f_(k-1), and 0 for k = 0: their running sums are the potential, up to a constant."""
    k, g = cuda.grid(2)
    if k < px.shape[1] and g < px.shape[0]:
        after = px[g, x_keys[g, k] & x_mask]
        if k == 0:
            steps[g, k] = type(after)(0)
        else:
            before = px[g, x_keys[g, k - 1] & x_mask]
            steps[g, k] = potential_step(before, after, a[g, k - 1], y_keys[g], y_mask, py[g], b[g], rounding, p)


@cuda.jit(cache=True)
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
