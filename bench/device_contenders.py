"""The contenders on a GPU: each takes NumPy arrays to the device and returns a call, written as a good user would.

A library that is missing raises ImportError in its `prepare`. Calls return (SW_2^2, gradient) on the device.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from bench.steps import STEP

Call = Callable[[], tuple[Any, Any]]
SIZES, BATCH, DIRECTIONS = (2, 128, 128, 2), 4096, 256


def _tensors(*arrays: np.ndarray) -> list[Any]:
    import torch

    return [torch.asarray(array, device="cuda") for array in arrays]


def swref_cuda(x: np.ndarray, y: np.ndarray, theta: np.ndarray) -> Call:
    """The library under test, through its public function with all its checks, on torch's tensors."""
    from swref import sw_loss_and_grad

    tensors = _tensors(x, y, theta)
    return lambda: sw_loss_and_grad(*tensors)


def swref_from_host(x: np.ndarray, y: np.ndarray, theta: np.ndarray) -> Call:
    """The same from NumPy's arrays: with the transfers both ways."""
    from swref import sw_loss_and_grad

    return lambda: sw_loss_and_grad(x, y, theta, backend="cuda")


def _torch_loss(x: Any, y: Any, theta: Any) -> Any:
    import torch

    px, _ = torch.sort(theta @ x.T, dim=1)
    py, _ = torch.sort(theta @ y.T, dim=1)
    return ((px - py) ** 2).mean()


def _autograd(x: np.ndarray, y: np.ndarray, theta: np.ndarray, loss: Callable[..., Any]) -> Call:
    tx, ty, tt = _tensors(x, y, theta)
    tx.requires_grad_(True)

    def call() -> tuple[Any, Any]:
        tx.grad = None
        value = loss(tx, ty, tt)
        value.backward()
        return value.detach(), tx.grad

    return call


def torch_eager(x: np.ndarray, y: np.ndarray, theta: np.ndarray) -> Call:
    """torch with autograd."""
    return _autograd(x, y, theta, _torch_loss)


def torch_compile(x: np.ndarray, y: np.ndarray, theta: np.ndarray) -> Call:
    """torch.compile of the same function."""
    import torch

    return _autograd(x, y, theta, torch.compile(_torch_loss))


def pot_torch(x: np.ndarray, y: np.ndarray, theta: np.ndarray) -> Call:
    """POT on torch tensors, with autograd."""
    import ot

    return _autograd(x, y, theta, lambda x, y, t: ot.sliced_wasserstein_distance(x, y, projections=t.T) ** 2)


def cupy_explicit(x: np.ndarray, y: np.ndarray, theta: np.ndarray) -> Call:
    """CuPy with the explicit gradient: argsort x, sort y, scatter."""
    import cupy

    cx, cy, ct = (cupy.asarray(array) for array in (x, y, theta))
    n, L = len(x), len(theta)

    def call() -> tuple[Any, Any]:
        px = ct @ cx.T  # [L, n]
        order = cupy.argsort(px, axis=1)
        D = cupy.take_along_axis(px, order, axis=1) - cupy.sort(ct @ cy.T, axis=1)
        slopes = cupy.empty_like(D)
        cupy.put_along_axis(slopes, order, D * cupy.float32(2 / n), axis=1)
        return cupy.mean(D * D), slopes.T @ ct / cupy.float32(L)

    return call


def jax_jit(x: np.ndarray, y: np.ndarray, theta: np.ndarray) -> Call:
    """jax.jit of value_and_grad, on a GPU."""
    import jax
    import jax.numpy as jnp

    if jax.default_backend() != "gpu":
        raise ImportError("JAX without a GPU", name="jax[cuda]")

    @jax.jit
    @jax.value_and_grad
    def loss(x: Any, y: Any, theta: Any) -> Any:
        return jnp.mean((jnp.sort(theta @ x.T, axis=1) - jnp.sort(theta @ y.T, axis=1)) ** 2)

    arrays = [jnp.asarray(array) for array in (x, y, theta)]
    return lambda: jax.block_until_ready(loss(*arrays))


def torch_sort(x: np.ndarray, y: np.ndarray, theta: np.ndarray) -> Callable[[], object]:
    """The floor of any method that sorts with a library: torch.sort of both projections, alone."""
    import torch

    tx, ty, tt = _tensors(x, y, theta)
    px, py = tt @ tx.T, tt @ ty.T
    return lambda: (torch.sort(px, dim=1), torch.sort(py, dim=1))


def traffic(x: np.ndarray, y: np.ndarray, theta: np.ndarray) -> Callable[[], object]:
    """Bytes over bandwidth: read and write both projections once."""
    import torch

    source = torch.zeros((2, len(theta), len(x)), device="cuda")
    target = torch.empty_like(source)
    return lambda: target.copy_(source)


def swref_step() -> Callable[[], object]:
    """One turn of the generator on CuPy's arrays: draws, network, loss and update on the device."""
    import cupy

    from swref import MLP, Gaussian, sgd

    net = MLP(SIZES)
    source, target = Gaussian(np.zeros(SIZES[0]), np.eye(SIZES[0])), Gaussian(np.zeros(SIZES[-1]), np.eye(SIZES[-1]))
    u0 = cupy.asarray(net.init(0, dtype=np.float32))
    iterates = sgd(net, source, target, u0, step=STEP, batch=BATCH, steps=2**62, directions=DIRECTIONS)
    return lambda: next(iterates)


def swref_step_from_host() -> Callable[[], object]:
    """The same for parameters of NumPy's: all of a step is swref's kernels, and the iterates come back."""
    from swref import MLP, Gaussian, sgd

    net = MLP(SIZES)
    source, target = Gaussian(np.zeros(SIZES[0]), np.eye(SIZES[0])), Gaussian(np.zeros(SIZES[-1]), np.eye(SIZES[-1]))
    u0 = net.init(0, dtype=np.float32)
    options = {"step": STEP, "batch": BATCH, "directions": DIRECTIONS, "steps": 2**62}
    iterates = sgd(net, source, target, u0, **options, backend="cuda")
    return lambda: next(iterates)


def torch_step() -> Callable[[], object]:
    """torch eager with autograd and torch.optim.SGD; the loss stays on the device."""
    import torch

    layers: list[Any] = []
    for a, b in pairwise(SIZES):
        layers += [torch.nn.Linear(a, b), torch.nn.Tanh()]
    net = torch.nn.Sequential(*layers[:-1]).cuda()
    optimiser = torch.optim.SGD(net.parameters(), lr=STEP)

    def call() -> object:
        x = torch.randn(BATCH, SIZES[0], device="cuda")
        y = torch.randn(BATCH, SIZES[-1], device="cuda")
        theta = torch.nn.functional.normalize(torch.randn(DIRECTIONS, SIZES[-1], device="cuda"), dim=1)
        optimiser.zero_grad()
        loss = _torch_loss(net(x), y, theta)
        loss.backward()
        optimiser.step()
        return loss.detach()

    return call


CONTENDERS: dict[str, Callable[..., Call]] = {
    "swref": swref_cuda,
    "swref from the host": swref_from_host,
    "torch": torch_eager,
    "torch.compile": torch_compile,
    "CuPy": cupy_explicit,
    "JAX jit": jax_jit,
    "POT on torch": pot_torch,
}
FLOORS: dict[str, Callable[..., Callable[[], object]]] = {"torch.sort alone": torch_sort, "copy alone": traffic}
STEPS: dict[str, Callable[[], Callable[[], object]]] = {
    "swref": swref_step,
    "swref from the host": swref_step_from_host,
    "torch": torch_step,
}
