"""Mistakes of losses that draw their own directions: (x, y, p) -> (value, dx), by NumPy's global generator."""

from __future__ import annotations

import math

import numpy as np

from tests.crosscheck.mutants.loss import Mutant, loss, mean, power, wrong

COUNT = 8


def normal(L, d):
    return np.random.standard_normal((L, d))  # noqa: NPY002  as such losses do


def unit(theta):
    return theta / np.linalg.norm(theta, axis=1, keepdims=True)


def quick(x, y, theta, p, back, reduce):
    """The loss for equal sizes in few operations: it is called thousands of times."""
    if len(x) != len(y):
        return loss(x, y, theta, p, back=back, reduce=reduce)
    px, py = theta @ x.T, theta @ y.T
    s, t = np.argsort(px, axis=1), np.argsort(py, axis=1)
    h, slope = power(np.take_along_axis(px, s, 1) - np.take_along_axis(py, t, 1), p)
    value, weights = reduce(h.mean(axis=1), p, len(x), x.shape[1])
    c = np.empty_like(px)
    np.put_along_axis(c, s, slope / len(x), 1)
    return back(float(value), (c * weights[:, None]).T @ theta, {"x": x, "y": y, "theta": theta, "p": p})


def draws(truth, law=lambda L, d: unit(normal(L, d)), back=lambda f, dx, a: (f, dx), reduce=mean, **declared):
    """A row of a table: a loss on directions of another law."""

    def mutant(x, y, p=2.0):
        return quick(x, y, law(COUNT, x.shape[1]), p, back=back, reduce=reduce)

    return wrong(truth, mutant, directions="own", **declared)


def own_times(truth, factor):
    return draws(truth, back=lambda f, dx, a: tuple(v * factor(len(a["x"]), a["x"].shape[1], a["p"]) for v in (f, dx)))


def fixed(law):
    """The same directions at every call."""
    kept = {}

    def always(L, d):
        if d not in kept:
            kept[d] = law(np.random.default_rng(4), L, d)
        return kept[d]

    return always


def reseeded(L, d):
    np.random.seed(0)  # noqa: NPY002
    return unit(normal(L, d))


def angles(L, d):
    """Spherical coordinates of uniform angles: too many directions near the poles."""
    theta, sines = np.ones((L, d)), np.ones(L)
    for k in range(d - 1):
        phi = np.random.uniform(0, 2 * math.pi if k == d - 2 else math.pi, L)  # noqa: NPY002
        theta[:, k], sines = sines * np.cos(phi), sines * np.sin(phi)
    theta[:, -1] = sines
    return theta


def uniform(low, high):
    return lambda L, d: np.random.uniform(low, high, (L, d))  # noqa: NPY002


def others_for_y(x, y, p=2.0):
    d = x.shape[1]
    other = unit(normal(COUNT, d))
    return loss(x, y, unit(normal(COUNT, d)), p, project_y=lambda y, theta: other @ y.T)


def softmax(losses, p, n, d):
    w = np.exp(losses - losses.max())
    return float(w @ losses / w.sum()), w / w.sum()


def controlled(x, y, p=2.0):
    """A control variate whose coefficient is fitted on the draws that it corrects; p = 2 alone is centred."""
    theta = unit(normal(COUNT, x.shape[1]))
    losses = np.array([loss(x, y, t[None], p)[0] for t in theta])
    gap = x.mean(axis=0) - y.mean(axis=0)
    control = (theta @ gap) ** 2
    slope = np.cov(losses, control)[0, 1] / max(control.var(ddof=1), 1e-300)
    return float(losses.mean() - slope * (control.mean() - gap @ gap / x.shape[1]))


def qr(L, d):
    return np.linalg.qr(normal(max(L, d), d))[0][:L]


def one_hot(L, d):
    return np.eye(d)[np.random.randint(d, size=L)]  # noqa: NPY002


