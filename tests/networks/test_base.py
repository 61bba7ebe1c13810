"""What every network satisfies, over one list of networks: adjoints, difference quotients, batches row by row.

And dtypes, strides, threads, seeds, JSON, and refusals that name what was wrong.
"""

from __future__ import annotations

import json
import pickle
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from swref.errors import InputError, InputTypeError
from swref.sgd import sgd
from tests.networks.support import N, both_dtypes, close, every_case, gradient
from tests.support import tol


@every_case
@both_dtypes
def test_backward_is_the_adjoint_of_jvp(case, dtype):
    """Oracle: <w, J v> = <J^T w, v>."""
    u, x, v, w = case.draw(dtype)
    tangent, du = case.net.jvp(u, x, v), gradient(case.net, u, x, w)
    assert tangent.dtype == du.dtype == dtype
    assert tangent.shape == w.shape
    assert du.shape == u.shape
    # Relative to the sums of absolute values, since the products themselves may cancel.
    scale = float(np.sum(np.abs(w * tangent)) + np.sum(np.abs(du * v)))
    assert abs(float(np.sum(w * tangent)) - float(np.sum(du * v))) <= tol(dtype, 64 * N) * scale
    assert scale > 1.0


@every_case
def test_jvp_equals_the_derivative_along_a_line(case):
    """Oracle: the seven-point central difference of s -> T(u + s v, x), of error O(step^6)."""
    u, x, v, _ = case.draw()
    v /= np.linalg.norm(v)
    step = 1e-3  # small enough for these seeds to stay on one piece of the networks that have kinks
    stencil = [(1, 3 / 4), (2, -3 / 20), (3, 1 / 60)]

    def at(s: float) -> np.ndarray:
        return case.net.forward(u + s * v, x)[0]

    difference = sum(c * (at(k * step) - at(-k * step)) for k, c in stencil) / step
    close(case.net.jvp(u, x, v), difference, 1e-10)


@every_case
def test_backward_equals_the_derivative_in_each_parameter(case):
    """Oracle: central differences of u -> <w, T(u, x)>, one coordinate at a time (a sample of 40 of them)."""
    u, x, _, w = case.draw(seed=1)
    du = gradient(case.net, u, x, w)
    step = 1e-5
    chosen = np.random.default_rng(2).permutation(u.size)[:40]
    for i in chosen:
        e = np.zeros_like(u)
        e[i] = step
        difference = np.sum(w * (case.net.forward(u + e, x)[0] - case.net.forward(u - e, x)[0])) / (2 * step)
        assert abs(du[i] - difference) <= 1e-8 * max(1.0, float(np.max(np.abs(du))))


@every_case
def test_float32_agrees_with_float64(case):
    """Oracle: the same computation in float64 on the same (rounded) data."""
    u, x, v, w = case.draw(np.float32)
    wide = [a.astype(np.float64) for a in (u, x, v, w)]
    rtol = tol(np.float32, 64)
    out = case.net.forward(u, x)[0]
    assert out.dtype == np.float32
    close(out, case.net.forward(wide[0], wide[1])[0], rtol)
    close(case.net.jvp(u, x, v), case.net.jvp(*wide[:3]), rtol)
    close(gradient(case.net, u, x, w), gradient(case.net, wide[0], wide[1], wide[3]), rtol)


@every_case
@both_dtypes
def test_a_batch_is_its_rows_one_by_one(case, dtype):
    """Oracle: batches of one row; outputs and tangents are stacked, gradients add up."""
    u, x, v, w = case.draw(dtype)
    net, rows = case.net, [slice(i, i + 1) for i in range(N)]
    rtol = tol(dtype, 64)
    close(net.forward(u, x)[0], np.vstack([net.forward(u, x[i])[0] for i in rows]), rtol)
    close(net.jvp(u, x, v), np.vstack([net.jvp(u, x[i], v) for i in rows]), rtol)
    close(gradient(net, u, x, w), np.sum([gradient(net, u, x[i], w[i]) for i in rows], axis=0), rtol)


