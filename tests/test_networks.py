"""Networks: what every network satisfies, tested over one list, then the MLP and its initial laws."""

from __future__ import annotations

import json
import pickle
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from scipy import stats

from swref.errors import InputError, InputTypeError
from swref.networks import MLP, Network, activation, namespace
from swref.networks.activations import ACTIVATIONS
from tests.support import tol

N = 7  # points in a batch


def normal_points(rng: np.random.Generator, n: int, dim: int) -> np.ndarray:
    """Inputs x[n, dim] of a network that accepts any points."""
    return rng.standard_normal((n, dim))


@dataclass(frozen=True)
class Case:
    """A network, how to draw inputs for it, and the arguments of its `init`."""

    net: Network
    points: Callable[[np.random.Generator, int, int], np.ndarray] = normal_points

    def draw(self, dtype: Any = np.float64, n: int = N, seed: int = 0) -> tuple[np.ndarray, ...]:
        """Seeded u[d_u], x[n, dx], v[d_u], w[n, d]; float32 data are the float64 data rounded."""
        rng = np.random.default_rng(seed)
        net = self.net
        u, x = net.init(rng), self.points(rng, n, net.dim_in)
        v, w = rng.standard_normal(net.n_params), rng.standard_normal((n, net.dim_out))
        return tuple(a.astype(dtype) for a in (u, x, v, w))


CASES = {
    "one affine layer": Case(MLP((3, 2))),
    "scalar to scalar": Case(MLP((1, 1, 1))),
    "2-64-64-2": Case(MLP((2, 64, 64, 2))),
    "uneven": Case(MLP((3, 5, 1, 8, 2))),
    "output activation": Case(MLP((2, 6, 3), "relu", "sigmoid")),
    **{name: Case(MLP((2, 6, 5, 3), name)) for name in ACTIVATIONS},
}
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def close(actual: Any, expected: Any, rtol: float) -> None:
    """Assert that arrays agree within rtol times the largest entry expected."""
    assert np.shape(actual) == np.shape(expected)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=rtol * max(float(np.max(np.abs(expected))), 1e-30))


def gradient(net: Network, u: np.ndarray, x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return net.backward(net.forward(u, x)[1], w)


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
        (InputError, r"v must have shape", lambda: net.jvp(u, x, np.append(v, 0.0))),
        (InputTypeError, r"v must have dtype float64", lambda: net.jvp(u, x, v.astype(np.float32))),
        (InputError, r"dout must have shape", lambda: net.backward(cache, w[:, :-1])),
        (InputError, r"dout must have shape \[7, \d\], got", lambda: net.backward(cache, w[:-1])),
        (InputTypeError, r"dout must have dtype float64", lambda: net.backward(cache, w.astype(np.float32))),
        (InputTypeError, r"dout must be a numpy or cupy array, got float", lambda: net.backward(cache, 1.0)),
        (InputError, r"scheme must be one of .*; did you mean 'ball'\?", lambda: net.init(0, "bal", 1.0)),
        (InputTypeError, r"dtype must be float32 or float64", lambda: net.init(0, dtype=np.int32)),
        (InputError, r"seed must be >= 0", lambda: net.init(-1)),
    ]
    for error, message, call in wrong:
        with pytest.raises(error, match=message) as caught:
            call()
        assert "\n" not in str(caught.value)


def test_mlp_refuses_inputs_of_another_dtype_or_shape():
    net = MLP((2, 4, 1))
    u, x = net.init(0), np.zeros((3, 2))
    for bad in (x[:, :1], x[0], x[:0], x[None]):
        with pytest.raises(InputError, match=r"x must have shape \[n, 2\] with n >= 1, got"):
            net.forward(u, bad)
    with pytest.raises(InputTypeError, match="x must have dtype float64 as the parameters have, got float32"):
        net.forward(u, x.astype(np.float32))
    with pytest.raises(InputTypeError, match="x must be a numpy or cupy array, got list"):
        net.forward(u, x.tolist())
    with pytest.raises(InputError, match=r"u must have shape \(17,\)"):
        net.layers(np.zeros(3))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (((2,),), InputError, "sizes must name at least an input and an output dimension"),
        (((2, 0, 1),), InputError, r"sizes\[1\] must be >= 1, got 0"),
        (((2, 3.0),), InputTypeError, r"sizes\[1\] must be an integer, got 3.0"),
        ((5,), InputTypeError, "sizes must be a sequence of integers, got 5"),
        (("23",), InputTypeError, "sizes must be a sequence of integers, got '23'"),
        (((2, 1), "Tanh"), InputError, "activation must be one of .* did you mean 'tanh'"),
        (((2, 1), "tanh", "linear"), InputError, "output_activation must be one of"),
    ],
)
def test_mlp_refuses_wrong_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        MLP(*arguments)


