"""The mutation check: wrong sliced Wasserstein losses, each a mistake that people make, are caught and diagnosed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from swref.crosscheck import Case, Convention, Outcome, cases, check
from swref.crosscheck.diagnosis import diagnose

Answer = tuple[float, np.ndarray]


def order(values):
    return np.argsort(values, kind="stable")


def loss(
    x,
    y,
    theta,
    p=2.0,
    x_weights=None,
    y_weights=None,
    *,
    order_x: Callable = lambda v, x: order(v),
    order_y: Callable = lambda v, y: order(v),
    sort_weights: bool = True,
    scatter: Callable = lambda s, g: np.bincount(s, weights=g, minlength=len(s)),
    reduce: Callable = np.mean,
) -> Answer:
    """A loss that is right as it stands (a test says so), with the places where it can go wrong as arguments."""
    n, m, L = len(x), len(y), len(theta)
    wx = np.full(n, 1 / n) if x_weights is None else x_weights
    wy = np.full(m, 1 / m) if y_weights is None else y_weights
    losses, dx = [], np.zeros((n, x.shape[1]))
    for direction in theta:
        px, py = x @ direction, y @ direction
        s, t = order_x(px, x), order_y(py, y)
        a, b = (np.cumsum(w[o] if sort_weights else w) for w, o in ((wx, s), (wy, t)))
        a, b = a / a[-1], b / b[-1]
        levels = np.sort(np.concatenate([[0.0], a, b]))
        mass, middle = np.diff(levels), (levels[1:] + levels[:-1]) / 2
        i = np.minimum(np.searchsorted(a, middle), n - 1)
        j = np.minimum(np.searchsorted(b, middle), m - 1)
        D = px[s[i]] - py[t[j]]
        losses.append(mass @ np.abs(D) ** p)
        slope = np.bincount(i, weights=p * mass * np.sign(D) * np.abs(D) ** (p - 1), minlength=n)  # in sorted order
        dx += np.outer(scatter(s, slope), direction) / L
    return float(reduce(losses)), dx


def times(value: Callable, gradient: Callable | None = None) -> Callable:
    """The right answer times factors of (n, d, L, p)."""

    def mutant(x, y, theta, p=2.0, x_weights=None, y_weights=None):
        f, dx = loss(x, y, theta, p, x_weights, y_weights)
        shape = (len(x), x.shape[1], len(theta), p)
        return f * value(*shape), dx * (gradient or value)(*shape)

    return mutant


def one(n, d, L, p):
    return 1.0


def given(change: Callable) -> Callable:
    """The right answer to changed inputs: change(dict of arguments) -> dict of arguments."""

    def mutant(x, y, theta, p=2.0, x_weights=None, y_weights=None):
        arguments = {"x": x, "y": y, "theta": theta, "p": p, "x_weights": x_weights, "y_weights": y_weights}
        f, dx = loss(**(arguments | change(arguments)))
        full = np.zeros(x.shape)
        full[: len(dx)] = dx
        return f, full

    return mutant


def with_options(**options) -> Callable:
    def mutant(x, y, theta, p=2.0, x_weights=None, y_weights=None):
        return loss(x, y, theta, p, x_weights, y_weights, **options)

    return mutant


def rooted(x, y, theta, p=2.0, x_weights=None, y_weights=None):
    f, dx = loss(x, y, theta, p, x_weights, y_weights)
    return f ** (1 / p), dx * f ** (1 / p - 1) / p if f else dx


def root_of_value(x, y, theta, p=2.0, x_weights=None, y_weights=None):
    f, dx = loss(x, y, theta, p, x_weights, y_weights)
    return f ** (1 / p), dx


def mean_of_roots(x, y, theta, p=2.0, x_weights=None, y_weights=None):
    parts = [loss(x, y, theta[l : l + 1], p, x_weights, y_weights) for l in range(len(theta))]
    roots = np.array([f ** (1 / p) for f, _ in parts])
    grads = [dx * (f ** (1 / p - 1) / p if f else 0.0) for f, dx in parts]
    return roots.mean(), np.mean(grads, axis=0)


def largest_direction(x, y, theta, p=2.0, x_weights=None, y_weights=None):
    parts = [loss(x, y, theta[l : l + 1], p, x_weights, y_weights) for l in range(len(theta))]
    return max(parts, key=lambda part: part[0])


def not_projected(x, y, theta):
    n, L = len(x), len(theta)
    f, dx = 0.0, np.zeros(x.shape)
    for direction in theta:
        s, t = order(x @ direction), order(y @ direction)
        f += np.mean(((x[s] - y[t]) @ direction) ** 2) / L
        dx[s] += 2 / (n * L) * (x[s] - y[t])
    return f, dx


def without_sign(x, y, theta, p=2.0, x_weights=None, y_weights=None):
    f, _ = loss(x, y, theta, p, x_weights, y_weights)
    return f, with_options(scatter=lambda s, g: np.bincount(s, weights=np.abs(g), minlength=len(s)))(
        x, y, theta, p, x_weights, y_weights
    )[1]


def tied_partners(x, y, theta, p=2.0):
    if len(x) != len(y):
        return loss(x, y, theta, p)
    f, dx = 0.0, np.zeros(x.shape)
    for direction in theta:
        px, py = x @ direction, np.sort(y @ direction)
        rank = np.array([int((px < v).sum()) for v in px])
        D = px - py[rank]
        f += np.mean(np.abs(D) ** p) / len(theta)
        dx += np.outer(p * np.sign(D) * np.abs(D) ** (p - 1), direction) / (len(x) * len(theta))
    return f, dx


def interpolated(x, y, theta, p=2.0):
    if len(x) == len(y):
        return loss(x, y, theta, p)
    q = np.linspace(0, 1, max(len(x), len(y)))
    values = [np.mean(np.abs(np.quantile(x @ d, q) - np.quantile(y @ d, q)) ** p) for d in theta]
    return float(np.mean(values)), loss(x, y, theta, p)[1]


def in_float32(x, y, theta, p=2.0, x_weights=None, y_weights=None):
    x32, y32, theta32 = (np.asarray(a, np.float32).astype(float) for a in (x, y, theta))
    f, dx = loss(x32, y32, theta32, p, x_weights, y_weights)
    return float(np.float32(f)), dx.astype(np.float32).astype(float)


def centred(x, y, theta, p=2.0):
    f, dx = loss(x - x.mean(axis=0), y - y.mean(axis=0), theta, p)
    return f, dx - dx.mean(axis=0)


def buffer_of(array):
    return array.T.reshape(array.shape) if array.flags.f_contiguous and not array.flags.c_contiguous else array


def expanded_square(x, y, theta):
    f, dx = 0.0, np.zeros(x.shape)
    for direction in theta:
        px, py = x @ direction, y @ direction
        s, t = order(px), order(py)
        f += np.mean(px[s] ** 2 - 2 * px[s] * py[t] + py[t] ** 2) / len(theta)
    return f, loss(x, y, theta)[1] + dx


def hides_nan(x, y, theta, p=2.0, x_weights=None, y_weights=None):
    return loss(*(np.nan_to_num(a, posinf=0, neginf=0) for a in (x, y, theta)), p, x_weights, y_weights)


def sorts_in_place(x, y, theta, p=2.0, x_weights=None, y_weights=None):
    answer = loss(x, y, theta, p, x_weights, y_weights)
    x[:] = x[order(x[:, 0])]
    return answer


def smoothed(x, y, theta, p=2.0, x_weights=None, y_weights=None):
    f, dx = loss(x, y, theta, p, x_weights, y_weights)
    return f + 1e-8, dx


def nan_at_zero(x, y, theta, p=2.0, x_weights=None, y_weights=None):
    f, dx = loss(x, y, theta, p, x_weights, y_weights)
    return f, dx / (1.0 if f > 1e-20 else np.nan)


def reads_weights_as_counts(x, y, theta, p=2.0, x_weights=None, y_weights=None):
    if x_weights is None and y_weights is None:
        return loss(x, y, theta, p)
    f, dx = loss(x, y, theta, p, x_weights, y_weights)
    return f * len(x), dx * len(x)


DOUBLE_ARGSORT = with_options(order_x=lambda v, _: order(order(v)))

# (the hypothesis that is true, or None where the data do not show one; the declared convention; the loss)
MUTANTS: dict[str, tuple[str | None, str, Callable]] = {
    "root taken": ("extra-root", "sw_pp", rooted),
    "root forgotten": ("missing-root", "sw", loss),
    "root in the value only": ("root-of-value-only", "sw_pp", root_of_value),
    "mean of roots": ("mean-of-roots", "sw", mean_of_roots),
    "sum over points": ("sum-over-points", "sw_pp", times(lambda n, d, L, p: n)),
    "sum over directions": ("sum-over-directions", "sw_pp", times(lambda n, d, L, p: L)),
    "sum over both": ("sum-over-both", "sw_pp", times(lambda n, d, L, p: n * L)),
    "1/n twice": ("points-averaged-twice", "sw_pp", times(lambda n, d, L, p: 1 / n)),
    "1/L twice": ("directions-averaged-twice", "sw_pp", times(lambda n, d, L, p: 1 / L)),
    "n - 1": ("bessel", "sw_pp", times(lambda n, d, L, p: n / max(n - 1, 0.5))),
    "half": ("half", "sw_pp", times(lambda n, d, L, p: 0.5)),
    "cost over p": ("divided-by-p", "sw_pp", times(lambda n, d, L, p: 1 / p)),
    "mean over coordinates": ("divided-by-d", "sw_pp", times(lambda n, d, L, p: 1 / d)),
    "directions of length sqrt d": (
        "unnormalised-directions",
        "sw_pp",
        given(lambda a: {"theta": a["theta"] * a["x"].shape[1] ** 0.5}),
    ),
    "always p = 2": ("order-ignored", "sw_pp", given(lambda a: {"p": 2.0})),
    "power missing": ("power-missing", "sw_pp", given(lambda a: {"p": 1.0})),
    "largest direction": ("max-sliced", "sw_pp", largest_direction),
    "p missing in the gradient": ("factor-p", "sw_pp", times(one, lambda n, d, L, p: 1 / p)),
    "2 in the gradient": ("gradient-factor-2", "sw_pp", times(one, lambda n, d, L, p: 2 / p)),
    "1/n missing in the gradient": ("gradient-sum-over-points", "sw_pp", times(one, lambda n, d, L, p: n)),
    "1/L missing in the gradient": ("gradient-sum-over-directions", "sw_pp", times(one, lambda n, d, L, p: L)),
    "1/n twice in the gradient": ("gradient-points-twice", "sw_pp", times(one, lambda n, d, L, p: 1 / n)),
    "opposite gradient": ("gradient-sign", "sw_pp", times(one, lambda n, d, L, p: -1.0)),
    "detached": ("zero-gradient", "sw_pp", times(one, lambda n, d, L, p: 0.0)),
    "gradient in sorted order": ("one-sort", "sw_pp", with_options(scatter=lambda s, g: g)),
    "inverse permutation": ("inverse-permutation", "sw_pp", with_options(scatter=lambda s, g: g[s])),
    "gradient not projected": ("gradient-not-projected", "sw_pp", not_projected),
    "gradient without sign": ("gradient-without-sign", "sw_pp", without_sign),
    "partners by counting": ("wrong-tie-order", "sw_pp", tied_partners),
    "no sort": (
        "unsorted",
        "sw_pp",
        with_options(order_x=lambda v, _: np.arange(len(v)), order_y=lambda v, _: np.arange(len(v))),
    ),
    "x not sorted": ("x-unsorted", "sw_pp", with_options(order_x=lambda v, _: np.arange(len(v)))),
    "y not sorted": ("y-unsorted", "sw_pp", with_options(order_y=lambda v, _: np.arange(len(v)))),
    "descending": ("descending", "sw_pp", with_options(order_y=lambda v, _: order(-v))),
    "ranks": ("ranks-for-order", "sw_pp", DOUBLE_ARGSORT),
    "off by one": ("shifted-by-one", "sw_pp", with_options(order_y=lambda v, _: np.roll(order(v), 1))),
    "sorted once": (
        "sorted-once",
        "sw_pp",
        with_options(order_x=lambda _, x: order(x[:, 0]), order_y=lambda _, y: order(y[:, 0])),
    ),
    "directions transposed": (
        "transposed-directions",
        "sw_pp",
        given(lambda a: {"theta": a["theta"].ravel().reshape(a["x"].shape[1], -1).T}),
    ),
    "directions normalised by column": (
        "normalised-by-column",
        "sw_pp",
        given(lambda a: {"theta": a["theta"] / np.linalg.norm(a["theta"], axis=0)}),
    ),
    "first direction": ("first-direction-only", "sw_pp", given(lambda a: {"theta": a["theta"][:1]})),
    "weights ignored": ("weights-ignored", "sw_pp", given(lambda a: {"x_weights": None, "y_weights": None})),
    "weights not sorted": ("weights-not-sorted", "sw_pp", with_options(sort_weights=False)),
    "interpolated quantiles": ("interpolated-quantiles", "sw_pp", interpolated),
    "float32": ("float32-accumulation", "sw_pp", in_float32),
    "centred": ("centred", "sw_pp", centred),
    "strides ignored": (
        "strides-ignored",
        "sw_pp",
        given(lambda a: {name: buffer_of(a[name]) for name in ("x", "y", "theta")}),
    ),
    "square expanded": (None, "sw_pp", expanded_square),
    "NaN hidden": (None, "sw_pp", hides_nan),
    "sorts its argument": (None, "sw_pp", sorts_in_place),
    "1e-8 added": (None, "sw_pp", smoothed),
    "NaN gradient at zero": (None, "sw_pp", nan_at_zero),
    "weights as counts": (None, "sw_pp", reads_weights_as_counts),
}


def small_cases() -> list[Case]:
    """The float64 cases of up to 64 points, and a few of each kind of the tied and the far ones."""
    left_out = {"half", "large", "float32", "overflow", "underflow", "relation"}
    return [
        case
        for case in cases()
        if isinstance(case, Case)
        and not left_out & set(case.tags)
        and case.inputs.n <= 64
        and case.inputs.m <= 64
        and case.inputs.d <= 8
        and case.inputs.L <= 32
    ]


def outcomes(function: Callable, returns: str) -> list[Outcome]:
    return [check(function, case, returns=returns, gradient="function") for case in small_cases()]


AS_SMALL = ("n - 1", "interpolated quantiles", "float32")  # errors that 16 bits could make, too


def test_the_loss_that_the_mutants_are_made_of_is_right():
    assert [str(outcome) for outcome in outcomes(loss, "sw_pp") if not outcome.ok] == []


def test_there_are_enough_mutants():
    assert len(MUTANTS) >= 25
    assert sum(truth is not None for truth, _, _ in MUTANTS.values()) >= 20


@pytest.mark.parametrize("name", MUTANTS)
def test_mutant_is_caught_and_diagnosed(name):
    """Oracle: the mistake that was made on purpose."""
    truth, returns, function = MUTANTS[name]
    seen = outcomes(function, returns)
    assert not all(seen), "not caught"
    if truth is not None:
        ranked = [diagnosis.name for diagnosis in diagnose(seen, Convention(returns))]
        assert ranked[:1] == [truth], ranked
        if truth != "float16-accumulation" and name not in AS_SMALL:
            assert "float16-accumulation" not in ranked