@every_case
@both_dtypes
def test_strided_fortran_and_read_only_inputs_give_the_same_and_stay_as_they_are(case, dtype):
    """Oracle: contiguous copies of the same numbers."""
    u, x, v, w = case.draw(dtype)
    expected = (case.net.forward(u, x)[0], case.net.jvp(u, x, v), gradient(case.net, u, x, w))

    def every_other(a: np.ndarray) -> np.ndarray:
        return np.repeat(a, 2, axis=0)[::2]

    def backwards(a: np.ndarray) -> np.ndarray:
        return a[::-1].copy()[::-1]

    def by_columns(a: np.ndarray) -> np.ndarray:
        return np.asfortranarray(a)

    def every_other_column(a: np.ndarray) -> np.ndarray:
        return np.repeat(a, 2, axis=-1)[..., ::2]

    for view in (every_other, backwards, by_columns, every_other_column):
        inputs = [view(a) for a in (u, x, v, w)]
        for a in inputs:
            a.flags.writeable = False
        uu, xx, vv, ww = inputs
        close(case.net.forward(uu, xx)[0], expected[0], tol(dtype, 64))
        close(case.net.jvp(uu, xx, vv), expected[1], tol(dtype, 64))
        close(gradient(case.net, uu, xx, ww), expected[2], tol(dtype, 64))
        for a, before in zip(inputs, (u, x, v, w), strict=True):
            np.testing.assert_array_equal(a, before)


@every_case
def test_backward_may_be_called_twice_on_one_cache_and_after_other_passes(case):
    u, x, v, w = case.draw()
    out, cache = case.net.forward(u, x)
    first, kept = case.net.backward(cache, w), out.copy()
    case.net.forward(u + v, x)
    case.net.backward(cache, 2 * w)
    np.testing.assert_array_equal(case.net.backward(cache, w), first)
    np.testing.assert_array_equal(out, kept)


@every_case
def test_threads_share_a_network(case):
    """Oracle: the same passes one after the other, bit for bit."""
    jobs = [case.draw(seed=seed, n=50) for seed in range(4)]
    expected = [gradient(case.net, u, x, w) for u, x, _, w in jobs]
    results: list[list[np.ndarray]] = [[] for _ in jobs]

    def work(i: int) -> None:
        u, x, _, w = jobs[i]
        results[i] = [gradient(case.net, u, x, w) for _ in range(20)]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for found, one in zip(results, expected, strict=True):
        assert len(found) == 20
        for du in found:
            np.testing.assert_array_equal(du, one)


@every_case
def test_init_is_determined_by_its_seed_and_keeps_the_dtype_asked_for(case):
    net = case.net
    a, b = net.init(5), net.init(np.random.default_rng(5))
    np.testing.assert_array_equal(a, b)
    assert a.shape == (net.n_params,)
    assert a.dtype == np.float64
    assert np.all(a != net.init(6))
    narrow = net.init(5, dtype=np.float32)
    assert narrow.dtype == np.float32
    np.testing.assert_array_equal(narrow, a.astype(np.float32))


@every_case
def test_description_is_json_and_the_network_pickles_for_worker_processes(case):
    description = case.net.to_dict()
    assert json.loads(json.dumps(description)) == description
    assert description["name"] == type(case.net).__name__
    twin = pickle.loads(pickle.dumps(case.net))
    assert twin == case.net
    assert twin.n_params == case.net.n_params