def test_mlp_forward_equals_the_explicit_formula():
    """Oracle: h W + b written as einsum, on the documented layout cut by hand."""
    net = MLP([3, 4, 5, 2], "softplus", "tanh")
    u = np.random.default_rng(3).standard_normal(net.n_params)
    x = np.random.default_rng(4).standard_normal((6, 3))
    h, start = x, 0
    for d_in, d_out, act in [(3, 4, "softplus"), (4, 5, "softplus"), (5, 2, "tanh")]:
        W = [[u[start + i * d_out + j] for j in range(d_out)] for i in range(d_in)]
        start += d_in * d_out
        z = np.einsum("ni,ij->nj", h, np.array(W)) + u[start : start + d_out]
        start += d_out
        h = np.log(1 + np.exp(z)) if act == "softplus" else np.sinh(z) / np.cosh(z)
    assert start == net.n_params == 16 + 25 + 12
    close(net.forward(u, x)[0], h, tol(np.float64, 10))


def test_layers_are_views_of_the_flat_vector():
    net = MLP((2, 3, 1))
    u = np.arange(float(net.n_params))
    layers = net.layers(u)
    assert [(W.shape, b.shape) for W, b in layers] == [((2, 3), (3,)), ((3, 1), (1,))]
    for view in [array for layer in layers for array in layer]:
        assert np.shares_memory(view, u)
    layers[0][1][2] = -1.0  # b_1[2] stands after the six entries of W_1
    layers[1][0][0, 0] = -2.0
    assert u[8] == -1.0
    assert u[9] == -2.0


def test_the_output_does_not_keep_the_hidden_layers_alive():
    """Oracle: the owner of the output's memory is as large as the output."""
    net = MLP((2, 500, 3))
    out, _ = net.forward(net.init(0), np.zeros((10, 2)))
    owner = out if out.base is None else out.base
    assert owner.nbytes == out.nbytes


def test_array_subclasses_do_not_bring_their_own_product():
    """Oracle: the plain array; for numpy.matrix `*` would be a matrix product."""
    net = MLP((3, 3))
    u, x, _, w = Case(net).draw(n=3)
    with pytest.warns(PendingDeprecationWarning):
        matrix, dout = np.matrix(x), np.matrix(w)
    out, cache = net.forward(u, matrix)
    assert type(out) is np.ndarray
    np.testing.assert_array_equal(out, net.forward(u, x)[0])
    np.testing.assert_array_equal(net.backward(cache, dout), gradient(net, u, x, w))


def test_networks_of_equal_arguments_are_equal_and_frozen():
    net = MLP([2, 8, 1], "relu")
    assert net == MLP((2, 8, 1), "relu")
    assert hash(net) == hash(MLP((2, 8, 1), "relu"))
    assert net != MLP((2, 8, 1))
    with pytest.raises(AttributeError):
        net.sizes = (2, 1)


@pytest.mark.parametrize(
    ("scheme", "bounds"),
    [
        ("glorot", (np.sqrt(6 / 68), np.sqrt(6 / 66))),
        ("he", (np.sqrt(6 / 4), np.sqrt(6 / 64))),
        ("lecun", (np.sqrt(3 / 4), np.sqrt(3 / 64))),
    ],
)
def test_schemes_are_uniform_on_their_box(scheme, bounds):
    """Oracle: the published half-widths; Kolmogorov-Smirnov against the uniform law on them."""
    net = MLP((4, 64, 2))
    draws = [net.layers(net.init(seed, scheme)) for seed in range(40)]
    for k, weight_bound in enumerate(bounds):
        for part, bound in enumerate((weight_bound, net.sizes[k] ** -0.5)):
            sample = np.concatenate([layers[k][part].ravel() for layers in draws])
            assert np.max(np.abs(sample)) <= bound
            assert np.all(sample != 0)
            assert stats.kstest(sample, "uniform", args=(-bound, 2 * bound)).pvalue > 1e-3


def test_ball_is_uniform_in_the_ball():
    """Oracle: (||u|| / R)^d_u is uniform on [0, 1], and a coordinate of the direction has the law of the sphere."""
    net, radius = MLP((1, 2, 1)), 3.0
    u = np.array([net.init(seed, "ball", radius) for seed in range(2000)])
    norms = np.linalg.norm(u, axis=1)
    d_u = net.n_params
    assert norms.max() <= radius * (1 + tol(np.float64))
    assert stats.kstest((norms / radius) ** d_u, "uniform").pvalue > 1e-3
    # (1 + c) / 2 has the law Beta((d-1)/2, (d-1)/2) for a coordinate c of a uniform direction.
    for coordinate in (u / norms[:, None]).T:
        assert stats.kstest((1 + coordinate) / 2, "beta", args=((d_u - 1) / 2, (d_u - 1) / 2)).pvalue > 1e-3


