"""The checked public functions: every gradient in any order, layouts, dtypes, and what is refused."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from swref.directions import directions
from swref.errors import InputError, InputTypeError
from swref.sliced import WRT, loss_and_gradient_in_x, sw_loss, sw_loss_and_grad, sw_losses
from swref.sliced.losses import UNIT_TOLERANCE
from tests.sliced.support import DTYPES, KINDS, ORDERS, SIZES, assert_agrees, cloud, some_weights
from tests.support import tol


@pytest.mark.parametrize("backend", ["numpy", "cpu"])
@pytest.mark.parametrize("sizes", ["equal", "unequal"])
def test_every_wrt_in_any_order(sizes, backend):
    n, m = SIZES[sizes]
    generator = np.random.default_rng(2)
    x, y, theta = cloud("random", generator, n, 2), cloud("random", generator, m, 2), directions(1, 4, 2)
    loss, grads = sw_loss_and_grad(x, y, theta, wrt=WRT, backend=backend)
    by_name = dict(zip(WRT, grads, strict=True))
    shapes = {"x": x.shape, "y": y.shape, "theta": theta.shape, "x_weights": (n,), "y_weights": (m,)}
    for wrt in itertools.chain.from_iterable(itertools.permutations(WRT, k) for k in range(4)):
        same_loss, some = sw_loss_and_grad(x, y, theta, wrt=wrt, backend=backend)
        assert isinstance(same_loss, float)
        assert same_loss == pytest.approx(loss, rel=tol(np.float64, n + m))
        assert [grad.shape for grad in some] == [shapes[name] for name in wrt]
        for name, grad in zip(wrt, some, strict=True):
            np.testing.assert_allclose(grad, by_name[name], rtol=0, atol=tol(np.float64, n + m) * 10)
    for name in WRT:
        alone = sw_loss_and_grad(x, y, theta, wrt=name, backend=backend)[1]
        np.testing.assert_allclose(alone, by_name[name], rtol=0, atol=tol(np.float64, n + m) * 10)
        assert alone.flags.writeable
        assert alone.flags.c_contiguous


def layouts(a: np.ndarray) -> dict[str, np.ndarray]:
    """The same values behind other strides, flags and containers."""
    padded = np.full((2 * a.shape[0], 3 * a.shape[1]), np.nan, a.dtype)
    padded[::2, ::3] = a
    read_only = a.copy()
    read_only.flags.writeable = False
    shifted = np.zeros(a.nbytes + 1, np.uint8)[1:].view(a.dtype).reshape(a.shape)
    shifted[...] = a
    return {
        "strided": padded[::2, ::3],
        "fortran": np.asfortranarray(a),
        "read_only": read_only,
        "backwards": a[::-1, ::-1].copy()[::-1, ::-1],
        "misaligned": shifted,
        "list": a.tolist(),
    }


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", ["strided", "fortran", "read_only", "backwards", "misaligned", "list"])
def test_strides_and_containers_change_no_bit(layout, dtype):
    """Of the "cpu" backend; NumPy's own products round by strides, so the specification only agrees."""
    generator = np.random.default_rng(4)
    if layout == "list":
        dtype = np.float64
    x, y = generator.standard_normal((9, 3)).astype(dtype), generator.standard_normal((9, 3)).astype(dtype)
    theta, wx, wy = directions(3, 6, 3).astype(dtype), some_weights(generator, 9), some_weights(generator, 9)
    other_x, other_y, other_theta = (layouts(v)[layout] for v in (x, y, theta))
    strided = {"strided": np.repeat(wx, 2)[::2], "backwards": wx[::-1].copy()[::-1], "list": wx.tolist()}
    for weights, others in (((None, None), (None, None)), ((wx, wy), (strided.get(layout, wx), wy))):
        for wrt in (("x",), ("y",), WRT):
            options = {"x_weights": weights[0], "y_weights": weights[1], "wrt": wrt}
            loss, grads = sw_loss_and_grad(x, y, theta, **options, backend="cpu")
            options |= {"x_weights": others[0], "y_weights": others[1]}
            same, same_grads = sw_loss_and_grad(other_x, other_y, other_theta, **options, backend="cpu")
            assert same == loss
            assert [g.tobytes() for g in same_grads] == [g.tobytes() for g in grads]
            assert_agrees(other_x, other_y, other_theta, 2.0, *others, wrt)


