"""The "cuda" backend against the NumPy specification, on a GPU or, where there is none, in Numba's simulator.

In the simulator (NUMBA_ENABLE_CUDASIM=1 NUMBA_DISABLE_JIT=1) every thread is a Python thread, so cases are small and
the decomposition is made tiny: blocks of a few threads, tiles of twelve keys, chunks of a few directions. On a GPU
(`-m device`) the whole matrix of tests/kernels/cpu/test_backend.py runs, with the true decomposition and a small one.
"""

from __future__ import annotations

import dataclasses
import itertools
import sys
from collections.abc import Callable

import numpy as np
import pytest

pytest.importorskip("numba_cuda", reason="needs numba-cuda")

from bench import device_smoke
from swref.arrays import library_of
from swref.directions import directions
from swref.errors import BackendError, InputError, InputTypeError
from swref.kernels.cuda import backend as cuda
from swref.kernels.cuda import bodies as cuda_bodies
from swref.kernels.cuda import device as cuda_device
from swref.kernels.cuda import elements as cuda_elements
from swref.kernels.cuda import job as cuda_job
from swref.kernels.cuda import rows as cuda_rows
from swref.kernels.cuda import tiles as cuda_tiles
from swref.kernels.cuda.equal import equal, index_mask, sorted_rows
from swref.kernels.cuda.place import located
from swref.kernels.cuda.plan import Array
from swref.measures import Gaussian
from swref.networks import MLP
from swref.sgd import sgd
from swref.sliced import WRT, sw_loss, sw_loss_and_grad, sw_losses
from swref.spec import centred, project, stable_order
from tests.sliced.support import DTYPES, KINDS, ORDERS, SIZES, assert_agrees, cloud, some_weights
from tests.support import tol

SIMULATED = cuda_device.simulated()
pytestmark = [] if SIMULATED else [pytest.mark.device]
TINY = cuda_job.Limits(threads=4, sorting=4, merging=2, points=8, shared=450, scratch=1000, fused_dimension=2)
TINY_TILES = dict.fromkeys(("LANES", "WARPS", "ACROSS", "DEPTH", "SLICES", "HELD_DIRECTIONS", "HELD_THETA"), 2)
TINY_TILES |= dict.fromkeys(("POINTS", "FEWER_POINTS", "HELD_POINTS", "HELD_SLOPES"), 4) | {"PARTIAL": (8, 4)}
if SIMULATED:
    from numba.cuda.simulator import kernelapi

    dynamic_array = kernelapi.FakeCUDAShared.array


def shared_array(self, shape, dtype, alignment=None):
    """As the simulator's, which gives an array each to two threads that come at once."""
    if shape == 0:
        return dynamic_array(self, shape, dtype)
    frame = sys._getframe(1)
    return self._allocations.setdefault((frame.f_code, frame.f_lineno), np.empty(shape, str(dtype)))


@pytest.fixture(autouse=True)
def _decomposition(monkeypatch):
    """Tiny blocks, and a thread switch often enough for the simulator, which waits in a loop."""
    if SIMULATED:
        monkeypatch.setattr(cuda_job, "LIMITS", TINY)
        monkeypatch.setattr(cuda_elements, "COLUMNS", 2)
        monkeypatch.setattr(cuda_elements, "LANES", 2)
        monkeypatch.setattr(cuda_rows, "KEYS", 3)
        monkeypatch.setattr(cuda_bodies, "NETWORK", ((0, 1), (1, 2), (0, 1)))
        for name, value in TINY_TILES.items():
            monkeypatch.setattr(cuda_tiles, name, value)
        monkeypatch.setattr(kernelapi.FakeCUDAShared, "array", shared_array)
    cuda.kept_job.cache_clear()  # which was made with other limits
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-4 if SIMULATED else interval)
    yield
    sys.setswitchinterval(interval)


def agree(x, y, theta, p=2.0, wx=None, wy=None, wrt=WRT) -> None:
    assert_agrees(x, y, theta, p, wx, wy, wrt, backend="cuda")