@pytest.mark.parametrize("radius", [None, 0.0, -1.0, np.inf, np.nan])
def test_ball_needs_a_positive_finite_radius(radius):
    with pytest.raises(InputError, match="radius must be"):
        MLP((1, 1)).init(0, "ball", radius)


def test_a_radius_that_would_be_ignored_is_refused():
    with pytest.raises(InputError, match="radius must be None with the scheme he"):
        MLP((1, 1)).init(0, "he", 1.0)


class DeviceArray:
    """A stand-in for cupy.ndarray: it computes only with its own kind, and NumPy functions refuse it."""

    __array_ufunc__ = None

    def __init__(self, host: np.ndarray) -> None:
        self.host = host

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        raise TypeError("implicit conversion to a NumPy array is not allowed")

    def __getattr__(self, name: str) -> Any:
        return on_device(getattr(self.host, name))

    def __len__(self) -> int:
        return len(self.host)

    def __getitem__(self, key: Any) -> Any:
        return on_device(self.host[key])


def on_device(value: Any) -> Any:
    """`value` with arrays wrapped, and functions made to unwrap their arguments and wrap their result."""
    if isinstance(value, np.ndarray):
        return DeviceArray(value)
    if callable(value) and not isinstance(value, type):
        return lambda *args, **kwargs: on_device(
            value(*map(to_host, args), **{key: to_host(arg) for key, arg in kwargs.items()})
        )
    return value


def to_host(value: Any) -> Any:
    if isinstance(value, DeviceArray):
        return value.host
    if isinstance(value, np.ndarray) and value.ndim > 0:
        raise TypeError("a NumPy array met a device function")
    return value


def _operator(name: str) -> Callable[..., Any]:
    def apply(self: DeviceArray, *others: Any) -> Any:
        result = getattr(self.host, name)(*map(to_host, others))
        return self if name.startswith("__i") else on_device(result)

    return apply


for _name in ("add", "mul", "matmul", "rsub", "rmul", "truediv", "iadd", "imul", "itruediv", "neg", "gt"):
    setattr(DeviceArray, f"__{_name}__", _operator(f"__{_name}__"))


@pytest.fixture
def device(monkeypatch):
    """Stand-ins for the modules cupy and cupyx.scipy.special over DeviceArray."""
    from scipy import special

    class Wrapped(ModuleType):
        def __init__(self, name: str, library: ModuleType) -> None:
            super().__init__(name)
            self._library = library

        def __getattr__(self, name: str) -> Any:
            return on_device(getattr(self._library, name))

    kind = type("ndarray", (DeviceArray,), {"__module__": "cupy"})
    monkeypatch.setattr(sys.modules[__name__], "DeviceArray", kind)
    monkeypatch.setitem(sys.modules, "cupy", Wrapped("cupy", np))
    monkeypatch.setitem(sys.modules, "cupyx", ModuleType("cupyx"))
    monkeypatch.setitem(sys.modules, "cupyx.scipy", ModuleType("cupyx.scipy"))
    monkeypatch.setitem(sys.modules, "cupyx.scipy.special", Wrapped("cupyx.scipy.special", special))
    return kind


@every_case
@both_dtypes
def test_arrays_of_another_library_stay_in_it(case, dtype, device):
    """Oracle: NumPy, bit for bit; the stand-in for CuPy refuses to mix with NumPy arrays."""
    u, x, v, w = case.draw(dtype)
    out, cache = case.net.forward(device(u), device(x))
    found = (out, case.net.backward(cache, device(w)), case.net.jvp(device(u), device(x), device(v)))
    expected = (case.net.forward(u, x)[0], gradient(case.net, u, x, w), case.net.jvp(u, x, v))
    for one, other in zip(found, expected, strict=True):
        assert isinstance(one, device)
        assert one.dtype == dtype
        np.testing.assert_array_equal(one.host, other)
    with pytest.raises(InputTypeError, match="x must be a cupy array as the parameters are, got numpy"):
        case.net.forward(device(u), x)


def test_namespace_is_the_library_of_the_array(device):
    assert namespace(np.zeros(2)) is np
    assert namespace(device(np.zeros(2))).__name__ == "cupy"
    with pytest.raises(InputTypeError, match="expected a numpy or cupy array, got list"):
        namespace([1.0])


def test_every_activation_of_the_mlp_is_looked_up_by_name():
    net = MLP((2, 3, 3, 1), "silu", "softplus")
    assert net.activations == (activation("silu"), activation("silu"), activation("softplus"))
