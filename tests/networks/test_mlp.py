"""The MLP against its formula written out, its layout, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from swref.errors import InputError, InputTypeError
from swref.networks import MLP, activation
from swref.networks.activations import ACTIVATIONS
from tests.networks.support import Case, close, gradient
from tests.support import central_difference, tol


def test_mlp_refuses_inputs_of_another_dtype_or_shape():
    net = MLP((2, 4, 1))
    u, x = net.init(0), np.zeros((3, 2))
    for bad in (x[:, :1], x[0], x[:0], x[None]):
        with pytest.raises(InputError, match=r"x must have shape \[n, 2\] with n >= 1, got"):
            net.forward(u, bad)
    with pytest.raises(InputTypeError, match="x must have dtype float64 as the parameters have, got float32"):
        net.forward(u, x.astype(np.float32))
    with pytest.raises(InputTypeError, match="x must be a numpy or cupy array, got list"):
        net.forward(u, x.tolist())
    with pytest.raises(InputError, match=r"u must have shape \(17,\)"):
        net.layers(np.zeros(3))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (((2,),), InputError, "sizes must name at least an input and an output dimension"),
        (((2, 0, 1),), InputError, r"sizes\[1\] must be >= 1, got 0"),
        (((2, 3.0),), InputTypeError, r"sizes\[1\] must be an integer, got 3.0"),
        ((5,), InputTypeError, "sizes must be a sequence of integers, got 5"),
        (("23",), InputTypeError, "sizes must be a sequence of integers, got '23'"),
        (((2, 1), "Tanh"), InputError, "activation must be one of .* did you mean 'tanh'"),
        (((2, 1), "tanh", "linear"), InputError, "output_activation must be one of"),
    ],
)
def test_mlp_refuses_wrong_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        MLP(*arguments)


def test_mlp_forward_equals_the_explicit_formula():
    """Oracle: h W + b written as einsum, on the documented layout cut by hand."""
    net = MLP([3, 4, 5, 2], "softplus", "tanh")
    u = np.random.default_rng(3).standard_normal(net.n_params)
    x = np.random.default_rng(4).standard_normal((6, 3))
    h, start = x, 0
    for d_in, d_out, act in [(3, 4, "softplus"), (4, 5, "softplus"), (5, 2, "tanh")]:
        W = [[u[start + i * d_out + j] for j in range(d_out)] for i in range(d_in)]
        start += d_in * d_out
        z = np.einsum("ni,ij->nj", h, np.array(W)) + u[start : start + d_out]
        start += d_out
        h = np.log(1 + np.exp(z)) if act == "softplus" else np.sinh(z) / np.cosh(z)
    assert start == net.n_params == 16 + 25 + 12
    close(net.forward(u, x)[0], h, tol(np.float64, 10))


def test_layers_are_views_of_the_flat_vector():
    net = MLP((2, 3, 1))
    u = np.arange(float(net.n_params))
    layers = net.layers(u)
    assert [(W.shape, b.shape) for W, b in layers] == [((2, 3), (3,)), ((3, 1), (1,))]
    for view in [array for layer in layers for array in layer]:
        assert np.shares_memory(view, u)
    layers[0][1][2] = -1.0  # b_1[2] stands after the six entries of W_1
    layers[1][0][0, 0] = -2.0
    assert u[8] == -1.0
    assert u[9] == -2.0


def test_the_output_does_not_keep_the_hidden_layers_alive():
    """Oracle: the owner of the output's memory is as large as the output."""
    net = MLP((2, 500, 3))
    out, _ = net.forward(net.init(0), np.zeros((10, 2)))
    owner = out if out.base is None else out.base
    assert owner.nbytes == out.nbytes


def test_array_subclasses_do_not_bring_their_own_product():
    """Oracle: the plain array; for numpy.matrix `*` would be a matrix product."""
    net = MLP((3, 3))
    u, x, _, w = Case(net).draw(n=3)
    with pytest.warns(PendingDeprecationWarning):
        matrix, dout = np.matrix(x), np.matrix(w)
    out, cache = net.forward(u, matrix)
    assert type(out) is np.ndarray
    np.testing.assert_array_equal(out, net.forward(u, x)[0])
    np.testing.assert_array_equal(net.backward(cache, dout), gradient(net, u, x, w))


def test_networks_of_equal_arguments_are_equal_and_frozen():
    net = MLP([2, 8, 1], "relu")
    assert net == MLP((2, 8, 1), "relu")
    assert hash(net) == hash(MLP((2, 8, 1), "relu"))
    assert net != MLP((2, 8, 1))
    with pytest.raises(AttributeError):
        net.sizes = (2, 1)


def test_every_activation_of_the_mlp_is_looked_up_by_name():
    net = MLP((2, 3, 3, 1), "silu", "softplus")
    assert net.activations == (activation("silu"), activation("silu"), activation("softplus"))


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_every_activation_at_the_output_is_differentiated(name):
    """Oracle: central differences of <w, T(u, x)>."""
    rng = np.random.default_rng(0)
    net = MLP((2, 3, 2), output_activation=name)
    u, x, w = net.init(0), rng.standard_normal((5, 2)), rng.standard_normal((5, 2))
    _, cache = net.forward(u, x)
    expected = central_difference(lambda at: float(np.sum(w * net.forward(at, x)[0])), u)
    np.testing.assert_allclose(net.backward(cache, w), expected, rtol=1e-5, atol=1e-8)
