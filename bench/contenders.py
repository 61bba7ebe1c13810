"""The contenders: each turns (x, y, theta) into a function of no arguments that returns (SW_2^2, gradient or None).

Setting up (moving data into a framework, compiling) happens in `prepare`, outside the timing; each is written as a
good user of that library would write it. A library that is missing raises ImportError there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Call = Callable[[], tuple[float, np.ndarray | None]]
Prepare = Callable[[np.ndarray, np.ndarray, np.ndarray], Call]


@dataclass(frozen=True)
class Contender:
    """One way to compute the loss and its gradient."""

    name: str
    prepare: Prepare
    note: str = ""


def swref_cpu(x: np.ndarray, y: np.ndarray, theta: np.ndarray) -> Call:
    """The library under test, through its public function with all its checks."""
    from swref import sw_loss_and_grad

    return lambda: sw_loss_and_grad(x, y, theta, backend="cpu")


def swref_numpy(x: np.ndarray, y: np.ndarray, theta: np.ndarray) -> Call:
    """The specification."""
    from swref import sw_loss_and_grad

    return lambda: sw_loss_and_grad(x, y, theta, backend="numpy")


def numpy_vectorised(x: np.ndarray, y: np.ndarray, theta: np.ndarray) -> Call:
    """Plain NumPy over all directions at once: argsort x, sort y, scatter."""
    n, L = len(x), len(theta)

    def call() -> tuple[float, np.ndarray]:
        px = theta @ x.T  # [L, n]: sorting along contiguous rows is NumPy's fast case
        py = np.sort(theta @ y.T, axis=1)
        order = np.argsort(px, axis=1)
        D = np.take_along_axis(px, order, axis=1) - py
        slopes = np.empty_like(D)
        np.put_along_axis(slopes, order, D * (2 / n), axis=1)
        return float(np.mean(D * D)), slopes.T @ theta / L

    return call


def _torch_loss(x: object, y: object, theta: object) -> object:
    import torch

    px, _ = torch.sort(theta @ x.T, dim=1)  # rows contiguous
    py, _ = torch.sort(theta @ y.T, dim=1)
    return ((px - py) ** 2).mean()


def _torch(x: np.ndarray, y: np.ndarray, theta: np.ndarray, loss: Callable[..., object]) -> Call:
    import torch

    tx, ty, tt = (torch.from_numpy(a.copy()) for a in (x, y, theta))
    tx.requires_grad_(True)

    def call() -> tuple[float, np.ndarray]:
        tx.grad = None
        value = loss(tx, ty, tt)
        value.backward()
        return float(value.detach()), tx.grad.numpy()

    return call


def torch_eager(x: np.ndarray, y: np.ndarray, theta: np.ndarray) -> Call:
    """torch with autograd."""
    return _torch(x, y, theta, _torch_loss)


def torch_compile(x: np.ndarray, y: np.ndarray, theta: np.ndarray) -> Call:
    """torch.compile of the same function."""
    import torch

    return _torch(x, y, theta, torch.compile(_torch_loss))


def jax_jit(x: np.ndarray, y: np.ndarray, theta: np.ndarray) -> Call:
    """jax.jit of value_and_grad."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    @jax.jit
    @jax.value_and_grad
    def loss(x: jax.Array, y: jax.Array, theta: jax.Array) -> jax.Array:
        px = jnp.sort(theta @ x.T, axis=1)
        py = jnp.sort(theta @ y.T, axis=1)
        return jnp.mean((px - py) ** 2)

    jx, jy, jt = (jnp.asarray(a) for a in (x, y, theta))

    def call() -> tuple[float, np.ndarray]:
        value, grad = loss(jx, jy, jt)
        return float(value), np.asarray(grad)

    return call


def pot_numpy(x: np.ndarray, y: np.ndarray, theta: np.ndarray) -> Call:
    """POT on NumPy arrays: the value alone."""
    import ot

    projections = theta.T.copy()
    return lambda: (float(ot.sliced_wasserstein_distance(x, y, projections=projections)) ** 2, None)


def pot_torch(x: np.ndarray, y: np.ndarray, theta: np.ndarray) -> Call:
    """POT on torch tensors, with autograd."""
    import ot

    return _torch(x, y, theta, lambda x, y, theta: ot.sliced_wasserstein_distance(x, y, projections=theta.T) ** 2)


def ott_jax(x: np.ndarray, y: np.ndarray, theta: np.ndarray) -> Call:
    """OTT-JAX, jit of value_and_grad."""
    import jax
    import jax.numpy as jnp
    from ott.tools import sliced

    jax.config.update("jax_enable_x64", True)
    jx, jy, jt = (jnp.asarray(a) for a in (x, y, theta))

    @jax.jit
    @jax.value_and_grad
    def loss(x: jax.Array, y: jax.Array, theta: jax.Array) -> jax.Array:
        return sliced.sliced_wasserstein(x, y, proj_fn=lambda z: z @ theta.T)[0]

    def call() -> tuple[float, np.ndarray]:
        value, grad = loss(jx, jy, jt)
        return float(value), np.asarray(grad)

    return call


CONTENDERS = (
    Contender("swref cpu", swref_cpu),
    Contender("swref numpy", swref_numpy, "the specification"),
    Contender("NumPy", numpy_vectorised),
    Contender("torch", torch_eager),
    Contender("torch.compile", torch_compile),
    Contender("JAX jit", jax_jit),
    Contender("POT on NumPy", pot_numpy, "value only"),
    Contender("POT on torch", pot_torch),
    Contender("OTT-JAX", ott_jax),
)
