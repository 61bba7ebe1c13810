"""The "cpu" backend against the NumPy specification, and the checks of the public functions.

Loss and gradients are sums of rounded terms: each is compared on the scale of the sum of its terms' sizes, computed
from the specification's coupling, so that cancellation neither hides an error nor fails a right answer.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from swref.directions import directions
from swref.errors import InputError, InputTypeError
from swref.kernels import bodies
from swref.kernels.cpu import backend as cpu
from swref.kernels.cpu import rows
from swref.kernels.cpu.side import Side
from swref.sliced import WRT, loss_and_gradient_in_x, sw_estimate, sw_loss, sw_loss_and_grad, sw_losses
from swref.spec import match, project, stable_order
from tests.support import tol

ORDERS = (1.0, 1.5, 2.0, 3.0)
DTYPES = (np.float32, np.float64)
SIZES = {
    "equal": (17, 17),
    "unequal": (11, 18),
    "one": (1, 1),
    "one_to_many": (1, 8),
    "two": (2, 2),
    "multiple": (6, 24),
}


def some_weights(generator: np.random.Generator, n: int) -> np.ndarray:
    """Random probabilities; a quarter of them zero."""
    w = generator.uniform(0.1, 1.0, n)
    w[generator.permutation(n)[: n // 4]] = 0
    return w / w.sum()


def term_sizes(x, y, theta, p, wx, wy) -> dict[str, np.ndarray]:
    """For the loss and every gradient, the mean over the directions of the sum of its terms' sizes, in float64.

    With weights the masses are differences of rounded cumulative sums, known to rounding of 1, not of themselves: at
    almost coinciding levels a pair may carry 1e-17 or nothing. So every point counts with mass 1 then.
    """
    n, m, L = len(x), len(y), len(theta)
    sizes = {"loss": 0.0, "x": np.zeros(x.shape), "y": np.zeros(y.shape), "theta": np.zeros(theta.shape)}
    largest_cost = 0.0
    x64, y64, theta64 = (np.abs(v.astype(np.float64)) for v in (x, y, theta))
    for l, (px, py) in enumerate(zip(project(x, theta), project(y, theta), strict=True)):
        px, py = px.astype(np.float64), py.astype(np.float64)
        k = match(px, py, wx, wy)
        D = np.abs(px[k.i] - py[k.j])
        farthest = max(px.max() - py.min(), py.max() - px.min())
        c, e = (np.bincount(i, k.mass * p * D ** (p - 1), size) for i, size in ((k.i, n), (k.j, m)))
        sizes["loss"] += (k.mass @ D**p) / L
        if wx is not None or wy is not None:
            sizes["loss"] += farthest**p / L
            c, e = c + p * farthest ** (p - 1), e + p * farthest ** (p - 1)
        sizes["x"] += np.outer(c, theta64[l]) / L
        sizes["y"] += np.outer(e, theta64[l]) / L
        sizes["theta"][l] = (c @ x64 + e @ y64) / L
        largest_cost += farthest**p / L
    return sizes | {"x_weights": np.full(n, largest_cost), "y_weights": np.full(m, largest_cost)}


def assert_agrees(x, y, theta, p=2.0, wx=None, wy=None, wrt=WRT, backend="cpu") -> None:
    """Loss and every gradient in `wrt` of a backend against "numpy", within tol(dtype, n_terms) of the terms' sizes."""
    options = {"p": p, "x_weights": wx, "y_weights": wy, "wrt": wrt}
    want, want_grads = sw_loss_and_grad(x, y, theta, **options, backend="numpy")
    got, got_grads = sw_loss_and_grad(x, y, theta, **options, backend=backend)
    x, y = np.asarray(x), np.asarray(y)
    wx, wy = (None if w is None else np.asarray(w) for w in (wx, wy))
    dtype = np.result_type(x, y) if np.result_type(x, y) == np.float32 else np.dtype(np.float64)
    x, y, theta = (np.asarray(v, dtype) for v in (x, y, theta))
    rounding = tol(dtype, (len(x) + len(y)) * len(theta))
    # Gradual underflow: below the smallest normal number the error is absolute.
    floor = (len(x) + len(y)) * float(np.finfo(dtype).tiny)
    sizes = term_sizes(x, y, theta, p, wx, wy)
    assert abs(got - want) <= rounding * sizes["loss"] + floor
    for name, a, b in zip(wrt, got_grads, want_grads, strict=True):
        assert a.dtype == b.dtype == dtype
        assert a.shape == b.shape == sizes[name].shape
        excess = np.abs(a.astype(np.float64) - b.astype(np.float64)) - rounding * sizes[name] - floor
        assert excess.max() <= 0, (name, p, float(excess.max()))
    losses = sw_losses(x, y, theta, p=p, x_weights=wx, y_weights=wy, backend=backend)
    assert losses.dtype == np.float64
    same = sw_losses(x, y, theta, p=p, x_weights=wx, y_weights=wy, backend="numpy")
    assert np.abs(losses - same).mean() <= rounding * sizes["loss"] + floor
    assert sw_loss(x, y, theta, p=p, x_weights=wx, y_weights=wy, backend=backend) == losses.mean()