@every_case
def test_wrong_input_is_refused_in_one_line_that_names_it(case):
    net = case.net
    u, x, v, w = case.draw()
    _, cache = net.forward(u, x)
    wrong = [
        (InputError, r"u must have shape \(\d+,\), got", lambda: net.forward(u[:-1], x)),
        (InputError, r"u must have shape", lambda: net.forward(u[None], x)),
        (InputTypeError, r"u must be a numpy or cupy array, got list", lambda: net.forward(u.tolist(), x)),
        (
            InputTypeError,
            r"u must be an array of float32 or float64, got dtype int64",
            lambda: net.forward(u.astype(int), x),
        ),
        (InputTypeError, r"u must be .* float16", lambda: net.forward(u.astype(np.float16), x)),
        (InputTypeError, r"u must be .* >f8", lambda: net.forward(u.astype(">f8"), x)),
        (InputError, r"x must have", lambda: net.forward(u, x[:, :, None])),
        (InputError, r"v must have shape", lambda: net.jvp(u, x, np.append(v, 0.0))),
        (InputTypeError, r"v must have dtype float64", lambda: net.jvp(u, x, v.astype(np.float32))),
        (InputError, r"dout must have shape", lambda: net.backward(cache, w[:, :-1])),
        (InputError, r"dout must have shape \[7, \d\], got", lambda: net.backward(cache, w[:-1])),
        (InputTypeError, r"dout must have dtype float64", lambda: net.backward(cache, w.astype(np.float32))),
        (InputTypeError, r"dout must be a numpy or cupy array, got float", lambda: net.backward(cache, 1.0)),
        (InputError, r"scheme must be one of .*; did you mean 'ball'\?", lambda: net.init(0, "bal", 1.0)),
        (InputTypeError, r"dtype must be float32 or float64", lambda: net.init(0, dtype=np.int32)),
        (InputError, r"rng must be >= 0", lambda: net.init(-1)),
    ]
    for error, message, call in wrong:
        with pytest.raises(error, match=message) as caught:
            call()
        assert "\n" not in str(caught.value)


class Shift:
    """T(u, x) = x + u, by the protocol alone."""

    n_params = dim_in = dim_out = 2

    def init(self, rng, scheme="glorot", radius=None, *, dtype=np.float64):
        return np.random.default_rng(rng).standard_normal(2).astype(dtype)

    def forward(self, u, x):
        return x + u, None

    def backward(self, cache, dout):
        return dout.sum(axis=0)

    def jvp(self, u, x, v):
        return np.broadcast_to(v, x.shape)

    def to_dict(self):
        return {"kind": "shift"}


def first_step(net, dtype=np.float64):
    return next(sgd(net, np.eye(2), np.eye(2), np.ones(2, dtype), step=0.5, batch=3, steps=1))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_protocol_is_enough(dtype):
    """Oracle: the equation of the step."""
    found = first_step(Shift(), dtype)
    np.testing.assert_array_equal(found.u, 1 - dtype(0.5) * found.phi)
    assert found.u.dtype == dtype


def test_all_that_a_network_lacks_is_named():
    lacking = SimpleNamespace(n_params=2, dim_out=2, forward=Shift.forward, backward=Shift.backward)
    with pytest.raises(InputTypeError, match=r"^net must be a network, .*, which has no dim_in, init, jvp, to_dict$"):
        first_step(lacking)


@pytest.mark.parametrize(
    ("method", "answer", "message"),
    [
        ("forward", lambda self, u, x: x + u, r"net.forward must give \(out, cache\), got array"),
        ("forward", lambda self, u, x: (x + u, None, x), r"net.forward must give \(out, cache\), got"),
        ("forward", lambda self, u, x: ((x + u).T, None), r"out, float64 \[3, 2\] .* got float64 \[2, 3\]"),
        ("forward", lambda self, u, x: (np.float32(x + u), None), r"out, float64 \[3, 2\] .* got float32 \[3, 2\]"),
        (
            "backward",
            lambda self, cache, dout: dout,
            r"net.backward must give du, float64 \[2\] .* got float64 \[3, 2\]",
        ),
        ("backward", lambda self, cache, dout: None, r"net.backward must give du, float64 \[2\] .* got None"),
    ],
)
def test_what_a_pass_gives_that_is_not_of_the_protocol_is_told_at_the_call(method, answer, message):
    with pytest.raises(InputTypeError, match=message):
        first_step(type("Wrong", (Shift,), {method: answer})())
