"""Whether and where CUDA kernels can run, and what is said where they cannot; on a GPU, other libraries' arrays.

The first part needs neither a GPU nor numba-cuda. Oracle: the messages a user needs, one line each.
"""

from __future__ import annotations

import importlib.util
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from swref.arrays import to_host
from swref.directions import directions
from swref.errors import BackendError
from swref.kernels.cuda import device as cuda_device
from swref.kernels.cuda import toolkit_of
from swref.kernels.cuda.device import explain, one_line, problem, reported
from swref.sliced import WRT, sw_loss, sw_loss_and_grad
from tests.support import run_python, tol

CUDA = "numba_cuda" if importlib.util.find_spec("numba_cuda") else None


def test_the_explanation_is_one_line():
    assert "\n" not in explain()
    assert explain() == (f"missing: {problem()}" if problem() else explain())
    assert explain().startswith(("available: ", "missing: "))


def test_without_numba_cuda_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert (
        problem()
        == 'numba-cuda is not installed (pip install "numba-cuda[cu13]>=0.30", or "numba-cuda[cu12]" for CUDA 12)'
    )


def test_where_no_kernel_can_run_the_backend_says_why():
    """In a fresh interpreter without the simulator and with every GPU hidden."""
    script = (
        "from swref import sw_loss; from swref.errors import BackendError\n"
        "try: sw_loss([[1.0]], [[0.0]], [[1.0]], backend='cuda')\n"
        "except BackendError as error: print(error)"
    )
    hidden = {"CUDA_VISIBLE_DEVICES": "", "NUMBA_ENABLE_CUDASIM": "0", "NUMBA_DISABLE_JIT": "0"}
    result = run_python(script, timeout=120, **hidden)
    assert result.stdout.startswith("the cuda backend cannot run: "), result.stderr
    assert result.stdout.count("\n") == 1


@pytest.mark.skipif(CUDA is None, reason="needs numba-cuda")
@pytest.mark.parametrize(
    ("capability", "message"),
    [((7, 0), "the GPU is too old: compute capability 7.0, 7.5 or later is needed"), ((7, 5), None), ((12, 0), None)],
)
def test_a_gpu_that_is_too_old(monkeypatch, capability, message):
    from numba import cuda

    monkeypatch.setattr(cuda_device, "simulated", lambda: False)
    monkeypatch.setattr(cuda, "is_available", lambda: True)
    monkeypatch.setattr(cuda, "get_current_device", lambda: SimpleNamespace(compute_capability=capability))
    assert problem() == message


def test_numba_cuda_is_imported_where_numpy_has_no_row_stack():
    """As in NumPy 2.5. Oracle: the import itself, which fails without what the package does first."""
    hidden = "import numpy; vars(numpy).pop('row_stack', None)"
    script = f"{hidden}\nimport swref.kernels.cuda, numpy\nassert numpy.row_stack is numpy.vstack"
    if CUDA is not None:
        script += "\nfrom numba import cuda\ncuda.jit"
    run_python(script, timeout=120)


def test_the_toolkit_of_a_compiler(tmp_path):
    """Oracle: the layout of the toolkit: bin/nvcc, perhaps behind a link, and nvvm/lib64."""
    nvcc = tmp_path / "cuda-13" / "bin" / "nvcc"
    nvcc.parent.mkdir(parents=True)
    nvcc.touch()
    (tmp_path / "nvcc").symlink_to(nvcc)
    assert toolkit_of(str(tmp_path / "nvcc")) is None
    (tmp_path / "cuda-13" / "nvvm" / "lib64").mkdir(parents=True)
    (tmp_path / "cuda-13" / "nvvm" / "lib64" / "libnvvm.so.4").touch()
    assert toolkit_of(str(tmp_path / "nvcc")) == str(tmp_path / "cuda-13")


def test_messages_of_several_lines_become_one():
    assert one_line("\n\nCUDA driver library cannot be found.\nEnsure that\n") == "CUDA driver library cannot be found"
    assert one_line(ValueError("")) == "ValueError"


class OutOfMemoryError(Exception):
    """Named as torch's and CuPy's."""


class CudaAPIError(Exception):
    """Named as Numba's, with its code."""

    def __init__(self, code: int, message: str):
        super().__init__(message)
        self.code = code


class CUDAError(Exception):
    """Named as cuda.core's, of launches."""


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OutOfMemoryError("CUDA out of memory.\nTried to allocate"), r"^out of device memory: use smaller batches"),
        (CudaAPIError(2, "CUDA_ERROR_OUT_OF_MEMORY"), r"^out of device memory"),
        (CudaAPIError(700, "[700] illegal address\nmore"), r"^CUDA failed: \[700\] illegal address$"),
        (CUDAError("CUDA_ERROR_OUT_OF_MEMORY: no room"), r"^out of device memory"),
        (CUDAError("CUDA_ERROR_INVALID_VALUE: a launch\nmore"), r"^CUDA failed: CUDA_ERROR_INVALID_VALUE: a launch$"),
    ],
)
def test_errors_of_the_gpu_become_one_line(error, message):
    with pytest.raises(BackendError, match=message) as caught, reported():
        raise error
    assert "\n" not in str(caught.value)


