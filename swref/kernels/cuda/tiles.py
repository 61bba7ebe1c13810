"""CUDA kernels that multiply two tall matrices, a block computing one tile of the product from tiles in shared memory.

Letters as in rows.py. A thread holds POINTS x ACROSS entries of the tile in registers: the points lane, lane + LANES,
..., the others neighbours, so that a warp reads points without bank conflicts and neighbours as one broadcast. What is
needed next is read into registers while the threads work on what shared memory holds.
"""

from __future__ import annotations

from numba import config, cuda

from swref.kernels.cuda.bodies import rounded_product
from swref.kernels.cuda.policy import kernel

LANES, WARPS = 32, 4  # threads that share a tile: so many along the points, so many along the other side
ACROSS = 8  # directions, or coordinates, a thread
DEPTH = 8  # coordinates, or directions of a slice, in shared memory at a time
POINTS = 4  # a thread of project
HELD_POINTS, HELD_DIRECTIONS = POINTS * DEPTH // WARPS, ACROSS * DEPTH // LANES  # what a thread of project reads ahead
SLICES = 4  # of the directions, in add_tiles: each with LANES x WARPS threads of the block
FEWER_POINTS = 2  # a thread of add_tiles
HELD_SLOPES, HELD_THETA = FEWER_POINTS * DEPTH // WARPS, ACROSS * DEPTH // LANES

# Padded by four numbers a row: stored to by columns without bank conflicts, and read as vectors of 16 bytes.
POINT_TILES, DIRECTION_TILES = (2, DEPTH, POINTS * LANES + 4), (2, DEPTH, ACROSS * WARPS + 4)
SLOPE_TILE, THETA_TILE = (SLICES * DEPTH, FEWER_POINTS * LANES), (SLICES * DEPTH, ACROSS * WARPS)
PARTIAL = (FEWER_POINTS * ACROSS, LANES * WARPS)
ALIGNED = None if config.ENABLE_CUDASIM else 16  # bytes; the simulator knows of none


