"""Compiled: points into fixed bins of their projections, and the moments of each bin as whole numbers.

The bin of a value z is read off the bits of a float32 w = |z| + 1: linear near 0, logarithmic in the tails. With
q = bits(w) - bits(1), the top bits of q and the sign are the bin, the rest r a whole number inside it. Per bin the
number of points (or their mass), the sum of r and that of r^2 are kept: whole numbers, so that they are the same bits
for any cut of the points into blocks, any number of workers and any order of adding up.
"""

from __future__ import annotations

import numpy as np

from swref.kernels.cpu.rows import project
from swref.kernels.policy import compiled

MANTISSA = 23  # bits of a float32
OCTAVES = 64  # of w: values beyond 2^64 are kept one by one
ONE = 0x3F800000  # bits(1)
LIMIT = OCTAVES << MANTISSA


@compiled
def lay_out(x, centre, xT, reach):
    """xT [d, n] float64 = x [n, d] - centre, and reach [d] = max |xT| so far."""
    for k in range(xT.shape[0]):
        row, c, most = xT[k], centre[k], reach[k]
        for i in range(row.size):
            row[i] = np.float64(x[i, k]) - c
        for i in range(row.size):
            most = max(most, abs(row[i]))
        reach[k] = most


@compiled
def place(v, centre, scale, shift, w, index, rest):
    """index [n] and rest [n] of the values v [n], which become z = (v - centre) scale; the largest q. w is scratch.

    Ascending bins: half + b for z >= 0, half - 1 - b for z < 0. A NaN has a q beyond LIMIT, too.
    """
    half, mask, most, bits = OCTAVES << (MANTISSA - shift), (1 << shift) - 1, 0, w.view(np.int32)
    for i in range(v.size):
        v[i] = (v[i] - centre) * scale
        w[i] = abs(v[i]) + 1.0
    for i in range(v.size):
        q = bits[i] - ONE
        most = max(most, q)
        b = q >> shift
        index[i] = half + (b if v[i] >= 0 else -1 - b)
        rest[i] = q & mask
    return most


@compiled
def add_counts(index, rest, table):
    """table [bins, 3] += 1, r, r^2 in the bins of the points.

    By one unsigned index: rows as views, whose index may be negative, take 1.2 to 2.5 times as long.
    """
    flat, one, two = table.reshape(-1), np.uint64(1), np.uint64(2)
    for i in range(index.size):
        at, r = np.uint64(index[i]) * np.uint64(3), np.int64(rest[i])
        flat[at] += 1
        flat[at + one] += r
        flat[at + two] += r * r


@compiled
def add_masses(index, rest, mass, table):
    """table [bins, 5] += m, and m r and m r^2 in two words each, high and low, of which the low one has 32 bits.

    m = a 2^32 + b < 2^62 and r < 2^15: no product leaves 63 bits. The words are sums of whole numbers themselves, so
    the order does not matter; sums of 2^31 low words fit.
    """
    low = (1 << 32) - 1
    for i in range(index.size):
        row, r, m = table[index[i]], np.int64(rest[i]), mass[i]
        a, b = m >> 32, m & low
        row[0] += m
        row[1] += a * r + (b * r >> 32)
        row[2] += b * r & low
        row[3] += a * (r * r) + (b * (r * r) >> 32)
        row[4] += b * (r * r) & low


@compiled
def accumulate(x, mass, centre, theta, centres, scales, shift, xT, reach, tables, far, far_mass):
    """Add the points x [n, d] to the tables [G, bins, 3 or 5] of the directions theta [G, d].

    Values beyond the bins, infinite or NaN, go to far [G n] as they are met, with their mass: returns how many of them
    each direction has, [G]. mass [n] is whole numbers, or empty where every point counts 1.
    """
    n, width = x.shape[0], tables.shape[2]
    lay_out(x, centre, xT[:, :n], reach)
    v, w = np.empty((1, n)), np.empty(n, np.float32)
    index, rest = np.empty(n, np.int32), np.empty(n, np.int32)
    beyond, count = np.zeros(theta.shape[0], np.int64), 0
    for g in range(theta.shape[0]):
        project(xT[:, :n], theta[g : g + 1], v)
        z, before = v[0], count
        if place(z, centres[g], scales[g], shift, w, index, rest) >= LIMIT:
            near = 0
            for i in range(n):
                if w[i] < np.float32(2.0) ** OCTAVES:
                    index[near], rest[near] = index[i], rest[i]
                    near += 1
                else:
                    far[count], far_mass[count] = z[i], 1 if width == 3 else mass[i]
                    count += 1
            beyond[g] = count - before
            if width == 3:
                add_counts(index[:near], rest[:near], tables[g])
            else:
                near_mass = np.empty(near, np.int64)
                near = 0
                for i in range(n):
                    if w[i] < np.float32(2.0) ** OCTAVES:
                        near_mass[near] = mass[i]
                        near += 1
                add_masses(index[:near], rest[:near], near_mass, tables[g])
        elif width == 3:
            add_counts(index, rest, tables[g])
        else:
            add_masses(index, rest, mass, tables[g])
    return beyond