@pytest.mark.device
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("n", "d", "L"), [(1000, 2, 500), (1000, 64, 1000), (4096, 3, 1000), (10_000, 3, 200), (1_000_000, 3, 5)]
)
def test_large_cases_against_the_cpu(n, d, L, dtype):
    """Loss and gradient on the scale of the gradient's largest entry; twice the same bits."""
    generator = np.random.default_rng(n)
    x, y = generator.standard_normal((2, n, d)).astype(dtype)
    theta = directions(generator, L, d).astype(dtype)
    want, want_dx = sw_loss_and_grad(x, y, theta, backend="cpu")
    got, dx = sw_loss_and_grad(x, y, theta, backend="cuda")
    assert got == pytest.approx(want, rel=tol(dtype, n))
    assert np.abs(dx - want_dx).max() <= tol(dtype, n * L) * np.abs(want_dx).max() * 10
    assert sw_loss_and_grad(x, y, theta, backend="cuda")[1].tobytes() == dx.tobytes()


@pytest.mark.device
def test_kernels_are_kept_on_disk():
    """Oracle: Numba's count of hits, of a dispatcher that has compiled nothing."""
    from swref.kernels.cuda import rows
    from swref.kernels.cuda.policy import kernel

    sw_loss_and_grad(np.ones((50, 2)), np.zeros((50, 2)), np.eye(2), backend="cuda")
    again = kernel(rows.match_rows.py_func)
    again.compile(next(iter(rows.match_rows.overloads)))
    assert sum(again.stats.cache_hits.values()) == 1


@pytest.mark.device
@pytest.mark.parametrize("sizes", [(3000, 5000), (70_000, 20_000)])
def test_large_unequal_clouds_against_the_cpu(sizes):
    generator = np.random.default_rng(1)
    x, y = (generator.standard_normal((k, 3)) for k in sizes)
    theta, wx = directions(generator, 8, 3), generator.dirichlet(np.ones(sizes[0]))
    for weights in (None, wx):
        options = {"x_weights": weights, "wrt": WRT, "p": 1.5}
        want, want_grads = sw_loss_and_grad(x, y, theta, **options, backend="cpu")
        got, grads = sw_loss_and_grad(x, y, theta, **options, backend="cuda")
        assert got == pytest.approx(want, rel=tol(np.float64, sum(sizes)))
        for a, b in zip(grads, want_grads, strict=True):
            assert np.abs(a - b).max() <= tol(np.float64, sum(sizes) * 8) * max(np.abs(b).max(), want) * 10


@pytest.mark.device
@pytest.mark.parametrize("library", ["cupy", "torch"])
def test_arrays_and_streams_of_other_libraries(library):
    """On a stream of the caller's, in the caller's arrays, with the bits of arrays of NumPy's."""
    module = pytest.importorskip(library)
    move = module.asarray if library == "cupy" else lambda a: module.asarray(a, device="cuda")
    generator = np.random.default_rng(2)
    x, y = generator.standard_normal((2, 3000, 3))
    theta = directions(1, 50, 3)
    want, want_dx = sw_loss_and_grad(x, y, theta, backend="cuda")
    stream = module.cuda.Stream(non_blocking=True) if library == "cupy" else module.cuda.Stream()
    with stream if library == "cupy" else module.cuda.stream(stream):
        loss, dx = sw_loss_and_grad(*map(move, (x, y, theta)))
        assert type(dx) is type(move(x))
        assert float(loss) == pytest.approx(want, rel=tol(np.float64, 50))
        np.testing.assert_array_equal(to_host(dx), want_dx)


@pytest.mark.device
def test_a_transposed_and_a_differentiated_tensor():
    torch = pytest.importorskip("torch")
    x = torch.randn(3, 200, device="cuda", dtype=torch.float64)
    y, theta = torch.randn(200, 3, device="cuda", dtype=torch.float64), directions(1, 9, 3)
    leaf = x.T.clone().requires_grad_(True)
    _, dx = sw_loss_and_grad(x.T, y, theta)
    torch.testing.assert_close(sw_loss_and_grad(leaf, y, theta)[1], dx, rtol=0, atol=0)


@pytest.mark.device
def test_out_of_device_memory_is_one_line():
    """Nearly all of the device is held: two clouds of 400 MB have no room."""
    from numba import cuda

    free, _ = cuda.current_context().get_memory_info()
    held = cuda.device_array(free - (256 << 20), np.uint8)
    x = np.zeros((50_000_000, 1))
    with pytest.raises(BackendError, match="out of device memory"):
        sw_loss(x, x, [[1.0]], backend="cuda")
    del held


@pytest.mark.device
def test_a_training_step_stays_on_the_device():
    """CuPy's parameters give CuPy's iterates, those of the specification up to rounding."""
    cupy = pytest.importorskip("cupy")
    from swref.measures import Gaussian
    from swref.networks import MLP
    from swref.sgd import sgd

    net, measure = MLP((2, 16, 2)), Gaussian([0, 0], np.eye(2))
    options = {"step": 0.1, "batch": 64, "steps": 5, "directions": 8, "noise": 0.1, "radius": 50.0}
    runs = [sgd(net, measure, measure, u0, **options) for u0 in (net.init(0), cupy.asarray(net.init(0)))]
    for a, b in zip(*runs, strict=True):
        assert isinstance(b.u, cupy.ndarray)
        np.testing.assert_allclose(cupy.asnumpy(b.u), a.u, rtol=0, atol=tol(np.float64, 10_000))
    assert "cupy" in sys.modules