def test_broadcast_views_with_zero_strides():
    y, theta = np.random.default_rng(5).standard_normal((6, 2)), directions(1, 3, 2)
    one = np.array([[0.5, -1.0]])
    assert_agrees(np.broadcast_to(one, (6, 2)), y, theta)
    assert_agrees(y, np.broadcast_to(one, (4, 2)), np.broadcast_to(theta[:1], (3, 2)))


@pytest.mark.parametrize("backend", ["numpy", "cpu"])
def test_inputs_are_not_written_to(backend):
    generator = np.random.default_rng(7)
    x, y, theta = generator.standard_normal((8, 2)), generator.standard_normal((8, 2)), directions(1, 5, 2)
    wx, wy = some_weights(generator, 8), some_weights(generator, 8)
    before = [a.copy() for a in (x, y, theta, wx, wy)]
    sw_loss(x, y, theta, backend=backend)
    sw_loss_and_grad(x, y, theta, backend=backend)
    sw_loss_and_grad(x, y, theta, x_weights=wx, y_weights=wy, wrt=WRT, backend=backend)
    for a, b in zip((x, y, theta, wx, wy), before, strict=True):
        assert a.tobytes() == b.tobytes()


def test_the_dtype_is_float32_only_where_both_clouds_are():
    x, theta = np.ones((3, 2)), np.eye(2)
    for a, b, want in (
        (np.float32, np.float32, np.float32),
        (np.float32, np.float64, np.float64),
        (np.int64, np.float32, np.float64),
        (np.int8, np.uint16, np.float64),
    ):
        for backend in ("numpy", "cpu"):
            _, dx = sw_loss_and_grad(x.astype(a), x.astype(b), theta, backend=backend)
            assert dx.dtype == want


@pytest.mark.parametrize("p", ORDERS)
@pytest.mark.parametrize("kind", KINDS)
def test_equal_clouds_have_loss_and_gradient_exactly_zero(kind, p):
    """Permuted and doubled copies too: the fast path, the coupled path, both dtypes."""
    generator = np.random.default_rng(8)
    for dtype in DTYPES:
        x = cloud(kind, generator, 40, 3).astype(dtype)
        theta = directions(2, 7, 3)
        for y in (x, x[generator.permutation(40)], np.repeat(x, 3, axis=0)):
            for wrt in (("x",), ("y",), ("x", "y", "theta")):
                loss, grads = sw_loss_and_grad(x, y, theta, p=p, wrt=wrt, backend="cpu")
                assert loss == 0
                assert not any(grad.any() for grad in grads)


def test_exchanging_the_clouds_exchanges_the_gradients():
    generator = np.random.default_rng(9)
    x, y, theta = generator.standard_normal((9, 2)), generator.standard_normal((6, 2)), directions(1, 5, 2)
    loss, grads = sw_loss_and_grad(x, y, theta, p=1.5, wrt=("x", "y", "x_weights", "y_weights"), backend="cpu")
    swapped, others = sw_loss_and_grad(y, x, theta, p=1.5, wrt=("y", "x", "y_weights", "x_weights"), backend="cpu")
    assert swapped == pytest.approx(loss, rel=tol(np.float64, 15))
    for a, b in zip(grads, others, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=tol(np.float64, 75) * 10)


@pytest.mark.parametrize("n", [12, 1200])
def test_gradients_in_both_clouds_have_the_bits_that_they_have_alone(n):
    x, y = np.random.default_rng(3).standard_normal((2, n, 2))
    theta = directions(5, 20, 2)
    alone = {name: sw_loss_and_grad(x, y, theta, wrt=name) for name in ("x", "y")}
    for wrt in (("x", "y"), ("y", "x")):
        loss, grads = sw_loss_and_grad(x, y, theta, wrt=wrt)
        assert loss == alone["x"][0] == alone["y"][0]
        assert [grad.tobytes() for grad in grads] == [alone[name][1].tobytes() for name in wrt]


def test_unchecked_function_for_loops_is_the_checked_one():
    x, y = np.random.default_rng(2).standard_normal((2, 12, 3))
    theta = directions(4, 5, 3)
    for backend in ("numpy", "cpu", "auto"):
        loss, dx = loss_and_gradient_in_x(backend, 1.5)(x, y, theta)
        want, dx_want = sw_loss_and_grad(x, y, theta, p=1.5, backend=backend)
        assert loss == want
        np.testing.assert_array_equal(dx, dx_want)


X = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
THETA = np.eye(2)


def with_entry(value: float, a: np.ndarray = X) -> np.ndarray:
    out = a.copy()
    out[1, 0] = value
    return out


BAD = {
    "columns": ({"y": np.ones((3, 4))}, InputError, r"x and y .* columns.*\(3, 2\).*\(3, 4\)"),
    "no points": ({"x": np.ones((0, 2))}, InputError, r"x must hold at least one point.*\(0, 2\)"),
    "no points y": ({"y": []}, InputError, r"y must have two axes.*\(0,\)"),
    "no coordinates": ({"x": np.ones((3, 0)), "y": np.ones((3, 0))}, InputError, r"x must hold.*\(3, 0\)"),
    "one axis": ({"x": [1.0, 2.0]}, InputError, r"x must have two axes \[n, d\], got shape \(2,\)"),
    "three axes": ({"y": np.ones((2, 2, 2))}, InputError, r"y must have two axes.*\(2, 2, 2\)"),
    "scalar": ({"x": 3.0}, InputError, r"x must have two axes.*\(\)"),
    "no directions": ({"theta": np.ones((0, 2))}, InputError, r"theta .*\(0, 2\)"),
    "theta columns": ({"theta": np.eye(3)}, InputError, r"theta must have 2 columns, got shape \(3, 3\)"),
    "theta long": ({"theta": 2 * THETA}, InputError, r"theta must have rows of length 1, got length 2 in row 0"),
    "theta zero row": ({"theta": [[1.0, 0.0], [0.0, 0.0]]}, InputError, r"theta .* length 0 in row 1"),
    "theta nan": ({"theta": with_entry(np.nan, THETA)}, InputError, r"theta must be finite, got nan at \[1, 0\]"),
    "x nan": ({"x": with_entry(np.nan)}, InputError, r"x must be finite, got nan at \[1, 0\]"),
    "y inf": ({"y": with_entry(np.inf)}, InputError, r"y must be finite, got inf at \[1, 0\]"),
    "y -inf": ({"y": with_entry(-np.inf)}, InputError, r"y must be finite, got -inf at \[1, 0\]"),
    "weights nan": ({"x_weights": [np.nan, 0.5, 0.5]}, InputError, r"x_weights must be finite, got nan at \[0\]"),
    "weights inf": ({"y_weights": [np.inf, 0.5, 0.5]}, InputError, r"y_weights must be finite, got inf at \[0\]"),
    "weights < 0": ({"x_weights": [1.5, -0.5, 0.0]}, InputError, r"x_weights must be non-negative, got -0.5 at \[1\]"),
    "weights sum": ({"y_weights": [0.5, 0.5, 0.5]}, InputError, r"y_weights must sum to 1, got a sum of 1.5"),
    "weights zero": ({"y_weights": np.zeros(3)}, InputError, r"y_weights must sum to 1, got a sum of 0"),
    "weights length": ({"x_weights": [0.5, 0.5]}, InputError, r"x_weights must have shape \(3,\).*got \(2,\)"),
    "weights axes": ({"x_weights": np.full((3, 1), 1 / 3)}, InputError, r"x_weights must have shape \(3,\)"),
    "p < 1": ({"p": 0.5}, InputError, r"p must be >= 1, got 0.5"),
    "p nan": ({"p": float("nan")}, InputError, r"p must be finite, got nan"),
    "p inf": ({"p": float("inf")}, InputError, r"p must be finite, got inf"),
    "p str": ({"p": "2"}, InputTypeError, r"p must be a number, got '2'"),
    "p bool": ({"p": True}, InputTypeError, r"p must be a number, got True"),
    "p None": ({"p": None}, InputTypeError, r"p must be a number, got None"),
    "backend": ({"backend": "nunpy"}, InputError, r"backend must be one of .*'nunpy'; did you mean 'numpy'"),
    "backend type": ({"backend": None}, InputError, r"backend must be one of .*got None"),
    "float16": ({"x": X.astype(np.float16)}, InputTypeError, r"x must be an array of float32.*float16"),
    "complex": ({"y": X.astype(complex)}, InputTypeError, r"y must be an array of float32.*complex128"),
    "object": ({"x": X.astype(object)}, InputTypeError, r"x must be an array of float32.*dtype object"),
    "strings": ({"x": [["a", "b"]]}, InputTypeError, r"x must be an array of float32.*got text"),
    "None": ({"y": None}, InputTypeError, r"y must be an array of float32.*NoneType"),
    "theta complex": ({"theta": THETA.astype(complex)}, InputTypeError, r"theta must be an array.*complex128"),
    "weights str": ({"x_weights": ["a", "b", "c"]}, InputTypeError, r"x_weights must be an array.*got text"),
    "ragged": ({"x": [[1.0, 2.0], [3.0]]}, InputError, r"x must be a rectangular array"),
    "ragged theta": ({"theta": [[1.0, 0.0], [1.0]]}, InputError, r"theta must be a rectangular array"),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("function", [sw_loss, sw_losses, sw_loss_and_grad])
def test_bad_input_is_named(function, case):
    change, error, message = BAD[case]
    builtin = ValueError if error is InputError else TypeError
    arguments = {"x": X, "y": X, "theta": THETA} | change
    with pytest.raises(error, match=message) as caught:
        function(**arguments)
    assert isinstance(caught.value, builtin)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("wrt", "message"),
    [
        ("X", r"wrt must be one of x, y, theta, x_weights, y_weights, got 'X'"),
        ("x_weight", r"'x_weight'; did you mean 'x_weights'\?"),
        (("x", "thet"), r"'thet'; did you mean 'theta'\?"),
        (("x", 3), r"wrt must be one of .*got 3"),
    ],
)
def test_bad_wrt_is_named(wrt, message):
    with pytest.raises(InputError, match=message):
        sw_loss_and_grad(X, X, THETA, wrt=wrt)