def run(record: Callable[[cuda_job.Job], list[Array]], *arrays: np.ndarray) -> list[np.ndarray]:
    """The arrays of a job on `arrays` that `record` returns, after all that it launches."""
    place, seen = located(*arrays)
    job = cuda_job.Job(type(place), place.device, arrays[0].dtype, 2.0, tuple((*a[1:], False) for a in seen))
    wanted = record(job)
    stream = job.machine.stream(0)
    with job.machine.current():
        address, _owner = job.machine.scratch(job.plan.scratch, stream)
        for k, array in job.uploads:
            job.machine.upload(arrays[k], array, [address], stream)
        job.plan.run(stream, [address])
        return job.machine.download(wanted, [address], stream)


def clouds(kind: str, sizes: str, d: int, dtype: type) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n, m = SIZES[sizes]
    generator = np.random.default_rng([n, m, KINDS.index(kind)])
    return *(cloud(kind, generator, k, d).astype(dtype) for k in (n, m)), directions(generator, 3, d).astype(dtype)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sizes", SIZES)
def test_every_gradient(sizes, kind):
    """Every kind and size with all gradients; order, dimension, dtype and weights take turns."""
    turn = list(SIZES).index(sizes) + 2 * KINDS.index(kind)
    x, y, theta = clouds(kind, sizes, (1, 3)[turn % 2], DTYPES[(turn // 2) % 2])
    generator = np.random.default_rng(turn)
    wx = some_weights(generator, len(x)) if turn % 3 else None
    wy = some_weights(generator, len(y)) if turn % 3 == 2 else None
    agree(x, y, theta, ORDERS[turn % 4], wx, wy)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_gradient_in_one_cloud_of_equal_sizes(kind, dtype):
    """The fast path: in x, and in y by exchange; ties, one point, n not a power of two."""
    for (sizes, d), p in zip((("equal", 3), ("one", 1), ("two", 2)), (1.0, 1.5, 2.0), strict=True):
        x, y, theta = clouds(kind, sizes, d, dtype)
        agree(x, y, theta, p, wrt=("x",) if d != 2 else ("y",))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [3, 4, 5, 8, 9, 16, 17, 33])
def test_sizes_around_the_tiles(n, dtype):
    """Four threads sort 12 keys in place, 450 bytes hold 18 and room to merge; longer rows are merged from tiles."""
    generator = np.random.default_rng(n)
    x, y = (cloud("tied" if n % 2 else "random", generator, n, 2).astype(dtype) for _ in range(2))
    agree(x, y, directions(generator, 3, 2).astype(dtype), wrt=("x",))


@pytest.mark.parametrize(("p", "kind"), [(1.5, "tiny"), (2.0, "huge"), (1.0, "denormal")])
def test_extreme_scales(kind, p):
    generator = np.random.default_rng(3)
    x, y, theta = cloud(kind, generator, 9, 2), cloud(kind, generator, 7, 2), directions(1, 3, 2)
    agree(x, np.flip(x, 0).copy(), theta, p, wrt=("x",))
    agree(x, y, theta, p, wrt=("x", "y", "x_weights", "y_weights"))


@pytest.mark.parametrize("tiny", [0.0, 3e-16])
def test_points_of_no_weight_beyond_the_others(tiny):
    x, y = np.array([[-2.0], [-1.0], [0.3], [0.9], [2.5]]), np.array([[-3.0], [-0.4], [0.5], [1.0], [4.0]])
    wx, wy = [0, 0.3, 0.5, 0.2, tiny], [tiny, 0.4, 0.35, 0.25, 0]
    agree(x, y, np.array([[1.0], [-1.0]]), 3.0, wx, wy)
    agree(x, y, np.array([[1.0], [-1.0]]), 1.0, wx, None)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_tiny_masses_at_either_end(side, dtype):
    """A mass of 1e-17 at 1e9 carries a loss of 10. Oracles: that, and the specification to rounding of the result."""
    x, y, theta = np.array([[side * 1e9], [0.0]], dtype), np.zeros((1, 1), dtype), np.ones((1, 1), dtype)
    options = {"x_weights": [1e-17, 1.0], "wrt": WRT}
    loss, grads = sw_loss_and_grad(x, y, theta, **options, backend="cuda")
    assert loss == pytest.approx(10.0, rel=tol(dtype, 3))
    want, want_grads = sw_loss_and_grad(x, y, theta, **options, backend="numpy")
    assert want == pytest.approx(10.0, rel=tol(np.float64, 3))
    for got, right in zip(grads, want_grads, strict=True):
        np.testing.assert_allclose(got, right, rtol=tol(dtype, 5))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [5, 13])
def test_masses_of_every_size(n, dtype):
    """Weights from 1 to 1e-30, each as far out as makes it count. Oracle: the specification, relatively."""
    generator = np.random.default_rng(n)
    weights = np.sort(10.0 ** -generator.uniform(0, 30, n))[::-1] * np.where(np.arange(n) == 2, 0.0, 1.0)
    x = (np.where(np.arange(n) % 2, 1, -1) * weights.max() / np.maximum(weights, 1e-31) ** 0.5)[:, None].astype(dtype)
    y, theta = generator.standard_normal((4, 1)).astype(dtype), np.array([[1.0], [-1.0]], dtype)
    options = {"x_weights": weights / weights.sum(), "y_weights": some_weights(generator, 4), "wrt": ("x", "theta")}
    want, want_grads = sw_loss_and_grad(x, y, theta, **options, backend="numpy")
    got, grads = sw_loss_and_grad(x, y, theta, **options, backend="cuda")
    assert got == pytest.approx(want, rel=tol(dtype, 4 * n))
    np.testing.assert_allclose(grads[0], want_grads[0], rtol=tol(dtype, 4 * n), atol=1e-30)
    np.testing.assert_allclose(grads[1], want_grads[1], rtol=tol(dtype, 4 * n))


@pytest.mark.parametrize(("dtype", "offset", "spread"), [(np.float64, 1e12, 1.0), (np.float32, -5e6, 50.0)])
def test_clouds_far_from_the_origin(dtype, offset, spread):
    """One coordinate at an offset, one about 0, every path: fused, projected apart, long, coupled.

    Oracle: the same clouds moved to 0, which is exact; the loss is invariant under translation.
    """
    generator = np.random.default_rng(0)
    for n, m, d, wrt in ((5, 5, 2, ("x",)), (5, 5, 3, ("x",)), (17, 17, 2, ("x",)), (5, 7, 2, WRT)):
        near_x, near_y, theta = (generator.uniform(1, 2, (k, d)) for k in (n, m, 2))
        theta = (theta / np.linalg.norm(theta, axis=1, keepdims=True)).astype(dtype)
        move = np.eye(d)[0] * offset  # of coordinate 0
        x, y = ((move + spread * near).astype(dtype) for near in (near_x, near_y))
        moved = [(v.astype(np.float64) - move).astype(dtype) for v in (x, y)]
        got, grads = sw_loss_and_grad(x, y, theta, wrt=wrt, backend="cuda")
        want, want_grads = sw_loss_and_grad(*moved, theta, wrt=wrt, backend="numpy")
        assert got == pytest.approx(want, rel=tol(dtype, 100))
        for name, grad, right in zip(wrt, grads, want_grads, strict=True):
            if name != "theta":
                np.testing.assert_allclose(grad, right, rtol=0, atol=tol(dtype, 100) * np.abs(want_grads[0]).max())
        agree(x, y, theta, wrt=wrt)


def test_the_origin_of_every_kind_of_coordinate():
    """Oracle: the specification's, column by column; a NaN gives a loss of NaN, as before."""
    columns = [
        (5.0, 10.0, 7.0),
        (5.0, 10.5, 7.0),
        (-3.0, -2.0, -4.0),
        (0.0, 1.0, 1.0),
        (-1.0, 1.0, 2.0),
        (2.0, 2.0, 2.0),
    ]
    x, y = np.array(columns).T[:2].copy(), np.array(columns).T[2:].copy()
    (origin,) = run(lambda job: [job.origin], x, y, np.eye(6))
    np.testing.assert_array_equal(x - origin, centred(x, y)[0])
    np.testing.assert_array_equal(np.sign(origin), [1, 0, -1, 0, 0, 1])
    from numba import cuda as numba_cuda

    x[1, 0] = np.nan
    assert np.isnan(float(sw_loss(*(numba_cuda.to_device(v) for v in (x, y, np.eye(6))))))


@pytest.mark.parametrize("n", [9, 15, 29])
def test_a_nan_in_either_cloud_is_not_lost(n):
    """Among many keys, in place, with room, and merged from tiles: threads that compare with it must not disagree."""
    from numba import cuda as numba_cuda

    generator = np.random.default_rng(n)
    for side, dtype in ((0, np.float32), (1, np.float64), (1, np.float32)):
        clouds = [generator.standard_normal((n, 1)).astype(dtype) for _ in range(2)]
        clouds[side][n // 2] = np.copysign(np.nan, side - 0.5)
        assert np.isnan(float(sw_loss(*map(numba_cuda.to_device, (*clouds, np.ones((1, 1), dtype))))))


def test_rows_are_of_fewer_points_than_places_in_a_merge_count():
    layouts = tuple(((n, 1), None, False) for n in (1 << 31, 1 << 31, 1))
    job = cuda_job.Job(type(located(np.ones(1))[0]), 0, np.dtype(np.float32), 2.0, layouts)
    with pytest.raises(BackendError, match=r"the cuda backend sorts rows of at most 2147483647 points, got 2147483648"):
        equal(job)


def test_a_finite_mean_where_the_sum_overflows():
    """1.44e308 twice; and equal clouds at the end of the range have loss and gradient 0."""
    from numba import cuda as numba_cuda

    x, y = np.array([[1.2e154, 1.2e154]]), np.zeros((1, 2))
    for arrays in ((x, y, np.eye(2)), [numba_cuda.to_device(v) for v in (x, y, np.eye(2))]):
        assert float(sw_loss(*arrays, backend="cuda")) == pytest.approx(1.44e308, rel=tol(np.float64, 2))
    loss, dx = sw_loss_and_grad(np.full((2, 2), 1.7e308), np.full((2, 2), 1.7e308), np.eye(2), backend="cuda")
    assert (loss, dx.any()) == (0.0, False)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("spread", [0.0, 2.0**-52, 2.0**-40])
def test_projections_and_order_are_those_of_the_specification(spread, dtype):
    """Bit for bit, also where a float64 key has lost the bits that tell the values apart; tiles and merges included."""
    generator = np.random.default_rng(1)
    x = np.hstack([1.0 + spread * generator.integers(-9, 9, (21, 1)), generator.standard_normal((21, 2))])
    x, theta = x.astype(dtype), np.vstack([np.eye(3)[:1], directions(generator, 2, 3)]).astype(dtype)

    def sort(job: cuda_job.Job) -> list[Array]:
        px, py, buffers = job.empty(3, 21), job.empty(3, 21), [job.empty(3, 21, dtype=np.int64) for _ in range(2)]
        job.project(px, py)
        return [px, sorted_rows(job, px, index_mask(21, job.dtype), *buffers)[0]]

    px, keys = run(sort, x, x, theta)
    want = project(centred(x, x)[0], theta)
    assert px.tobytes() == want.tobytes()
    order = keys & index_mask(21, np.dtype(dtype))
    np.testing.assert_array_equal(order, [stable_order(row) for row in want])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("n", "m", "d", "L"), [(8, 4, 4, 4), (9, 17, 5, 6), (1, 2, 3, 1)])
def test_tiles_of_products(n, m, d, L, dtype):
    """Whole and broken tiles, two chunks. Oracles: spec.project to the last bit, and one product of matrices."""
    generator = np.random.default_rng(n)
    x, y = (generator.standard_normal((k, d)).astype(dtype) for k in (n, m))
    theta, most = directions(generator, L, d).astype(dtype), -(-L // 2)

    def products(job: cuda_job.Job) -> list[Array]:
        px, py, dx = job.empty(most, n), job.empty(most, m), job.empty(n, d)
        for G in job.plan.groups(most, L):
            job.project(px.rows(G), py.rows(G))
            job.add(px.rows(G), job.theta, dx)
        return [px, py, dx]

    *projections, dx = run(products, x, y, theta)
    wanted = [project(points, theta) for points in centred(x, y)]
    for got, right in zip(projections, wanted, strict=True):
        assert got.tobytes() == right[-most:].tobytes()
    want = wanted[0].astype(np.float64).T @ theta / L
    np.testing.assert_allclose(dx, want, rtol=0, atol=tol(dtype, L) * np.abs(want).max())


@pytest.mark.parametrize("wrt", [("x",), WRT])
def test_two_runs_give_the_same_bits(wrt):
    generator = np.random.default_rng(6)
    x, y, theta = cloud("tied", generator, 9, 3), cloud("random", generator, 9, 3), directions(2, 5, 3)
    loss, grads = sw_loss_and_grad(x, y, theta, wrt=wrt, backend="cuda")
    again, grads_again = sw_loss_and_grad(x, y, theta, wrt=wrt, backend="cuda")
    assert (loss, [g.tobytes() for g in grads]) == (again, [g.tobytes() for g in grads_again])


@pytest.mark.parametrize("scratch", [1, 300, 10**6])
def test_chunks_of_directions(scratch, monkeypatch):
    """One direction a chunk, a few, all five: fused, long and coupled."""
    monkeypatch.setattr(cuda_job, "LIMITS", dataclasses.replace(TINY, scratch=scratch))
    generator = np.random.default_rng(7)
    theta = directions(2, 5, 2)
    for n, m, wrt in ((9, 9, ("x",)), (17, 17, ("x",)), (3, 4, WRT)):
        agree(cloud("tied", generator, n, 2), cloud("random", generator, m, 2), theta, 1.5, wrt=wrt)


@pytest.mark.parametrize("kind", ["random", "tied"])
def test_equal_clouds_have_loss_and_gradient_exactly_zero(kind):
    generator = np.random.default_rng(8)
    x, theta = cloud(kind, generator, 10, 3).astype(np.float32), directions(2, 3, 3)
    for y, wrt in ((x[::-1], "x"), (np.repeat(x, 2, axis=0), ("x", "y", "theta"))):
        loss, grads = sw_loss_and_grad(x, y, theta, wrt=wrt, backend="cuda")
        assert loss == 0
        assert not any(grad.any() for grad in (grads if isinstance(grads, tuple) else (grads,)))


def test_arrays_on_the_device_give_results_there():
    """Oracle: the same numbers as arrays of NumPy's; Numba's own arrays stand for every library's."""
    from numba import cuda as numba_cuda

    generator = np.random.default_rng(2)
    x, y, theta = generator.standard_normal((7, 2)), generator.standard_normal((7, 2)), directions(1, 4, 2)
    loss, dx = sw_loss_and_grad(x, y, theta, backend="cuda")
    on_device = [numba_cuda.to_device(array) for array in (x, y, theta)]
    for backend in ("auto", "cuda"):
        same, same_dx = sw_loss_and_grad(*on_device, backend=backend)
        assert float(same) == loss
        assert library_of(same_dx) == "numba"
        np.testing.assert_array_equal(same_dx.copy_to_host(), dx)
    np.testing.assert_array_equal(sw_losses(*on_device).copy_to_host(), sw_losses(x, y, theta, backend="cuda"))
    _, twice = sw_loss_and_grad(*on_device, wrt=("y", "x", "y"))
    for grad, want in zip(twice, sw_loss_and_grad(x, y, theta, wrt=("y", "x", "y"), backend="cuda")[1], strict=True):
        np.testing.assert_array_equal(grad.copy_to_host(), want)
    np.testing.assert_array_equal(twice[0].copy_to_host(), twice[2].copy_to_host())
    mixed, mixed_dx = sw_loss_and_grad(on_device[0], y, theta)
    assert (float(mixed), mixed_dx.copy_to_host().tobytes()) == (loss, dx.tobytes())


@pytest.mark.filterwarnings("ignore:(overflow|invalid value) encountered:RuntimeWarning")  # of the simulator's NumPy
@pytest.mark.parametrize(("size", "p"), [(1e10, 4.0), (50.0, 30.0), (1e30, 11.0), (50.0, 700.0)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_powers_beyond_the_range_of_floats(size, p, dtype):
    """Oracle: the CPU's, where that is finite; on the device a loss beyond its dtype is inf, and slopes may be NaN."""
    from numba import cuda as numba_cuda

    x, y, theta = (np.asarray(a, dtype) for a in ([[size, 0], [1, 2], [0.5, 1]], np.zeros((3, 2)), np.eye(2)))
    (loss, dx), (want, want_dx) = (sw_loss_and_grad(x, y, theta, p=p, backend=backend) for backend in ("cuda", "cpu"))
    np.testing.assert_allclose(loss, want, rtol=tol(dtype, int(p)))
    there, there_dx = sw_loss_and_grad(*map(numba_cuda.to_device, (x, y, theta)), p=p)
    assert there == pytest.approx(want if want < np.finfo(dtype).max else np.inf, rel=tol(dtype, int(p)))
    finite = np.isfinite(want_dx)
    np.testing.assert_allclose(dx[finite], want_dx[finite], rtol=tol(dtype, int(p)))
    finite &= ~np.isnan(there_dx.copy_to_host())
    assert finite[1:].any()
    np.testing.assert_allclose(there_dx.copy_to_host()[finite], want_dx[finite], rtol=tol(dtype, int(p)))


def test_bad_arrays_on_the_device_are_named():
    from numba import cuda as numba_cuda

    x = numba_cuda.to_device(np.ones((3, 2)))
    theta = np.eye(2)
    with pytest.raises(BackendError, match=r'arrays on a GPU need backend "cuda" or "auto", got \'cpu\''):
        sw_loss(x, x, theta, backend="cpu")
    with pytest.raises(InputTypeError, match=r"must have one dtype, got x float64, y float32"):
        sw_loss(x, numba_cuda.to_device(np.ones((3, 2), np.float32)), theta)
    with pytest.raises(InputTypeError, match=r"x must be an array of float32 or float64, got dtype int64"):
        sw_loss(numba_cuda.to_device(np.ones((3, 2), int)), x, theta)
    with pytest.raises(InputError, match=r"x and y must have as many columns, got shapes \(3, 2\) and \(3, 3\)"):
        sw_loss(x, numba_cuda.to_device(np.ones((3, 3))), theta)
    with pytest.raises(InputError, match=r"x must have two axes \[n, d\], got shape \(3,\)"):
        sw_loss(numba_cuda.to_device(np.ones(3)), x, theta)
    with pytest.raises(InputError, match=r"x_weights must sum to 1"):
        sw_loss(x, x, theta, x_weights=[1.0, 1.0, 1.0])


def test_a_run_of_sgd_is_that_of_the_specification():
    """The same draws on every backend, so the same iterates up to rounding."""
    net, options = MLP((2, 4, 2)), {"step": 0.1, "batch": 6, "steps": 3, "directions": 2, "noise": 0.1}
    source, target = Gaussian([0, 0], np.eye(2)), Gaussian([1, 0], np.eye(2))
    for radius in (9.0, np.inf):  # the loss alone on the device, and all of a step
        options["radius"] = radius
        runs = [sgd(net, source, target, net.init(0), backend=backend, **options) for backend in ("numpy", "cuda")]
        for a, b in zip(*runs, strict=True):
            assert (type(b.u), type(b.phi), type(b.loss)) == (np.ndarray, np.ndarray, float)
            assert b.loss == pytest.approx(a.loss, rel=tol(np.float64, 100))
            np.testing.assert_allclose(a.u, b.u, rtol=0, atol=tol(np.float64, 100))
            np.testing.assert_allclose(a.phi, b.phi, rtol=0, atol=tol(np.float64, 100))


def test_a_first_look_at_a_gpu(capsys, monkeypatch):
    """Oracle: right here; and a case that fails is a line, as is one that raises."""
    shapes = ((1, 1, 1, 1), (5, 5, 2, 3), (17, 17, 3, 2), (5, 4, 2, 2))
    assert device_smoke.values(shapes)
    assert [line[:2] for line in capsys.readouterr().out.splitlines()] == ["ok"] * 8
    monkeypatch.setattr(device_smoke, "off", lambda n, *_: (0.0, 1.0) if n == 1 else 1 / 0)
    assert not device_smoke.values(shapes[:2])
    assert capsys.readouterr().out.count("WRONG") == 4


@pytest.mark.skipif(SIMULATED, reason="the whole matrix takes a GPU")
@pytest.mark.parametrize("limits", [cuda_job.LIMITS, TINY], ids=["true", "tiny"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_whole_matrix(kind, sizes, dtype, limits, monkeypatch):
    monkeypatch.setattr(cuda_job, "LIMITS", limits)
    for p, d, weighted in itertools.product(ORDERS, (1, 3, 10), (False, True)):
        x, y, theta = clouds(kind, sizes, d, dtype)
        generator = np.random.default_rng(0)
        wx, wy = (some_weights(generator, len(v)) if weighted else None for v in (x, y))
        for wrt in (WRT, ("x",), ("y",)):
            agree(x, y, theta, p, wx, wy, wrt)
