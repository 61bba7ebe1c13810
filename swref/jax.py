"""The loss of swref as a function of JAX: its explicit gradients, under grad, jit and vmap.

    import swref.jax

    loss, dx = jax.value_and_grad(swref.jax.sw_loss)(x, y, theta)

The Numba kernels are called from the compiled program (jax.pure_callback), on the CPU; arrays on a GPU travel there and
back. The numbers are bit for bit those of swref.sw_loss_and_grad. JAX rounds float64 to float32 unless told otherwise
(jax.enable_x64).
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from swref import sliced
from swref.checks import one_of, order
from swref.errors import InputError, InputTypeError

__all__ = ["sw_loss"]


def sw_loss(
    x: jax.Array,
    y: jax.Array,
    theta: jax.Array,
    *,
    p: float = 2.0,
    x_weights: jax.Array | None = None,
    y_weights: jax.Array | None = None,
    backend: str = "cpu",
) -> jax.Array:
    """SW_p^p (no root) of `x` [n, d] and `y` [m, d] over the directions `theta` [L, d], an array [].

    Differentiable in reverse mode in x, y, theta (Euclidean) and the weights [n], [m] (up to a constant: potentials);
    only the gradients that are asked for are computed. At ties, and where D = 0, as in swref.sw_loss_and_grad. float32
    stays float32; half precisions are refused. `p` is a number, not traced; `backend` "cpu" or "numpy".

    Raises InputError or InputTypeError for p, backend, axes and dtypes; what is wrong with sizes and numbers ends the
    program in JAX's own error, with swref's line in it. Source: Tanguy 2023, section 2.2.
    """
    order(p), one_of("backend", backend, ("cpu", "numpy"))
    given = {"x": x, "y": y, "theta": theta, "x_weights": x_weights, "y_weights": y_weights}
    for name, array in given.items():
        if array is None and name.endswith("weights"):
            continue
        if not isinstance(array, (jax.Array, np.ndarray)):
            raise InputTypeError(f"{name} must be an array of JAX, got {type(array).__name__}")
        if array.dtype.name not in ("float32", "float64"):
            raise InputError(f"{name} must be an array of float32 or float64, got {array.dtype}")
        if array.ndim != (1 if name.endswith("weights") else 2):
            raise InputError(
                f"{name} must have {'one axis' if name.endswith('weights') else 'two axes'}, got {array.shape}"
            )
    loss: jax.Array = _loss((x, y, theta, x_weights, y_weights), float(p), backend)
    return loss


@partial(jax.custom_vjp, nondiff_argnums=(1, 2))
def _loss(arrays: tuple[Any, ...], p: float, backend: str) -> Any:
    return _computed(arrays, (), p, backend)[0]


def _forward(arrays: tuple[Any, ...], p: float, backend: str) -> tuple[Any, tuple[Any, ...]]:
    """The value, and what backward needs: the gradients in what is differentiated, and what all were given as."""
    wrt = tuple(name for name, a in zip(sliced.WRT, arrays, strict=True) if a is not None and a.perturbed)
    plain = tuple(None if a is None else a.value for a in arrays)
    loss, grads = _computed(plain, wrt, p, backend)
    kept = dict(zip(wrt, grads, strict=True))
    return loss, tuple(kept.get(name) for name in sliced.WRT)


def _backward(p: float, backend: str, kept: tuple[Any, ...], cotangent: Any) -> tuple[tuple[Any, ...]]:
    return (tuple(None if grad is None else (cotangent * grad).astype(grad.dtype) for grad in kept),)


_loss.defvjp(_forward, _backward, symbolic_zeros=True)


def _computed(arrays: tuple[Any, ...], wrt: tuple[str, ...], p: float, backend: str) -> tuple[Any, tuple[Any, ...]]:
    """SW_p^p and the gradients in `wrt`, by the kernels, called back from wherever JAX is."""
    given = dict(zip(sliced.WRT, arrays, strict=True))
    scalar = jax.ShapeDtypeStruct((), jnp.result_type(given["x"], given["y"]))
    shapes = tuple(jax.ShapeDtypeStruct(given[name].shape, given[name].dtype) for name in wrt)

    def call(x: Any, y: Any, theta: Any, wx: Any, wy: Any) -> Any:
        plain = (None if a is None else np.asarray(a) for a in (x, y, theta, wx, wy))
        x, y, theta, wx, wy = plain
        options: dict[str, Any] = {"p": p, "x_weights": wx, "y_weights": wy, "backend": backend}
        if not wrt:
            return scalar.dtype.type(sliced.sw_loss(x, y, theta, **options)), ()
        loss, grads = sliced.sw_loss_and_grad(x, y, theta, wrt=wrt, **options)
        return scalar.dtype.type(loss), tuple(g.astype(s.dtype) for g, s in zip(grads, shapes, strict=True))

    computed: tuple[Any, tuple[Any, ...]] = jax.pure_callback(call, (scalar, shapes), *arrays, vmap_method="sequential")
    return computed