def assert_same_order(x: np.ndarray, theta: np.ndarray) -> None:
    """The kernels' projections and matching order are the specification's, bit for bit."""
    x, theta = np.ascontiguousarray(x), np.ascontiguousarray(theta, dtype=x.dtype)
    side = Side(x)
    px = np.empty((len(theta), len(x)), x.dtype)
    side.project(theta, px)
    want = project(x, theta)
    assert px.tobytes() == want.tobytes()
    order = side.order(px, np.empty(px.shape, np.int64)) & side.index_mask
    np.testing.assert_array_equal(order, [stable_order(row) for row in want])


def cloud(kind: str, generator: np.random.Generator, n: int, d: int) -> np.ndarray:
    if kind == "random":
        return generator.standard_normal((n, d))
    if kind == "tied":
        return generator.integers(-2, 3, (n, d)).astype(float)
    if kind == "duplicated":
        return generator.standard_normal((n, d))[generator.integers(0, max(1, n // 3), n)]
    if kind == "all_equal":
        return np.full((n, d), 0.1)
    if kind == "signed_zeros":
        return generator.choice([0.0, -0.0, 1.0, -1.0], (n, d))
    if kind == "offset":
        return 1e6 + 1e-6 * generator.standard_normal((n, d))
    if kind == "denormal":
        return generator.integers(-3, 4, (n, d)) * 5e-324
    if kind == "tiny":
        return 1e-150 * generator.standard_normal((n, d))
    if kind == "huge":
        return 1e150 * generator.standard_normal((n, d))
    raise ValueError(kind)


KINDS = ("random", "tied", "duplicated", "all_equal", "signed_zeros", "offset")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_cpu_agrees_with_the_specification(kind, sizes, weighted, dtype):
    """All orders and gradients, in d = 1 and 3; with weights a quarter of them are zero."""
    n, m = SIZES[sizes]
    generator = np.random.default_rng([n, m, KINDS.index(kind)])
    for p, d in itertools.product(ORDERS, (1, 3)):
        x, y = (cloud(kind, generator, k, d).astype(dtype) for k in (n, m))
        theta = directions(generator, 5, d)
        wx, wy = (some_weights(generator, n), some_weights(generator, m)) if weighted else (None, None)
        assert_agrees(x, y, theta, p, wx, wy)
        assert_agrees(x, y, theta, p, wx, None)
        assert_agrees(x, y, theta, p, wx, wy, ("x",))
        assert_agrees(x, y, theta, p, wx, wy, ("y",))
        assert_same_order(x, theta)


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("kind", ["tiny", "huge", "denormal"])
def test_extreme_scales(kind, p):
    """1e-150 and 1e150 square to 1e-300 and 1e300: inside float64; multiples of 5e-324 are denormals."""
    generator = np.random.default_rng(3)
    for n, m in ((9, 9), (7, 10)):
        x, y, theta = cloud(kind, generator, n, 2), cloud(kind, generator, m, 2), directions(1, 4, 2)
        for wrt in (("x",), ("y",), ("x", "y", "x_weights", "y_weights")):
            assert_agrees(x, y, theta, p, wrt=wrt)
        assert_same_order(x, theta)


@pytest.mark.parametrize("p", ORDERS)
@pytest.mark.parametrize("tiny", [0.0, 3e-16])
def test_points_of_no_weight_beyond_the_others(p, tiny):
    """First and last in both orders of the line: there a level has a quantile on one side only."""
    x, y = np.array([[-2.0], [-1.0], [0.3], [0.9], [2.5]]), np.array([[-3.0], [-0.4], [0.5], [1.0], [4.0]])
    wx, wy = [0, 0.3, 0.5, 0.2, tiny], [tiny, 0.4, 0.35, 0.25, 0]
    for theta in ([[1.0]], [[-1.0]]):
        assert_agrees(x, y, theta, p, wx, wy)
        assert_agrees(x, y, theta, p, wx, None)
        assert_agrees(x, y, theta, p, None, wy)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", ["random", "tied"])
def test_sizes_around_powers_of_two(kind, dtype):
    """The index takes the low ceil(log2 n) bits of a key; tiles hold 1024 points."""
    for n in (1, 2, 3, 4, 5, 63, 64, 65, 127, 128, 129, 1023, 1024, 1025, 2049):
        generator = np.random.default_rng(n)
        x, y = (cloud(kind, generator, n, 2).astype(dtype) for _ in range(2))
        theta = directions(generator, 3, 2)
        assert_agrees(x, y, theta, wrt=("x",))
        assert_same_order(x, theta)
        assert_agrees(x, y[: n // 2 + 1], theta, wrt=("x", "y"))


@pytest.mark.parametrize("dtype", DTYPES)
def test_float_keys_order_by_value_then_index_and_are_normal_numbers(dtype):
    """Oracle: the stable order of the values; no key is what a sort may alter: subnormal, infinite or NaN."""
    limits = np.finfo(dtype)
    extreme = [limits.smallest_subnormal, limits.tiny, 1.0, limits.max, np.inf]
    values = np.array([0.0, *(sign * value for value in extreme for sign in (1, -1)), np.nan, -np.nan], dtype)
    px = np.tile(values, 3)[None]
    index_mask, shift, bits = rows.key_layout(px.size, px.dtype)
    keys = np.empty(px.shape, np.int64)
    rows.make_keys(px.view(bits), shift, index_mask, keys)
    floats = keys.view(np.float64)
    assert np.isfinite(floats).all()
    assert (np.abs(floats) >= np.finfo(np.float64).tiny).all()
    order = np.array([bodies.integer_key(key) for key in np.sort(floats).view(np.int64)[0]]) & index_mask
    assert sorted(order) == list(range(px.size))
    # In a float64 key the index hides the last bits, in which subnormal numbers differ, and the largest exponent is
    # shared with infinity: what lies there is settled by value later. A float32 key keeps every bit.
    exact = np.isfinite(px[0]) & ((dtype == np.float32) | ((np.abs(px[0]) > limits.tiny) & (np.abs(px[0]) < 2)))
    np.testing.assert_array_equal(order[exact[order]], [k for k in stable_order(px[0]) if exact[k]])


@pytest.mark.parametrize("spread", [0.0, 2.0**-52, 2.0**-45, 2.0**-40])
def test_order_where_the_index_hides_the_value(spread):
    """4000 points whose values differ in the last bits only, next to well-spread rows: both ways of settling."""
    generator = np.random.default_rng(1)
    x = 1.0 + spread * generator.integers(-50, 50, (4000, 1))
    assert_same_order(x, np.array([[1.0], [-1.0]]))
    assert_same_order(np.hstack([x, generator.standard_normal((4000, 1))]), np.eye(2))


@pytest.mark.parametrize("sizes", ["equal", "unequal"])
def test_many_groups_and_chunks(monkeypatch, sizes):
    """Directions are cut into groups, chunks and threads: the seams must not show, whatever their sizes."""
    n, m = SIZES[sizes]
    generator = np.random.default_rng(6)
    x, y, theta = cloud("tied", generator, n, 3), cloud("random", generator, m, 3), directions(2, 23, 3)
    want = [sw_loss_and_grad(x, y, theta, wrt=wrt, backend="cpu") for wrt in ("x", WRT)]
    monkeypatch.setattr(cpu, "SERIAL_ELEMENTS", 0)
    for group, chunk in ((1, 1), (n + m, n), (3 * (n + m), n + m), (7 * (n + m), 2 * (n + m)), (10**6, 5 * n)):
        monkeypatch.setattr(cpu, "GROUP_ELEMENTS", group)
        monkeypatch.setattr(cpu, "CHUNK_ELEMENTS", chunk)
        assert_agrees(x, y, theta)
        assert_agrees(x, y, theta, 1.5, wrt=("x",))
        assert_agrees(x, y, theta, 3.0, some_weights(generator, n), some_weights(generator, m))
        loss, dx = sw_loss_and_grad(x, y, theta, backend="cpu")
        assert (loss, dx.tobytes()) == (want[0][0], want[0][1].tobytes())
        loss, grads = sw_loss_and_grad(x, y, theta, wrt=WRT, backend="cpu")
        assert (loss, [g.tobytes() for g in grads]) == (want[1][0], [g.tobytes() for g in want[1][1]])


@pytest.mark.parametrize("sizes", [(300, 300), (300, 270)])
def test_blocks_of_blas_products(sizes):
    """In many dimensions: more directions and points than a block of either product holds."""
    generator = np.random.default_rng(8)
    x, y = (generator.standard_normal((n, cpu.BLAS_DIMENSION)) for n in sizes)
    theta = directions(3, 260, cpu.BLAS_DIMENSION)
    assert max(cpu.BLAS_PROJECTION) < 260
    assert_agrees(x, y, theta, wrt=("x", "y"))


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


def test_unchecked_function_for_loops_is_the_checked_one():
    x, y = np.random.default_rng(2).standard_normal((2, 12, 3))
    theta = directions(4, 5, 3)
    for backend in ("numpy", "cpu", "auto"):
        loss, dx = loss_and_gradient_in_x(backend, 1.5)(x, y, theta)
        want, dx_want = sw_loss_and_grad(x, y, theta, p=1.5, backend=backend)
        assert loss == want
        np.testing.assert_array_equal(dx, dx_want)


def fuzz(cases: range) -> None:
    """Random small cases: any mixture of kinds, sizes, dtypes, weights and orders; a failure names its seed."""
    for seed in cases:
        generator = np.random.default_rng([2307, seed])
        n, m, d, L = (int(generator.integers(1, top)) for top in (13, 13, 5, 5))
        if generator.random() < 0.4:
            m = n
        dtype = DTYPES[int(generator.integers(2))]
        kinds = KINDS if dtype == np.float32 else (*KINDS, "denormal", "tiny", "huge")
        p = float(generator.choice([1.0, 1.5, 2.0, 3.0, 2.5]))
        kind = kinds[int(generator.integers(len(kinds)))]
        if kind == "huge":
            p = min(p, 2.0)
        x, y = (cloud(kind, generator, k, d).astype(dtype) for k in (n, m))
        if generator.random() < 0.3:
            x, y = x * dtype(2.0**-20), y * dtype(2.0**-20)
        theta = directions(generator, L, d) if generator.random() < 0.7 else np.eye(d)[generator.integers(0, d, L)]
        wx = some_weights(generator, n) if generator.random() < 0.3 else None
        wy = some_weights(generator, m) if generator.random() < 0.3 else None
        wrt = ("x",) if generator.random() < 0.3 else WRT
        try:
            assert_agrees(x, y, theta, p, wx, wy, wrt)
            assert_same_order(x, theta)
        except Exception as error:
            error.add_note(f"case {seed}: {kind}, {dtype.__name__}, n={n}, m={m}, d={d}, L={L}, p={p}, wrt={wrt}")
            raise


def test_fuzz():
    fuzz(range(300))


@pytest.mark.slow
def test_fuzz_at_length():
    fuzz(range(300, 10_300))


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
    "object": ({"x": X.astype(object)}, InputTypeError, r"x must be an array of float32.*object"),
    "strings": ({"x": [["a", "b"]]}, InputTypeError, r"x must be an array of float32.*<U1"),
    "None": ({"y": None}, InputTypeError, r"y must be an array of float32.*object"),
    "theta complex": ({"theta": THETA.astype(complex)}, InputTypeError, r"theta must be an array.*complex128"),
    "weights str": ({"x_weights": ["a", "b", "c"]}, InputTypeError, r"x_weights must be an array.*<U1"),
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


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"L": 1}, InputError, r"L must be >= 2, got 1"),
        ({"L": 2.0}, InputTypeError, r"L must be an integer, got 2.0"),
        ({"rng": -1}, InputError, r"seed must be >= 0, got -1"),
        ({"rng": "a"}, InputTypeError, r"seed must be an int.*got 'a'"),
        ({"y": np.ones((3, 4))}, InputError, r"x and y must have as many columns"),
        ({"x": with_entry(np.nan)}, InputError, r"x must be finite"),
        ({"p": 0}, InputError, r"p must be >= 1"),
        ({"y_weights": [1.0]}, InputError, r"y_weights must have shape \(3,\)"),
    ],
)
def test_bad_input_of_the_estimate_is_named(change, error, message):
    with pytest.raises(error, match=message):
        sw_estimate(**({"x": X, "y": X, "rng": 0, "L": 4} | change))


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
    x, theta = np.full((1, 1), 1.2e154), np.ones((2, 1))
    assert sw_loss_and_grad(x, np.zeros((1, 1)), theta)[0] == np.inf


def test_a_backend_that_is_no_name_is_refused_on_every_path():
    x, theta = np.ones((4, 2)), np.array([[1.0, 0.0]])
    for backend in (np.array("cpu"), np.array(["cpu"]), None):
        with pytest.raises(InputError, match="backend must be one of"):
            sw_loss_and_grad(x, x, theta, backend=backend)
