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
from swref.networks import MLP, CutOff, Network, Particles, SkipNet, activation, namespace
from swref.networks.activations import ACTIVATIONS
from swref.networks.cut_off import cut_off, smooth_step
from tests.support import tol

N = 7  # points in a batch


def normal_points(rng: np.random.Generator, n: int, dim: int) -> np.ndarray:
    """Inputs x[n, dim] of a network that accepts any points."""
    return rng.standard_normal((n, dim))


def indices(rng: np.random.Generator, n: int, dim: int) -> np.ndarray:
    """Inputs x[n, 1] of five particles."""
    return rng.integers(5, size=(n, dim)).astype(np.float64)


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
    "all connections": Case(SkipNet((3, 5, 4, 2), ("tanh", "softplus"), "gelu")),
    "some connections": Case(SkipNet((2, 4, 5, 3), "relu", connections=[(3, 2), (3, 0), (2, 0), (1, 0), (3, 1)])),
    "shared blocks": Case(
        SkipNet(
            (2, 4, 4, 2, 4),
            ("silu", "tanh", "identity"),
            connections=[(1, 0), (2, 0), (2, 1), (3, 2), (4, 1), (4, 2), (4, 3)],
            shared=[((2, 1), (4, 1), (4, 2)), ((1, 0), (2, 0), (4, 3)), (1, 4)],
        )
    ),
    # Radii that put these u and x in the zones where the cut-offs fall from 1 to 0.
    "cut-off": Case(CutOff(MLP((2, 6, 3)), r_u=3.0, r_x=2.0, eps=1.9)),
    "cut-off of shared blocks": Case(CutOff(SkipNet((2, 3, 3), shared=[(1, 2)]), r_u=2.7, r_x=2.5, eps=2.4)),
    "cut-off inside": Case(CutOff(MLP((3, 8, 2), "relu"), r_u=50.0, r_x=20.0, eps=1.0)),
    "particles": Case(Particles(5, 3), indices),
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


OPERATORS = "add sub mul matmul truediv or rsub rmul rtruediv iadd imul itruediv neg gt lt ne"  # as the networks use
for _name in OPERATORS.split():
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


def test_skip_net_forward_equals_the_explicit_formula():
    """Oracle: h_k = act_k(sum_i h_i A_{k,i} + b_k) on the documented layout cut by hand."""
    net = SkipNet((2, 3, 2), "relu", "tanh")
    u = np.random.default_rng(3).standard_normal(net.n_params)
    x = np.random.default_rng(4).standard_normal((6, 2))
    A10, b1 = u[:6].reshape(2, 3), u[6:9]
    A20, A21, b2 = u[9:13].reshape(2, 2), u[13:19].reshape(3, 2), u[19:]
    h1 = np.maximum(np.einsum("ni,ij->nj", x, A10) + b1, 0)
    expected = np.tanh(np.einsum("ni,ij->nj", x, A20) + np.einsum("ni,ij->nj", h1, A21) + b2)
    close(net.forward(u, x)[0], expected, tol(np.float64, 10))


@pytest.mark.parametrize("net", [MLP((2, 64, 64, 2)), MLP((3, 5, 2), "gelu", "sigmoid"), MLP((2, 3))])
@both_dtypes
def test_skip_net_of_consecutive_connections_is_the_mlp_bit_for_bit(net, dtype):
    """Oracle: the MLP, in all that a network does."""
    twin = SkipNet.of_mlp(net)
    u, x, v, w = Case(net).draw(dtype)
    np.testing.assert_array_equal(twin.init(3, "he"), net.init(3, "he"))
    np.testing.assert_array_equal(twin.forward(u, x)[0], net.forward(u, x)[0])
    np.testing.assert_array_equal(gradient(twin, u, x, w), gradient(net, u, x, w))
    np.testing.assert_array_equal(twin.jvp(u, x, v), net.jvp(u, x, v))