@pytest.mark.parametrize("wrt", [None, 5, np.array(["x"])])
def test_wrt_of_a_wrong_type_is_named(wrt):
    with pytest.raises(TypeError, match=r"wrt must be"):
        sw_loss_and_grad(X, X, THETA, wrt=wrt)


@pytest.mark.parametrize("n", [8, 40, 300])
def test_values_at_the_end_of_the_range_are_ordered_without_a_warning(n):
    """Differences of the projections overflow; oracle: x against itself costs nothing, whatever its order."""
    rng = np.random.default_rng(n)
    x = (1.2e308 + 0.3e308 * rng.random((n, 1))) * rng.choice([-1.0, 1.0], (n, 1))
    loss, dx = sw_loss_and_grad(x, x.copy(), np.ones((1, 1)), p=1.0)
    assert loss == 0.0
    assert not dx.any()
    assert sw_loss_and_grad(x, np.zeros_like(x), np.ones((1, 1)))[0] == np.inf


def test_a_loss_beyond_the_range_is_infinite_without_a_warning():
    x, theta = np.full((1, 1), 1.2e155), np.ones((2, 1))
    assert sw_loss_and_grad(x, np.zeros((1, 1)), theta)[0] == np.inf


def test_a_backend_that_is_no_name_is_refused_on_every_path():
    x, theta = np.ones((4, 2)), np.array([[1.0, 0.0]])
    for backend in (np.array("cpu"), np.array(["cpu"]), None):
        with pytest.raises(InputError, match="backend must be one of"):
            sw_loss_and_grad(x, x, theta, backend=backend)


@pytest.mark.parametrize("backend", ["cpu", "numpy"])
def test_a_mean_is_finite_where_the_sum_is_not(backend):
    """Oracle: one point and the origin, over the axes: |x|^2 / 2."""
    loss = sw_loss([[1.2e154, 1.2e154]], [[0.0, 0.0]], np.eye(2), backend=backend)
    assert loss == pytest.approx(1.44e308, rel=1e-14)


@pytest.mark.parametrize("L", [1, 2])
def test_directions_are_unit_vectors_to_the_tolerance(L):
    """Oracle: the squares of the norms, on both sides of twice the tolerance."""
    theta = np.eye(2)[:L]
    for share, right in ((0.9, True), (-0.9, True), (1.1, False), (-1.1, False)):
        off = theta.copy()
        off[-1] *= np.sqrt(1 + share * 2 * UNIT_TOLERANCE)
        if right:
            sw_loss(np.eye(2), np.eye(2), off)
        else:
            with pytest.raises(InputError, match="theta"):
                sw_loss(np.eye(2), np.eye(2), off)
