"""The loss of swref as a function of PyTorch: its explicit gradients, in torch's own autograd.

    import swref.torch

    loss = swref.torch.sw_loss(net(x), y, theta)
    loss.backward()

Tensors on the CPU are computed by the Numba kernels without a copy, those on a GPU where they are. The numbers are bit
for bit those of swref.sw_loss_and_grad.
"""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import Tensor

from swref import sliced
from swref.checks import one_of, order, shown
from swref.errors import InputError, InputTypeError

__all__ = ["sw_loss"]

_DTYPES: Final = (torch.float32, torch.float64)


def sw_loss(
    x: Tensor,
    y: Tensor,
    theta: Tensor,
    *,
    p: float = 2.0,
    x_weights: Tensor | None = None,
    y_weights: Tensor | None = None,
    backend: str = "auto",
) -> Tensor:
    """SW_p^p (no root) of `x` [n, d] and `y` [m, d] over the directions `theta` [L, d], a tensor [].

    Gradients come for whatever of x, y, theta (Euclidean) and the weights [n], [m] (up to a constant: potentials)
    requires one. They are computed with the value, in one pass; second derivatives there are none. At ties, and where
    D = 0, as in swref.sw_loss_and_grad. float32 stays float32; half precisions are refused.

    Raises InputError or InputTypeError naming the argument, as swref.sw_loss does.
    Source: Tanguy 2023, section 2.2.
    """
    given = {"x": x, "y": y, "theta": theta, "x_weights": x_weights, "y_weights": y_weights}
    for name, tensor in given.items():
        if tensor is None and name.endswith("weights"):
            continue
        if not isinstance(tensor, Tensor):
            raise InputTypeError(f"{name} must be a tensor of torch, got {shown(tensor)}")
        if tensor.dtype not in _DTYPES:
            raise InputError(f"{name} must be a tensor of float32 or float64, got {tensor.dtype}")
    order(p), one_of("backend", backend, sliced.BACKENDS)
    wrt = tuple(name for name, tensor in given.items() if tensor is not None and tensor.requires_grad)
    loss: Tensor = _Loss.apply(*given.values(), float(p), backend, wrt if torch.is_grad_enabled() else ())[0]
    return loss


class _Loss(torch.autograd.Function):
    """The value and the gradients together; backward multiplies these by the cotangent."""

    @staticmethod
    def forward(*arguments: Any) -> tuple[Tensor, ...]:
        *tensors, p, backend, wrt = arguments
        x, y, theta, wx, wy = map(_plain, tensors)
        options: dict[str, Any] = {"p": p, "x_weights": wx, "y_weights": wy, "backend": backend}
        if wrt:
            loss, grads = sliced.sw_loss_and_grad(x, y, theta, wrt=wrt, **options)
        else:
            loss, grads = sliced.sw_loss(x, y, theta, **options), ()
        kind = {"dtype": torch.promote_types(tensors[0].dtype, tensors[1].dtype), "device": tensors[0].device}
        given = dict(zip(sliced.WRT, tensors, strict=True))
        kept = (torch.as_tensor(grad, dtype=given[name].dtype) for name, grad in zip(wrt, grads, strict=True))
        return (torch.as_tensor(loss, **kind), *kept)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
        ctx.wrt = inputs[-1]
        ctx.mark_non_differentiable(*output[1:])
        given = dict(zip(sliced.WRT, inputs, strict=False))
        ctx.save_for_backward(*output[1:], *(given[name] for name in ctx.wrt))

    @staticmethod
    def backward(ctx: Any, cotangent: Tensor, *_: Any) -> tuple[Tensor | None, ...]:
        grads, given = ctx.saved_tensors[: len(ctx.wrt)], ctx.saved_tensors[len(ctx.wrt) :]
        if torch.is_grad_enabled():  # a graph is made of this pass, too
            grads = tuple(_Last.apply(grad, *given) for grad in grads)
        kept = dict(zip(ctx.wrt, grads, strict=True))
        return (*(cotangent * kept[name] if name in kept else None for name in sliced.WRT), None, None, None)


class _Last(torch.autograd.Function):
    """A gradient that depends on the inputs, by a derivative that is not given."""

    @staticmethod
    def forward(grad: Tensor, *given: Tensor) -> Tensor:
        return grad.clone()

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        pass

    @staticmethod
    def backward(ctx: Any, *cotangent: Tensor) -> None:
        raise InputError("swref.torch.sw_loss has no second derivatives")


def _plain(tensor: Tensor | None) -> Any:
    """What swref computes with: NumPy's view of a tensor on the CPU, the tensor itself on a GPU."""
    if tensor is None:
        return None
    return tensor.detach().numpy() if tensor.device.type == "cpu" else tensor.detach()