def grid(points: int, others: int, points_a_thread: int) -> tuple[int, int]:
    """Blocks for so many points and directions or coordinates."""
    return -(-points // (LANES * points_a_thread)), -(-others // (WARPS * ACROSS))


@kernel
def project(x, y, origin, theta, first, px, py):
    """px[g, i] = theta[first + g] . (x[i] - origin), and py of y likewise: the third side of the grid says which.

    The terms are rounded and added in the order of the coordinates, as spec.project does.
    """
    point_tiles = cuda.shared.array(POINT_TILES, x.dtype, ALIGNED)
    direction_tiles = cuda.shared.array(DIRECTION_TILES, x.dtype, ALIGNED)
    held_points, held_directions = cuda.local.array(HELD_POINTS, x.dtype), cuda.local.array(HELD_DIRECTIONS, x.dtype)
    sums = cuda.local.array((ACROSS, POINTS), x.dtype)
    lane, warp = cuda.threadIdx.x, cuda.threadIdx.y
    points, projections = (x, px) if cuda.blockIdx.z == 0 else (y, py)
    n, d, G = points.shape[0], points.shape[1], projections.shape[0]
    i0, g0 = cuda.blockIdx.x * (LANES * POINTS), cuda.blockIdx.y * (WARPS * ACROSS)
    thread = lane + LANES * warp
    row, column, rows = thread // DEPTH, thread % DEPTH, LANES * WARPS // DEPTH
    for q in range(POINTS):
        for r in range(ACROSS):
            sums[r, q] = 0
    if i0 >= n:  # of the smaller cloud
        return
    k, side = 0, 0
    while k < d + DEPTH:
        if k < d:
            c = min(k + column, d - 1)
            for r in range(HELD_POINTS):
                held_points[r] = points[min(i0 + row + rows * r, n - 1), c] - origin[c]
            for r in range(HELD_DIRECTIONS):
                held_directions[r] = theta[first + min(g0 + row + rows * r, G - 1), c]
        if k > 0:
            for c in range(min(DEPTH, d + DEPTH - k)):
                for r in range(ACROSS):
                    t = direction_tiles[1 - side, c, ACROSS * warp + r]
                    for q in range(POINTS):
                        sums[r, q] += rounded_product(t, point_tiles[1 - side, c, lane + LANES * q])
        if k < d:
            for r in range(HELD_POINTS):
                point_tiles[side, column, row + rows * r] = held_points[r]
            for r in range(HELD_DIRECTIONS):
                direction_tiles[side, column, row + rows * r] = held_directions[r]
            cuda.syncthreads()
        k, side = k + DEPTH, 1 - side
    for q in range(POINTS):
        i = i0 + lane + LANES * q
        if i < n:
            for r in range(ACROSS):
                g = g0 + ACROSS * warp + r
                if g < G:
                    projections[g, i] = sums[r, q]


@kernel
def add_tiles(slopes, theta, first, scale, dx):
    """dx[i, k] (+)= scale * sum_g slopes[g, i] theta[first + g, k]; the first chunk writes, the others add.

    Slice s adds, of every SLICES * DEPTH directions in turn, its DEPTH in order; then the slices are added in order.
    """
    slope_tile = cuda.shared.array(SLOPE_TILE, slopes.dtype, ALIGNED)
    theta_tile = cuda.shared.array(THETA_TILE, slopes.dtype, ALIGNED)
    partial = cuda.shared.array(PARTIAL, slopes.dtype)
    held_slopes, held_theta = cuda.local.array(HELD_SLOPES, slopes.dtype), cuda.local.array(HELD_THETA, slopes.dtype)
    sums = cuda.local.array((ACROSS, FEWER_POINTS), slopes.dtype)
    lane, warp, part = cuda.threadIdx.x, cuda.threadIdx.y, cuda.threadIdx.z
    n, d, G = dx.shape[0], dx.shape[1], slopes.shape[0]
    width, height, ahead = LANES * FEWER_POINTS, WARPS * ACROSS, SLICES * DEPTH
    i0, k0 = cuda.blockIdx.x * width, cuda.blockIdx.y * height
    thread, threads = lane + LANES * (warp + WARPS * part), LANES * WARPS * SLICES
    i, k = min(i0 + thread % width, n - 1), min(k0 + thread % height, d - 1)
    zero = type(scale)(0)
    for q in range(FEWER_POINTS):
        for r in range(ACROSS):
            sums[r, q] = zero
    g = 0
    while g < G + ahead:
        if g < G:
            for r in range(HELD_SLOPES):
                l = g + thread // width + threads // width * r
                held_slopes[r] = slopes[min(l, G - 1), i] if l < G else zero
            for r in range(HELD_THETA):
                held_theta[r] = theta[first + min(g + thread // height + threads // height * r, G - 1), k]
        if g > 0:
            for c in range(DEPTH * part, DEPTH * part + DEPTH):
                for r in range(ACROSS):
                    t = theta_tile[c, ACROSS * warp + r]
                    for q in range(FEWER_POINTS):
                        sums[r, q] += t * slope_tile[c, lane + LANES * q]
            cuda.syncthreads()
        if g < G:
            for r in range(HELD_SLOPES):
                slope_tile[thread // width + threads // width * r, thread % width] = held_slopes[r]
            for r in range(HELD_THETA):
                theta_tile[thread // height + threads // height * r, thread % height] = held_theta[r]
            cuda.syncthreads()
        g += ahead
    for other in range(1, SLICES):
        if part == other:
            for q in range(FEWER_POINTS):
                for r in range(ACROSS):
                    partial[q * ACROSS + r, lane + LANES * warp] = sums[r, q]
        cuda.syncthreads()
        if part == 0:
            for q in range(FEWER_POINTS):
                for r in range(ACROSS):
                    sums[r, q] += partial[q * ACROSS + r, lane + LANES * warp]
        cuda.syncthreads()
    if part == 0:
        for q in range(FEWER_POINTS):
            for r in range(ACROSS):
                i, k = i0 + lane + LANES * q, k0 + ACROSS * warp + r
                if i < n and k < d:
                    dx[i, k] = (dx[i, k] if first > 0 else zero) + sums[r, q] * scale
