"""PyTorch: the sliced Wasserstein loss as one writes it there, differentiated by autograd."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from swref.crosscheck.adapter import Adapter, Evaluation
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.observation import TargetError
from swref.crosscheck.target.forwards import forward
from swref.networks import Network

Loss = Callable[..., Tensor]  # of x, y, theta and, where they are not those of the inputs, the two weights


def array(value: np.ndarray, dtype: str) -> Tensor:
    """A copy of `value` as a tensor of the precision `dtype`: torch takes neither negative strides nor read-only."""
    return torch.tensor(np.ascontiguousarray(value)).to(getattr(torch, dtype))


def seed(number: int) -> None:
    """Seed torch's global generator."""
    torch.manual_seed(number)


def sw_pp(x: Tensor, y: Tensor, theta: Tensor, p: float, wx: Tensor | None = None, wy: Tensor | None = None) -> Tensor:
    """SW_p^p: sorts for uniform measures of one size, quantile functions on their common levels otherwise."""
    px, py = theta @ x.T, theta @ y.T  # [L, n], [L, m]
    if wx is None and wy is None and px.shape == py.shape:
        D = px.sort(dim=1).values - py.sort(dim=1).values
        return (D.abs() ** p).mean()
    (px, a), (py, b) = quantile_levels(px, wx), quantile_levels(py, wy)
    levels = torch.cat([a, b], dim=1).sort(dim=1).values  # [L, n + m]
    mass = torch.diff(levels, dim=1, prepend=torch.zeros_like(levels[:, :1]))
    middle = levels - mass / 2  # a level of its own: no rounding decides on which side of a jump it lies
    D = _at(px, a, middle) - _at(py, b, middle)
    return (mass * D.abs() ** p).sum(dim=1).mean()


def quantile_levels(values: Tensor, weights: Tensor | None) -> tuple[Tensor, Tensor]:
    """Sorted values [L, n] and their cumulative weights [L, n], of last entry 1."""
    values, order = values.sort(dim=1)
    weights = torch.full_like(values[0], 1.0) if weights is None else weights
    a = weights[order].cumsum(dim=1)
    return values, a / a[:, -1:]


def _at(values: Tensor, cumulative: Tensor, levels: Tensor) -> Tensor:
    index = torch.searchsorted(cumulative.contiguous(), levels.contiguous()).clamp(max=values.shape[1] - 1)
    return values.gather(1, index)


def differentiate(loss: Loss, inputs: Inputs, theta: np.ndarray, gradient: bool) -> Evaluation:
    """loss(x, y, theta) and its gradients in x and y by autograd; dy is None where the loss does not depend on y so."""
    return _differentiate(loss, inputs, theta, gradient, gradient)


def _differentiate(
    loss: Loss, inputs: Inputs, theta: np.ndarray, in_x: bool, in_y: bool, cotangent: float = 1.0
) -> Evaluation:
    x, y = array(inputs.x, inputs.dtype).requires_grad_(in_x), array(inputs.y, inputs.dtype).requires_grad_(in_y)
    directions = array(theta, inputs.dtype)
    value = loss(x, y, directions)
    value = _one(value)
    if in_x or in_y:
        (cotangent * value).backward()
    for name, tensor, given in (("x", x, inputs.x), ("y", y, inputs.y), ("theta", directions, theta)):
        if changed(tensor, given):
            raise TargetError(f"the target changed its argument {name} in place")
    dx, dy = (None if t.grad is None else _numpy(t.grad) / cotangent for t in (x, y))
    return Evaluation(_numpy(value), dx, dy)


def in_arguments(loss: Loss, inputs: Inputs, theta: np.ndarray) -> Evaluation:
    """loss(x, y, theta, x_weights, y_weights) and its gradients in the last three by autograd."""
    x, y = array(inputs.x, inputs.dtype), array(inputs.y, inputs.dtype)
    given = (theta, inputs.x_weights, inputs.y_weights)
    tensors = [None if a is None else array(a, inputs.dtype).requires_grad_() for a in given]
    value = _one(loss(x, y, *tensors))
    value.backward()
    grads = (None if t is None or t.grad is None else _numpy(t.grad) for t in tensors)
    return Evaluation(_numpy(value), None, None, *grads)


