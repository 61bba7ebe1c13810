"""JAX: the sliced Wasserstein loss as one writes it there, under grad and jit, in 64 bits."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from swref.crosscheck.adapter import Adapter, Evaluation
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.observation import TargetError
from swref.crosscheck.target.forwards import forward
from swref.networks import Network


def array(value: np.ndarray, dtype: str) -> jax.Array:
    """A JAX array of the precision `dtype`; float64 stays only inside `sixty_four_bits`."""
    return jnp.asarray(np.ascontiguousarray(value)).astype(dtype)


def sixty_four_bits() -> Any:
    """JAX rounds float64 to float32 unless told otherwise: a context in which it does not."""
    return jax.enable_x64(True)


def sw_pp(x: Any, y: Any, theta: Any, p: float, x_weights: Any = None, y_weights: Any = None) -> Any:
    """SW_p^p: sorts for uniform measures of one size, quantile functions on their common levels otherwise."""
    px, py = theta @ x.T, theta @ y.T  # [L, n], [L, m]
    if x_weights is None and y_weights is None and px.shape == py.shape:
        D = jnp.sort(px, axis=1) - jnp.sort(py, axis=1)
        return jnp.mean(jnp.abs(D) ** p)
    (px, a), (py, b) = _levels(px, x_weights), _levels(py, y_weights)
    levels = jnp.sort(jnp.concatenate([a, b], axis=1), axis=1)
    mass = jnp.diff(levels, axis=1, prepend=0)
    middle = levels - mass / 2
    D = _at(px, a, middle) - _at(py, b, middle)
    return jnp.mean(jnp.sum(mass * jnp.abs(D) ** p, axis=1))


def _levels(values: Any, weights: Any) -> tuple[Any, Any]:
    order = jnp.argsort(values, axis=1)
    weights = jnp.ones_like(values[0]) if weights is None else weights
    a = jnp.cumsum(weights[order], axis=1)
    return jnp.take_along_axis(values, order, axis=1), a / a[:, -1:]


def _at(values: Any, cumulative: Any, levels: Any) -> Any:
    index = jax.vmap(jnp.searchsorted)(cumulative, levels)
    return jnp.take_along_axis(values, jnp.minimum(index, values.shape[1] - 1), axis=1)


def differentiate(loss: Callable[..., Any], inputs: Inputs, theta: np.ndarray, gradient: bool) -> Evaluation:
    """loss(x, y, theta) and its gradients in x and y by jax.value_and_grad."""
    with sixty_four_bits():
        arguments = [array(a, inputs.dtype) for a in (inputs.x, inputs.y, theta)]
        if not gradient:
            return Evaluation(_numpy(_one(loss(*arguments))))
        value, grads = jax.value_and_grad(lambda *given: _one(loss(*given)), argnums=(0, 1))(*arguments)
        return Evaluation(*(_numpy(result) for result in (value, *grads)))


def in_arguments(loss: Callable[..., Any], inputs: Inputs, theta: np.ndarray) -> Evaluation:
    """loss(x, y, theta, x_weights, y_weights) and its gradients in the last three by jax.value_and_grad."""
    with sixty_four_bits():
        given = (inputs.x, inputs.y, theta, inputs.x_weights, inputs.y_weights)
        arrays = [None if a is None else array(a, inputs.dtype) for a in given]
        value, grads = jax.value_and_grad(lambda *all_of: _one(loss(*all_of)), argnums=(2, 3, 4))(*arrays)
        return Evaluation(_numpy(value), None, None, *(None if grad is None else _numpy(grad) for grad in grads))


def ways(
    loss: Callable[..., Any], inputs: Inputs, theta: np.ndarray, in_y: bool
) -> dict[str, Callable[[], Evaluation]]:
    """Other ways to ask jax.value_and_grad for the same; a power of two divides out exactly."""

    def asked(argnum: int, cotangent: float) -> Evaluation:
        with sixty_four_bits():
            arguments = [array(a, inputs.dtype) for a in (inputs.x, inputs.y, theta)]
            scaled = jax.value_and_grad(lambda *given: cotangent * _one(loss(*given)), argnums=argnum)
            value, grad = (_numpy(each) / cotangent for each in scaled(*arguments))
            return Evaluation(value, None, grad) if argnum else Evaluation(value, grad)

    in_x = {"of 4 * value": lambda: asked(0, 4.0), "in x alone": lambda: asked(0, 1.0)}
    return in_x | ({"in y alone": lambda: asked(1, 1.0)} if in_y else {})


def changed(value: jax.Array, given: np.ndarray) -> bool:
    """Whether an array was changed in place: JAX's cannot be."""
    return False


def _one(value: Any) -> Any:
    """A number [], also of a list of one or of shape (1,)."""
    if isinstance(value, (list, tuple)) and len(value) == 1:
        (value,) = value
    if not hasattr(value, "size"):
        raise TargetError(f"the value must be an array of JAX, got {type(value).__name__}")
    return value.reshape(()) if value.size == 1 else value


def _numpy(value: Any) -> np.ndarray:
    return np.asarray(value.astype(jnp.float32) if value.dtype == jnp.bfloat16 else value)


@partial(jax.jit, static_argnums=3)
def _value_and_grads(x: Any, y: Any, theta: Any, p: float, x_weights: Any, y_weights: Any) -> Any:
    return jax.value_and_grad(sw_pp, argnums=(0, 1))(x, y, theta, p, x_weights, y_weights)


@partial(jax.jit, static_argnums=(0, 5))
def _network_value_and_grad(net: Network, u: Any, x: Any, y: Any, theta: Any, p: float) -> Any:
    return jax.value_and_grad(lambda v: sw_pp(forward(net, v, x, jnp), y, theta, p))(u)


class JaxAdapter(Adapter):
    """`sw_pp` above under jit(value_and_grad); the networks in JAX too."""

    dtypes = ("float64", "float32", "float16", "bfloat16")
    compiles = True

    def evaluate(self, inputs: Inputs, gradient: bool) -> Evaluation:
        """Value and gradients, compiled together."""
        with sixty_four_bits():
            points = [array(a, inputs.dtype) for a in (inputs.x, inputs.y, inputs.theta)]
            weights = [None if w is None else array(w, inputs.dtype) for w in (inputs.x_weights, inputs.y_weights)]
            value, grads = _value_and_grads(*points, inputs.p, *weights)
            return Evaluation(*(_numpy(result) for result in (value, *grads)))

    def in_arguments(self, inputs: Inputs) -> Evaluation:
        """Gradients in theta and the weights, not compiled."""
        return in_arguments(lambda x, y, theta, *w: sw_pp(x, y, theta, inputs.p, *w), inputs, inputs.theta)

    def ways(self, inputs: Inputs, in_y: bool) -> dict[str, Callable[[], Evaluation]]:
        """Those of `ways` above, not compiled."""
        with sixty_four_bits():
            weights = [None if w is None else array(w, inputs.dtype) for w in (inputs.x_weights, inputs.y_weights)]
        return ways(lambda x, y, theta: sw_pp(x, y, theta, inputs.p, *weights), inputs, inputs.theta, in_y)

    def parameters(self, net: Network, u: np.ndarray, inputs: Inputs) -> tuple[float, np.ndarray]:
        """phi by jax.grad through a network of JAX operations."""
        with sixty_four_bits():
            arrays = [array(a, inputs.dtype) for a in (u, inputs.x, inputs.y, inputs.theta)]
            value, phi = _network_value_and_grad(net, *arrays, inputs.p)
            return float(value), np.asarray(phi)