def test_a_shared_gradient_is_the_sum_over_the_blocks():
    """Oracle: the network without sharing, fed the same blocks; the gradients of the blocks of a group are summed."""
    case = CASES["shared blocks"]
    free = SkipNet(case.net.sizes, case.net.activation, connections=case.net.connections)
    u, x, _, w = case.draw()
    wide = np.empty(free.n_params)
    for key, block in free.blocks(wide).items():
        block[...] = case.net.blocks(u)[key]
    np.testing.assert_array_equal(free.forward(wide, x)[0], case.net.forward(u, x)[0])
    expected = np.zeros_like(u)
    for key, block in free.blocks(gradient(free, wide, x, w)).items():
        case.net.blocks(expected)[key][...] += block
    close(gradient(case.net, u, x, w), expected, tol(np.float64, 64))
    assert case.net.n_params < free.n_params


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"connections": [(1, 0), (2, 0), (3, 2)]}, InputError, "out of every hidden layer, got none out of layer 1"),
        ({"connections": [(1, 0), (3, 1)]}, InputError, "into every layer, got none into layer 2"),
        ({"connections": [(1, 0), (1, 0)]}, InputError, r"must be distinct, got \(1, 0\) twice"),
        ({"connections": [(1, 1)]}, InputError, r"connections\[0\] must be a pair \(k, i\) with i < k <= 3"),
        ({"connections": [(4, 0)]}, InputError, r"with i < k <= 3, got \(4, 0\)"),
        ({"connections": [3]}, InputTypeError, r"connections\[0\] must be a pair \(k, i\), got 3"),
        ({"connections": "all"}, InputTypeError, "connections must be a sequence of pairs"),
        ({"shared": [((1, 0), (2, 1))]}, InputError, r"blocks of one shape, got \(2, 4\) for \(1, 0\) and \(4, 4\)"),
        ({"shared": [(1, 2), (2, 1)]}, InputError, r"shared\[1\] names the block 2, which is in a group already"),
        ({"shared": [(1, 7)]}, InputError, r"shared\[0\] names the block 7, which does not exist"),
        ({"shared": [7]}, InputTypeError, r"shared\[0\] must be a group of keys"),
        ({"activation": ("tanh",)}, InputError, "one for each of the 2 hidden layers"),
        ({"activation": ("tanh", "rleu")}, InputError, r"activation\[1\] must be one of .* did you mean 'relu'"),
        ({"activation": 3}, InputTypeError, "activation must be a name or a sequence of names"),
        ({"output_activation": "linear"}, InputError, "output_activation must be one of"),
    ],
)
def test_skip_net_refuses_what_makes_no_network(options, error, message):
    with pytest.raises(error, match=message):
        SkipNet((2, 4, 4, 1), **options)


def test_skip_net_is_rebuilt_from_its_json():
    """Oracle: the network itself."""
    for name in ("all connections", "some connections", "shared blocks"):
        description = json.loads(json.dumps(CASES[name].net.to_dict()))
        del description["name"]
        assert SkipNet(**description) == CASES[name].net


@both_dtypes
def test_smooth_step_is_the_quotient_of_exponentials_and_flat_outside(dtype):
    """Oracle: b(s) / (b(s) + b(1 - s)), b(s) = exp(-1/s), in longdouble; its derivative by the quotient rule."""
    s = np.linspace(-0.5, 1.5, 4001).astype(dtype)
    g, dg = smooth_step(s)
    assert g.dtype == dg.dtype == dtype
    inside = (s > 0.01) & (s < 0.99)
    wide = s[inside].astype(np.longdouble)
    b, c = np.exp(-1 / wide), np.exp(-1 / (1 - wide))
    slope = b * c * (1 / wide**2 + 1 / (1 - wide) ** 2) / (b + c) ** 2
    # exp(-1/s) has the relative error of its argument, up to 100.
    np.testing.assert_allclose(g[inside], (b / (b + c)).astype(np.float64), rtol=100 * tol(dtype))
    np.testing.assert_allclose(dg[inside], slope.astype(np.float64), rtol=100 * tol(dtype), atol=1e-37)
    assert not np.any(g[s <= 0])
    assert np.all(g[s >= 1] == 1)
    assert not np.any(dg[(s <= 0) | (s >= 1)])
    assert np.all(np.diff(g) >= 0)
    assert np.isfinite(dg).all()


