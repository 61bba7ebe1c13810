"""What the tests of the population loss share: clouds, weights, and F by enumeration of every minibatch."""

from __future__ import annotations

import itertools

import numpy as np

from swref.spec.population import order_change_angles

TIGHT = 1e-12  # what "exact" is held to, relative to sum wx |z|^2 + sum wy |w|^2


def cloud(rng, m, d=2, kind="normal"):
    """Points [m, d]; "lattice" has coincident and collinear points and many changes of order at one angle."""
    return rng.integers(-1, 2, (m, d)).astype(float) if kind == "lattice" else rng.normal(size=(m, d))


def weights(rng, m, kind):
    if kind == "uniform":
        return None
    w = rng.random(m)
    if kind == "zeros":
        w[rng.integers(m)] = 0.0 if m > 1 else 1.0
    return w / w.sum()


def filled(weights, m):
    return np.full(m, 1 / m) if weights is None else weights


def size(z, w, wx, wy):
    return filled(wx, len(z)) @ np.sum(z**2, axis=1) + filled(wy, len(w)) @ np.sum(w**2, axis=1)


def quadrature(p):
    """Nodes and weights on [0, 1]: Gauss-Legendre, or tanh-sinh where |D|^p has a fractional power at an end."""
    if float(p).is_integer():
        x, v = np.polynomial.legendre.leggauss(24)
        return (x + 1) / 2, v / 2
    t = np.linspace(-3.2, 3.2, 65)
    x = 1 / (1 + np.exp(-np.pi * np.sinh(t)))
    v = np.pi * np.cosh(t) * x * (1 - x)
    return x, v / v.sum()


def enumerated(z, w, n, wx, wy, p):
    """F over all m^n mt^n minibatches, each integrated over the arcs between changes of sign or order."""
    pairs = z[:, None, :] - w[None, :, :]
    pairs = pairs.reshape(-1, 2)
    pairs = pairs[np.any(pairs != 0, axis=1)]
    crossings = np.mod(np.arctan2(pairs[:, 0], -pairs[:, 1]), np.pi)
    cuts = np.unique(np.concatenate(([0, np.pi], order_change_angles(z), order_change_angles(w), crossings)))
    x, v = quadrature(p)
    angle = (cuts[:-1, None] + np.diff(cuts)[:, None] * x).ravel()
    measure = (np.diff(cuts)[:, None] * v).ravel() / np.pi
    theta = np.stack([np.cos(angle), np.sin(angle)])  # [2, nodes]
    sides = []
    for points, mass in ((z, filled(wx, len(z))), (w, filled(wy, len(w)))):
        index = np.array(list(itertools.product(range(len(points)), repeat=n)))  # [m^n, n]
        sides.append((np.sort((points @ theta)[index], axis=1), np.prod(mass[index], axis=1)))
    (xs, px), (ys, py) = sides  # [m^n, n, nodes], [m^n]
    total = 0.0
    for x_sorted, probability in zip(xs, px, strict=True):
        total += probability * (py @ (np.mean(np.abs(x_sorted - ys) ** p, axis=1) @ measure))
    return total
