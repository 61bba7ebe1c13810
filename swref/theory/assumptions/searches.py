"""Seeded searches for the worst case: what a Lipschitz constant or a second derivative is at least.

Every value found is a difference quotient between two points of the set in question. A quotient never exceeds the
supremum of the derivative on the segment, whatever its length: the values are lower bounds, but for rounding.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from swref.measures import Discrete, Measure
from swref.networks import CutOff, Network, Particles
from swref.randomness import stream
from swref.sliced import sw_loss
from swref.theory.assumptions.hessian import SMOOTH, STEP, sparse_unit, unit
from swref.theory.population.loss import population_loss

LARGEST_EXACT = 64  # support points up to which the population loss is evaluated in a search


@dataclass(frozen=True)
class Search:
    """What the searches share: |u - u0| <= delta, |x| <= input_radius, batches of n points, order p."""

    net: Network
    source: Measure
    target: Measure
    u0: np.ndarray  # [d_u]
    delta: float
    input_radius: float  # R_x
    n: int
    p: float
    seed: int
    tries: int

    def lipschitz(self, bound: float) -> float | None:
        """The largest |T(a) - T(b)| / |a - b| found over a, b = (u, x), |u| <= |u0| + delta, |x| <= R_x."""
        if not math.isfinite(bound):
            return None
        if _takes_indices(self.net):
            return self._lipschitz_of_particles()
        rng, best = stream(self.seed, "search: Lipschitz"), 0.0
        radius = float(np.linalg.norm(self.u0)) + self.delta
        kept = self._start(rng, radius)
        for t in range(self.tries):
            fresh = t < self.tries // 2  # then closer and closer around the best
            u, x = self._start(rng, radius) if fresh else self._near(rng, *kept, radius, 0.5 * 0.9 ** (t % 32))
            quotient, moved = self._steepest(u, x, rng, radius)
            if quotient > best:
                best, kept = quotient, moved
        return best

    def second_derivative(self, bound: float) -> float | None:
        """The largest |d^2 T/du_k du_l| or |d^2(T_a T_b)/du_k du_l| found, as a quotient of first derivatives."""
        if not math.isfinite(bound):
            return None
        rng, best = stream(self.seed, "search: second derivatives"), 0.0
        radius = float(np.linalg.norm(self.u0)) + self.delta
        for _ in range(self.tries):
            u, x = self._start(rng, radius * (1 - 2 * STEP))
            first = np.abs(self._gradient(u, x, rng))
            leading = np.argsort(first)[-3:]
            for j, l in [(leading[-1], leading[-1]), (leading[-1], leading[0]), tuple(rng.integers(len(u), size=2))]:
                best = max(best, self.curvature(u, x, int(j), int(l), STEP * radius))
        return best

    def k_w(self, rho: float, x_norm: float, y_norm: float) -> float | None:
        """The largest |w(X, Y) - w(X', Y)| / max_k |x_k - x'_k| found, X and X' in the ball of K_w."""
        if not math.isfinite(rho + x_norm + y_norm):
            return None
        rng, best, d = stream(self.seed, "search: K_w"), 0.0, self.net.dim_out
        for t in range(self.tries):
            theta = unit(rng, d)
            spread = 0.0 if t == 0 else rng.random()  # 0: all points on one line, the worst case
            x = x_norm * _blend(rng, theta, self.n, spread)
            y = -y_norm * _blend(rng, theta, self.n, spread)
            out = _blend(rng, theta, self.n, spread)
            near, far = x + rho * (1 - STEP) * out, x + rho * out
            gap = float(np.linalg.norm(far - near, axis=1).max())
            if gap > 0:
                best = max(best, abs(self._loss(far, y, theta) - self._loss(near, y, theta)) / gap)
        return best

    def k_f(self) -> float:
        """The largest |f(u) - f(u')| / |u - u'| found on B(u0, delta) over batches and directions."""
        rng, best = stream(self.seed, "search: K_f"), 0.0
        for _ in range(self.tries):
            x, y = self.source.sample(rng, self.n), self.target.sample(rng, self.n)
            theta, end = unit(rng, self.net.dim_out), self._in_ball(rng)

            def f(u: np.ndarray, x: np.ndarray = x, y: np.ndarray = y, theta: np.ndarray = theta) -> float:
                return self._loss(self.net.forward(u, x)[0], y, theta)

            best = max(best, self._quotient(f, end))
        return best

    def k_F(self) -> float | None:
        """The same for the population loss F, where that is exact and cheap; None elsewhere."""
        source, target = self.source, self.target
        if not isinstance(source, Discrete) or not isinstance(target, Discrete):
            return None
        if (self.net.dim_out > 2 and self.n > 1) or max(source.m, target.m) > LARGEST_EXACT:
            return None
        rng, best = stream(self.seed, "search: K_F"), 0.0

        def F(u: np.ndarray) -> float:
            return population_loss(self.net, u, source, target, self.n, self.p)

        for _ in range(min(self.tries, 8)):
            end = self._in_ball(rng)
            best = max(best, self._quotient(F, end))
        return best

    def _quotient(self, f: Callable[[np.ndarray], float], end: np.ndarray) -> float:
        """|f(end) - f(start)| / |end - start|, start a little nearer to u0."""
        start = self.u0 + (1 - STEP) * (end - self.u0)
        return abs(f(end) - f(start)) / float(np.linalg.norm(end - start))

    def _loss(self, x: np.ndarray, y: np.ndarray, theta: np.ndarray) -> float:
        return sw_loss(x, y, theta[None], p=self.p, backend="numpy")

    def _in_ball(self, rng: np.random.Generator) -> np.ndarray:
        """A point of the sphere of B(u0, delta), sparse half of the time: few large parameters are the worst case."""
        return self.u0 + self.delta * sparse_unit(rng, len(self.u0))

    def _start(self, rng: np.random.Generator, radius: float) -> tuple[np.ndarray, np.ndarray]:
        """A u [d_u] of norm `radius` and an input x [dx]: an atom, or a point of the ball of R_x."""
        u = radius * sparse_unit(rng, self.net.n_params)
        if _takes_indices(self.net) or not math.isfinite(self.input_radius):
            return u, self.source.sample(rng, 1)[0]
        return u, self.input_radius * unit(rng, self.net.dim_in)

    def _near(
        self, rng: np.random.Generator, u: np.ndarray, x: np.ndarray, radius: float, size: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """A random point near (u, x), within both balls."""
        u = u + size * radius * sparse_unit(rng, len(u))
        x = x + size * self.input_radius * unit(rng, len(x))
        return _pulled(u, radius), _pulled(x, self.input_radius)

    def _gradient(self, u: np.ndarray, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """(dT/du)^T w [d_u] for a random w."""
        _, cache = self.net.forward(u, x[None])
        return self.net.backward(cache, unit(rng, self.net.dim_out)[None])

    def _steepest(
        self, u: np.ndarray, x: np.ndarray, rng: np.random.Generator, radius: float
    ) -> tuple[float, tuple[np.ndarray, np.ndarray]]:
        """The quotient across (u, x) in the direction of the top singular vector of DT, by power iteration."""
        inward = 1 - STEP
        u, x = u * inward, x * inward
        slope = self._input_slope(u, x)  # [dx, d]
        w = unit(rng, self.net.dim_out)
        _, cache = self.net.forward(u, x[None])
        for _ in range(8):
            du, dx = self.net.backward(cache, w[None]), slope @ w
            norm = math.hypot(float(np.linalg.norm(du)), float(np.linalg.norm(dx)))
            if norm == 0:
                return 0.0, (u, x)
            du, dx = du / norm, dx / norm
            image = self.net.jvp(u, x[None], du)[0] + dx @ slope
            w = image / max(float(np.linalg.norm(image)), np.finfo(float).tiny)
        # A step that keeps both ends in both balls.
        h = STEP * min(radius, self.input_radius or radius)
        ends = [self.net.forward(u + s * h * du, (x + s * h * dx)[None])[0] for s in (-0.5, 0.5)]
        return float(np.linalg.norm(ends[1] - ends[0])) / h, (u, x)

    def _input_slope(self, u: np.ndarray, x: np.ndarray) -> np.ndarray:
        """dT/dx [dx, d] at (u, x), by central differences: it only chooses a direction."""
        h = 1e-6 * max(1.0, self.input_radius)
        steps = h * np.eye(len(x))
        out, _ = self.net.forward(u, np.concatenate([x + steps, x - steps]))
        return (out[: len(x)] - out[len(x) :]) / (2 * h)

    def curvature(self, u: np.ndarray, x: np.ndarray, j: int, l: int, h: float) -> float:
        """The quotients of d_j T and of d_j (T_a T_b) over [u - h e_l, u + h e_l], 0 across a kink."""
        e = np.zeros((2, len(u)))
        e[0, j], e[1, l] = 1.0, h
        points = [u - e[1], u, u + e[1]]
        T = np.array([self.net.forward(v, x[None])[0][0] for v in points])  # [3, d]
        g = np.array([self.net.jvp(v, x[None], e[0])[0] for v in points])  # [3, d]
        products = T[:, :, None] * g[:, None, :]
        best = 0.0
        for values in (g, products + products.swapaxes(1, 2)):
            halves = np.diff(values, axis=0) / h
            # A kink in between makes the two halves disagree.
            if np.abs(halves[1] - halves[0]).max() <= SMOOTH * np.abs(halves).max():
                mean = (values[2] - values[0]) / (2 * h)
                best = max(best, float(np.linalg.norm(mean) if mean.ndim == 1 else np.abs(mean).max()))
        return best

    def _lipschitz_of_particles(self) -> float:
        """Two particles on opposite sides, for pairs of the source's indices."""
        rng, best = stream(self.seed, "search: Lipschitz"), 0.0
        radius = float(np.linalg.norm(self.u0)) + self.delta
        d, m = self.net.dim_out, self.net.n_params // self.net.dim_out
        for _ in range(self.tries):
            a, b = self.source.sample(rng, 2)
            u = np.zeros((m, d))
            towards = unit(rng, d)
            u[int(a[0])] += towards
            u[int(b[0])] -= towards
            if a[0] != b[0]:
                T, _ = self.net.forward(radius / math.sqrt(2) * u.ravel(), np.array([a, b]))
                best = max(best, float(np.linalg.norm(T[0] - T[1])) / abs(float(a[0] - b[0])))
        return best


def _takes_indices(net: Network) -> bool:
    return _takes_indices(net.net) if isinstance(net, CutOff) else isinstance(net, Particles)


def _blend(rng: np.random.Generator, theta: np.ndarray, n: int, spread: float) -> np.ndarray:
    """n unit vectors [n, d] around theta, all equal to it for spread 0."""
    v = theta + spread * rng.standard_normal((n, len(theta)))
    return v / np.linalg.norm(v, axis=1, keepdims=True)


def _pulled(v: np.ndarray, radius: float) -> np.ndarray:
    norm = float(np.linalg.norm(v))
    return v if norm <= radius else v * (radius / norm)
