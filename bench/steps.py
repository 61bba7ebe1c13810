"""The whole step of Algorithm 1: draw a batch of each measure and the directions, forward, loss, backward, update.

Source and target are standard normal, the network an MLP with tanh, p = 2, plain SGD. swref's step is one turn of the
generator `swref.sgd`, with NumPy's BLAS on one thread as a run has it; the others draw with their own generators.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from bench.timing import in_turn
from bench.works import Row, Work
from swref import MLP, Gaussian, sgd

STEP = 1e-3


@dataclass(frozen=True)
class StepWork(Work):
    """A training step of an MLP with these layer sizes, batch n and L directions."""

    sizes: tuple[int, ...] = (2, 64, 64, 2)

    @property
    def name(self) -> str:
        """For tables."""
        layers = "-".join(map(str, self.sizes))
        return f"step {layers}, n = {self.n}, L = {self.L}" + ("" if self.dtype == "float64" else f" {self.dtype}")


STEPS = (
    StepWork(256, 2, 1, sizes=(2, 64, 64, 2)),
    StepWork(256, 2, 50, sizes=(2, 128, 128, 2)),
    StepWork(256, 2, 1, "float32", sizes=(2, 64, 64, 2)),
    StepWork(256, 2, 50, "float32", sizes=(2, 128, 128, 2)),
)


def swref_step(work: StepWork) -> Callable[[], object]:
    """One turn of the generator."""
    net = MLP(work.sizes)
    source = Gaussian(np.zeros(work.sizes[0]), np.eye(work.sizes[0]))
    target = Gaussian(np.zeros(work.d), np.eye(work.d))
    u0 = net.init(0, dtype=work.dtype)
    iterates = sgd(net, source, target, u0, step=STEP, batch=work.n, steps=2**62, directions=work.L)

    return lambda: next(iterates)


def torch_step(work: StepWork) -> Callable[[], object]:
    """torch eager with autograd and torch.optim.SGD."""
    import torch

    dtype = getattr(torch, work.dtype)
    layers: list[torch.nn.Module] = []
    for a, b in zip(work.sizes, work.sizes[1:], strict=False):
        layers += [torch.nn.Linear(a, b, dtype=dtype), torch.nn.Tanh()]
    net = torch.nn.Sequential(*layers[:-1])
    optimiser = torch.optim.SGD(net.parameters(), lr=STEP)

    def call() -> float:
        x = torch.randn(work.n, work.sizes[0], dtype=dtype)
        y = torch.randn(work.n, work.d, dtype=dtype)
        theta = torch.nn.functional.normalize(torch.randn(work.L, work.d, dtype=dtype), dim=1)
        optimiser.zero_grad()
        px, _ = torch.sort(theta @ net(x).T, dim=1)
        py, _ = torch.sort(theta @ y.T, dim=1)
        loss = ((px - py) ** 2).mean()
        loss.backward()
        optimiser.step()
        return float(loss.detach())

    return call


def jax_step(work: StepWork) -> Callable[[], object]:
    """JAX: the whole step, draws included, in one jit."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    rng = np.random.default_rng(0)
    pairs = list(zip(work.sizes, work.sizes[1:], strict=False))
    parameters = [(jnp.asarray(rng.normal(size=p) * 0.1, work.dtype), jnp.zeros(p[1], work.dtype)) for p in pairs]

    def loss(parameters: object, x: jax.Array, y: jax.Array, theta: jax.Array) -> jax.Array:
        for k, (W, b) in enumerate(parameters):
            x = x @ W + b
            if k < len(parameters) - 1:
                x = jnp.tanh(x)
        return jnp.mean((jnp.sort(theta @ x.T, axis=1) - jnp.sort(theta @ y.T, axis=1)) ** 2)

    @jax.jit
    def step(parameters: object, key: jax.Array) -> tuple[object, jax.Array, jax.Array]:
        key, *keys = jax.random.split(key, 4)
        x = jax.random.normal(keys[0], (work.n, work.sizes[0]), work.dtype)
        y = jax.random.normal(keys[1], (work.n, work.d), work.dtype)
        theta = jax.random.normal(keys[2], (work.L, work.d), work.dtype)
        theta = theta / jnp.linalg.norm(theta, axis=1, keepdims=True)
        value, grads = jax.value_and_grad(loss)(parameters, x, y, theta)
        return jax.tree.map(lambda u, g: u - STEP * g, parameters, grads), key, value

    state = [parameters, jax.random.PRNGKey(0)]

    def call() -> float:
        state[0], state[1], value = step(*state)
        return float(value)

    return call


CONTENDERS = {"swref cpu": swref_step, "torch": torch_step, "JAX jit": jax_step}


def run(work: StepWork, rounds: int) -> Row:
    """Time a training step of every contender in turn."""
    calls, absent = {}, {}
    for name, prepare in CONTENDERS.items():
        try:
            calls[name] = prepare(work)
        except ImportError as error:
            absent[name] = f"not installed ({error.name or error})"
    with threadpool_limits(1, "blas"):  # as a run sets it, once: NumPy's BLAS alone, not the frameworks' own
        return Row(work, in_turn(calls, rounds), absent)
