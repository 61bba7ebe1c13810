"""The bridge to torch. Oracle: swref.sw_loss_and_grad, bit for bit, and torch.autograd.gradcheck."""

from __future__ import annotations

import numpy as np
import pytest

import swref
from swref.errors import InputError, InputTypeError

torch = pytest.importorskip("torch")
bridge = pytest.importorskip("swref.torch")

WRT = ("x", "y", "theta", "x_weights", "y_weights")


def tensors(dtype=np.float64, weighted=True, n=9, m=7):
    rng = np.random.default_rng(0)
    theta = rng.standard_normal((5, 3))
    given = [rng.standard_normal((n, 3)), rng.standard_normal((m, 3)), theta / np.linalg.norm(theta, axis=1)[:, None]]
    if weighted:
        given += [rng.dirichlet(np.ones(n)), rng.dirichlet(np.ones(m))]
    return [torch.tensor(a.astype(dtype), requires_grad=True) for a in given]


def loss(x, y, theta, wx=None, wy=None, **options):
    return bridge.sw_loss(x, y, theta, x_weights=wx, y_weights=wy, **options)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("p", [1.0, 1.5, 2.0, 3.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_same_bits(dtype, p, weighted):
    given = tensors(dtype, weighted)
    (4 * loss(*given, p=p)).backward()
    x, y, theta, *weights = (t.detach().numpy() for t in given)
    wx, wy = weights or (None, None)
    wrt = WRT[: len(given)]
    value, grads = swref.sw_loss_and_grad(x, y, theta, p=p, x_weights=wx, y_weights=wy, wrt=wrt)
    assert loss(*given, p=p).item() == dtype(value)
    for tensor, grad in zip(given, grads, strict=True):
        assert tensor.grad.dtype == tensor.dtype
        np.testing.assert_array_equal(tensor.grad.numpy(), 4 * grad.astype(dtype))


@pytest.mark.parametrize("p", [1.5, 2.0, 3.0])
def test_gradcheck(p):
    *points, wx, wy = tensors()
    x, y, theta = points
    weights = wx.detach(), wy.detach()
    assert torch.autograd.gradcheck(lambda x, y: loss(x, y, theta.detach(), *weights, p=p), (x, y))


def test_only_what_is_asked_for():
    x, y, theta, *_ = tensors()
    loss(x, y.detach(), theta.detach()).backward()
    assert (x.grad is None, y.grad, theta.grad) == (False, None, None)
    with torch.no_grad():
        assert not loss(x, y, theta).requires_grad
    assert not loss(x.detach(), y.detach(), theta.detach()).requires_grad
    mixed = loss(x.float(), y, theta)
    assert mixed.dtype == torch.float64
    assert torch.func.grad(lambda x: loss(x, y.detach(), theta.detach()))(x.detach()).equal(x.grad)


def test_second_derivatives_are_refused():
    x, y, theta, *_ = tensors()
    (grad,) = torch.autograd.grad(loss(x, y, theta), x, create_graph=True)
    with pytest.raises(InputError, match="no second derivatives"):
        grad.sum().backward()


def test_a_training_step_is_that_of_swref():
    """Oracle: one step of swref.sgd under the same draws."""
    net, rng = swref.MLP((2, 4, 2)), np.random.default_rng(1)
    u, z, y = net.init(0), rng.standard_normal((6, 2)), torch.tensor(rng.standard_normal((6, 2)))
    theta = swref.directions(rng, 3, 2)
    out, cache = net.forward(u, z)
    _, dx = swref.sw_loss_and_grad(out, y.numpy(), theta)
    leaf = torch.tensor(out, requires_grad=True)
    loss(leaf, y, torch.tensor(theta)).backward()
    np.testing.assert_array_equal(net.backward(cache, leaf.grad.numpy()), net.backward(cache, dx))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": [[1.0]]}, InputTypeError, "x must be a tensor of torch"),
        ({"y": torch.zeros(3, 3).half()}, InputError, "y must be a tensor of float32 or float64"),
        ({"theta": torch.ones(2, 3)}, InputError, "theta must have rows of length 1"),
        ({"x": torch.full((3, 3), float("nan"))}, InputError, "x must be finite"),
        ({"p": 0.5}, InputError, "p must"),
        ({"backend": "gpu"}, InputError, "backend must be one of"),
        ({"x_weights": torch.ones(9)}, InputError, "x_weights must"),
    ],
)
def test_wrong_arguments_are_named(change, error, message):
    given = dict(zip(("x", "y", "theta"), tensors(weighted=False), strict=True))
    with pytest.raises(error, match=message):
        bridge.sw_loss(**given | change)