def ways(loss: Loss, inputs: Inputs, theta: np.ndarray, in_y: bool) -> dict[str, Callable[[], Evaluation]]:
    """Other ways to ask autograd for the same; a power of two divides out exactly."""
    asked: dict[str, Callable[[], Evaluation]] = {
        "under (4 * value).backward()": lambda: _differentiate(loss, inputs, theta, True, in_y, 4.0),
        "with y detached": lambda: _differentiate(loss, inputs, theta, True, False),
        "under torch.no_grad()": lambda: _without_grad(loss, inputs, theta),
    }
    if in_y:
        asked["with x detached"] = lambda: _differentiate(loss, inputs, theta, False, True)
    return asked


def _without_grad(loss: Loss, inputs: Inputs, theta: np.ndarray) -> Evaluation:
    with torch.no_grad():
        return Evaluation(_numpy(loss(*(array(a, inputs.dtype) for a in (inputs.x, inputs.y, theta)))))


def changed(tensor: Tensor, given: np.ndarray) -> bool:
    """Whether a tensor that was made of `given` holds other numbers now."""
    return not np.array_equal(_numpy(tensor), given, equal_nan=True)


def _one(value: Any) -> Tensor:
    """The tensor, also of a list of one."""
    if isinstance(value, (list, tuple)) and len(value) == 1:
        (value,) = value
    if not isinstance(value, Tensor):
        raise TargetError(f"the value must be a tensor, got {type(value).__name__}")
    return value


def _numpy(value: Any) -> np.ndarray:
    plain = _one(value).detach()
    return np.asarray((plain.float() if plain.dtype == torch.bfloat16 else plain).numpy())


class TorchAdapter(Adapter):
    """`sw_pp` above with torch.autograd; networks and steps in torch too, the step by torch.optim.SGD."""

    dtypes: tuple[str, ...] = ("float64", "float32", "float16", "bfloat16")

    def loss(self, inputs: Inputs) -> Loss:
        """The loss with p and the weights of `inputs` filled in."""
        weights = [None if w is None else array(w, inputs.dtype) for w in (inputs.x_weights, inputs.y_weights)]
        return lambda x, y, theta, *others: sw_pp(x, y, theta, inputs.p, *(others or weights))

    def evaluate(self, inputs: Inputs, gradient: bool) -> Evaluation:
        """Value and gradients by autograd."""
        return differentiate(self.loss(inputs), inputs, inputs.theta, gradient)

    def in_arguments(self, inputs: Inputs) -> Evaluation:
        """Gradients in theta and the weights by autograd."""
        return in_arguments(self.loss(inputs), inputs, inputs.theta)

    def ways(self, inputs: Inputs, in_y: bool) -> dict[str, Callable[[], Evaluation]]:
        """Those of `ways` above."""
        return ways(self.loss(inputs), inputs, inputs.theta, in_y)

    def seed(self, seed: int) -> None:
        """NumPy's and torch's global generators."""
        super().seed(seed)
        torch.manual_seed(seed)

    def _parameters(self, net: Network, u: np.ndarray, inputs: Inputs) -> tuple[float, Tensor]:
        v = array(u, inputs.dtype).requires_grad_()
        out = forward(net, v, array(inputs.x, inputs.dtype), torch)
        value = self.loss(inputs)(out, array(inputs.y, inputs.dtype), array(inputs.theta, inputs.dtype))
        value.backward()
        return float(value), v

    def parameters(self, net: Network, u: np.ndarray, inputs: Inputs) -> tuple[float, np.ndarray]:
        """phi by autograd through a network of torch operations."""
        value, v = self._parameters(net, u, inputs)
        return value, _numpy(v.grad)

    def step(
        self,
        net: Network,
        u: np.ndarray,
        inputs: Inputs,
        alpha: float,
        noise: float = 0.0,
        xi: np.ndarray | None = None,
        radius: float = float("inf"),
    ) -> tuple[float, np.ndarray]:
        """torch.optim.SGD, then the noise and the projection of the whole vector."""
        value, v = self._parameters(net, u, inputs)
        torch.optim.SGD([v], lr=alpha).step()
        with torch.no_grad():
            if xi is not None and noise:
                v += alpha * noise * array(xi, inputs.dtype)
            norm = float(v.norm())
            if norm > radius:
                v *= radius / norm
        return value, v.detach().numpy()