@both_dtypes
def test_cut_off_is_1_inside_0_outside_and_its_slope_the_derivative(dtype):
    """Oracle: the definition at |v| <= R - eps and >= R + eps; central differences of float64 between."""
    radius, eps = 3.0, 0.25
    far = np.array([[0.0, 0.0], [2.75, 0.0], [0.0, 3.25], [1e18, 1e18]], dtype)
    chi, slope = cut_off(far, radius, eps)
    assert chi.dtype == slope.dtype == dtype
    assert chi.tolist() == [1, 1, 0, 0]
    assert not np.any(slope)
    v = np.array([[1.8, 2.4]]) * np.linspace(0.95, 1.06, 20)[:, None]
    h = 1e-6 * np.array([[0.6, 0.8]])
    difference = (cut_off(v + h, radius, eps)[0] - cut_off(v - h, radius, eps)[0]) / 2e-6
    found = cut_off(v.astype(dtype), radius, eps)[1] * np.linalg.norm(v, axis=1)
    close(found, difference, 1e-7 if dtype == np.float64 else 1e-3)
    assert np.max(np.abs(difference)) > 1.0


def test_cut_off_leaves_the_network_alone_inside_and_vanishes_outside():
    """Oracle: the network inside, bit for bit; beyond the radii T and every derivative are zero."""
    net = MLP((2, 6, 3))
    u, x, v, w = Case(net).draw()
    inside = CutOff(net, 20.0, 20.0, 1.0)
    for one, other in (
        (inside.forward(u, x)[0], net.forward(u, x)[0]),
        (inside.jvp(u, x, v), net.jvp(u, x, v)),
        (gradient(inside, u, x, w), gradient(net, u, x, w)),
    ):
        np.testing.assert_array_equal(one, other)
    outside = CutOff(net, float(np.linalg.norm(u)) / 2, 20.0, 0.1)
    assert not outside.forward(u, x)[0].any()
    assert not outside.jvp(u, x, v).any()
    assert not gradient(outside, u, x, w).any()
    assert not CutOff(net, 20.0, 1e-3, 1e-4).forward(u, x)[0].any()


def test_cut_off_predicates_and_refusals():
    net = CutOff(MLP((2, 1)), r_u=3.0, r_x=5.0, eps=1.0)
    assert (net.contains_ball(2.0), net.contains_ball(2.1)) == (True, False)
    assert (net.contains_inputs(4.0), net.contains_inputs(4.1)) == (True, False)
    with pytest.raises(InputError, match="eps must be below r_u = 1, got 1"):
        CutOff(MLP((2, 1)), 1.0, 5.0, 1.0)
    with pytest.raises(InputError, match=r"eps must be below r_x = 0.5, got 1"):
        CutOff(MLP((2, 1)), 3.0, 0.5, 1.0)
    with pytest.raises(InputError, match="eps must be > 0"):
        CutOff(MLP((2, 1)), 3.0, 5.0, 0.0)
    with pytest.raises(InputTypeError, match="r_u must be a number"):
        CutOff(MLP((2, 1)), "3", 5.0, 0.1)


@pytest.mark.parametrize("bad", [0.5, -1.0, 5.0, np.nan, np.inf])
def test_particles_refuse_what_is_no_index(bad):
    with pytest.raises(InputError, match=r"x must hold whole numbers from 0 to 4, .* got .* at \[1, 0\]"):
        Particles(5, 2).forward(np.zeros(10), np.array([[0.0], [bad]]))


def test_particles_are_rows_of_u_and_gradients_add_up_by_index():
    """Oracle: numpy indexing and numpy.add.at."""
    net = Particles(4, 3)
    u, w = np.random.default_rng(0).standard_normal((2, 12))
    x = np.array([[3.0], [0.0], [3.0], [1.0]])
    np.testing.assert_array_equal(net.forward(u, x)[0], u.reshape(4, 3)[[3, 0, 3, 1]])
    expected = np.zeros((4, 3))
    np.add.at(expected, [3, 0, 3, 1], w.reshape(4, 3))
    np.testing.assert_array_equal(gradient(net, u, x, w.reshape(4, 3)), expected.ravel())
    np.testing.assert_array_equal(net.forward(u, net.indices())[0].ravel(), u)