OWN: dict[str, Mutant] = {
    "Gaussian": draws("unnormalised-directions", normal),
    "over sqrt d": draws("gaussian-over-sqrt-d", lambda L, d: normal(L, d) / d**0.5),
    "over the squared length": draws(
        "over-squared-length", lambda L, d: (g := normal(L, d)) / np.sum(g**2, axis=1, keepdims=True)
    ),
    "normalised by column": draws("normalised-by-column", lambda L, d: (g := normal(L, d)) / np.linalg.norm(g, axis=0)),
    "normalised as a whole": draws("normalised-as-a-whole", lambda L, d: (g := normal(L, d)) / np.linalg.norm(g)),
    "over their deviation": draws(
        "std-directions", lambda L, d: (g := normal(L, d)) / (g.std(axis=1, keepdims=True) if d > 1 else np.abs(g))
    ),
    "normalised in the 1-norm": draws(
        "l1-directions", lambda L, d: (g := normal(L, d)) / np.abs(g).sum(axis=1, keepdims=True)
    ),
    "largest entry 1": draws(
        "max-norm-directions", lambda L, d: (g := normal(L, d)) / np.abs(g).max(axis=1, keepdims=True)
    ),
    "Cauchy": draws("cauchy-directions", lambda L, d: unit(np.random.standard_cauchy((L, d)))),  # noqa: NPY002
    "spherical angles": draws("angle-directions", angles),
    "from a cube": draws("cube-directions", lambda L, d: unit(uniform(-1, 1)(L, d))),
    "from a cube, not normalised": draws("cube-not-normalised", uniform(-1, 1)),
    "in the ball": draws("ball-directions", lambda L, d: unit(normal(L, d)) * uniform(0, 1)(L, 1) ** (1 / d)),
    "numbers between 0 and 1": draws(
        "positive-directions positive-cube-directions", lambda L, d: unit(uniform(0, 1)(L, d))
    ),
    "positive orthant": draws("positive-directions", lambda L, d: unit(np.abs(normal(L, d)))),
    "coordinate axes": draws("coordinate-directions", one_hot),
    "signs": draws("sign-directions", lambda L, d: np.sign(normal(L, d)) / d**0.5),
    "first axis": draws("fixed-directions", lambda L, d: np.tile(np.eye(d)[:1], (L, 1))),
    "kept": draws("fixed-directions", fixed(lambda rng, L, d: unit(rng.standard_normal((L, d))))),
    "reseeded": draws("fixed-directions", reseeded),
    "others for y": wrong("other-directions-for-y", others_for_y, directions="own"),
    "QR of a tall matrix": draws("qr-directions normalised-by-column", qr),
    "largest": draws("max-sliced", reduce=lambda l, p, n, d: (float(l.max()), np.eye(len(l))[l.argmax()])),
    "softmax over slices": draws("softmax-slices", reduce=softmax),
    "sum over slices": own_times("factor", lambda n, d, p: COUNT),
    "sum over points": own_times("sum-over-points", lambda n, d, p: n),
    "times d": own_times("factor-d", lambda n, d, p: d),
    "over d": own_times("divided-by-d", lambda n, d, p: 1 / d),
    "over the area of the sphere": own_times(
        "sphere-area", lambda n, d, p: math.gamma(d / 2) / (2 * math.pi ** (d / 2))
    ),
    "p missing in the gradient": draws("factor-p", back=lambda f, dx, a: (f, dx / a["p"])),
    "gradient with 1/n twice": draws("gradient-points-twice", back=lambda f, dx, a: (f, dx / len(dx))),
    "a control variate of the same draws": wrong("biased", controlled, "none", directions="own"),
    "power forgotten": wrong(
        "power-missing", lambda x, y, p=2.0: loss(x, y, unit(normal(COUNT, x.shape[1])), 1.0), directions="own"
    ),
    "root, none declared": draws(
        "extra-root", back=lambda f, dx, a: (f ** (1 / a["p"]), dx * f ** (1 / a["p"] - 1) / a["p"] if f else dx)
    ),
}
