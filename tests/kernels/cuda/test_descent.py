"""Steps of SGD that are all launches, in Numba's simulator or on a GPU. Oracle: the same steps in NumPy."""

from __future__ import annotations

import sys

import numpy as np
import pytest

pytest.importorskip("numba_cuda", reason="needs numba-cuda")

from swref.directions import directions
from swref.kernels.cuda import backend, descent
from swref.kernels.cuda import device as cuda_device
from swref.kernels.cuda import elements as cuda_elements
from swref.kernels.cuda import job as cuda_job
from swref.kernels.cuda import network as cuda_network
from swref.networks import MLP
from swref.spec import sw_loss_and_grad
from tests.support import tol

SIMULATED = cuda_device.simulated()
pytestmark = [] if SIMULATED else [pytest.mark.device]


@pytest.fixture(autouse=True)
def _decomposition(monkeypatch):
    """Tiny blocks, and a thread switch often enough for the simulator, which waits in a loop."""
    if SIMULATED:
        monkeypatch.setattr(cuda_job, "LIMITS", cuda_job.Limits(threads=4, points=8, fused_dimension=4))
        for name, value in (("TILE", 2), ("ROWS", (2, 2)), ("COLUMNS", (2, 3))):
            monkeypatch.setattr(cuda_network, name, value)
        monkeypatch.setattr(descent, "FEWEST", 3)
        monkeypatch.setattr(cuda_elements, "COLUMNS", 2)
        monkeypatch.setattr(cuda_elements, "LANES", 2)
    backend.kept_job.cache_clear()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-4 if SIMULATED else interval)
    yield
    backend.kept_job.cache_clear()
    sys.setswitchinterval(interval)


@pytest.mark.parametrize(
    ("arguments", "fits"),
    [
        (((2, 64, 64, 2), "tanh", "identity"), True),
        (((2, 257, 2), "tanh", "identity"), False),
        (((2, 8, 2), "gelu", "identity"), False),
        (((2, 8, 2), "tanh", "tanh"), False),
    ],
)
def test_for_which_networks_there_are_launches(arguments, fits):
    assert descent.fits(*arguments) is fits


@pytest.mark.parametrize(
    ("sizes", "activation", "dtype", "noisy"),
    [
        ((2, 4, 2), "tanh", np.float64, True),
        ((1, 3, 2, 2), "relu", np.float32, False),
        ((3, 2), "identity", np.float64, False),
    ],
)
def test_steps_are_those_of_numpy(sizes, activation, dtype, noisy):
    n, L, p, k = 5, 2, 2.0, 3
    net, rng = MLP(sizes, activation), np.random.default_rng(0)
    given = [
        (*(rng.standard_normal((n, d)).astype(dtype) for d in (sizes[0], sizes[-1])),
         directions(rng, L, sizes[-1]).astype(dtype),
         rng.standard_normal(net.n_params).astype(dtype) if noisy else None,
         (0.1 / (t + 1), 0.02))
        for t in range(k)
    ]  # fmt: skip
    u = given_u = net.init(0, dtype=dtype)
    steps = descent.Descent(sizes, activation, n, L, p, np.dtype(dtype), noisy, k)
    us, phis, numbers = (read.copy() for read in steps.steps(u, given))
    assert us.dtype == phis.dtype == numbers.dtype == dtype
    for t, (x, y, theta, xi, (alpha, noise)) in enumerate(given):
        out, cache = net.forward(u, x)
        loss, (dout,) = sw_loss_and_grad(out, y, theta, p)
        phi = net.backward(cache, dout.astype(dtype))
        u = u - dtype(alpha) * phi + (dtype(noise) * xi if noisy else 0)
        rounding = tol(dtype, 100)
        np.testing.assert_allclose(phis[t], phi, rtol=0, atol=rounding * np.abs(phi).max())
        np.testing.assert_allclose(us[t], u, rtol=0, atol=rounding * np.abs(u).max())
        np.testing.assert_allclose(numbers[t], [loss, phi @ phi, u @ u], rtol=rounding)
    graph, *_ = steps.steps(given_u, given)  # of the same launches
    np.testing.assert_array_equal(graph, us)
    few, *_ = steps.steps(us[0], given[1:])
    np.testing.assert_array_equal(few, us[1:])
