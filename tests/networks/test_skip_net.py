"""SkipNet against its formula written out, the MLP bit for bit, and itself without sharing."""

from __future__ import annotations

import json

import numpy as np
import pytest

from swref.errors import InputError, InputTypeError
from swref.networks import MLP, SkipNet
from tests.networks.support import CASES, Case, both_dtypes, close, gradient
from tests.support import tol


def test_skip_net_forward_equals_the_explicit_formula():
    """Oracle: h_k = act_k(sum_i h_i A_{k,i} + b_k) on the documented layout cut by hand."""
    net = SkipNet((2, 3, 2), "relu", "tanh")
    u = np.random.default_rng(3).standard_normal(net.n_params)
    x = np.random.default_rng(4).standard_normal((6, 2))
    A10, b1 = u[:6].reshape(2, 3), u[6:9]
    A20, A21, b2 = u[9:13].reshape(2, 2), u[13:19].reshape(3, 2), u[19:]
    h1 = np.maximum(np.einsum("ni,ij->nj", x, A10) + b1, 0)
    expected = np.tanh(np.einsum("ni,ij->nj", x, A20) + np.einsum("ni,ij->nj", h1, A21) + b2)
    close(net.forward(u, x)[0], expected, tol(np.float64, 10))


@pytest.mark.parametrize("net", [MLP((2, 64, 64, 2)), MLP((3, 5, 2), "gelu", "sigmoid"), MLP((2, 3))])
@both_dtypes
def test_skip_net_of_consecutive_connections_is_the_mlp_bit_for_bit(net, dtype):
    """Oracle: the MLP, in all that a network does."""
    twin = SkipNet.of_mlp(net)
    u, x, v, w = Case(net).draw(dtype)
    np.testing.assert_array_equal(twin.init(3, "he"), net.init(3, "he"))
    np.testing.assert_array_equal(twin.forward(u, x)[0], net.forward(u, x)[0])
    np.testing.assert_array_equal(gradient(twin, u, x, w), gradient(net, u, x, w))
    np.testing.assert_array_equal(twin.jvp(u, x, v), net.jvp(u, x, v))


def test_a_shared_gradient_is_the_sum_over_the_blocks():
    """Oracle: the network without sharing, fed the same blocks; the gradients of the blocks of a group are summed."""
    case = CASES["shared blocks"]
    free = SkipNet(case.net.sizes, case.net.activation, connections=case.net.connections)
    u, x, _, w = case.draw()
    wide = np.empty(free.n_params)
    for key, block in free.blocks(wide).items():
        block[...] = case.net.blocks(u)[key]
    np.testing.assert_array_equal(free.forward(wide, x)[0], case.net.forward(u, x)[0])
    expected = np.zeros_like(u)
    for key, block in free.blocks(gradient(free, wide, x, w)).items():
        case.net.blocks(expected)[key][...] += block
    close(gradient(case.net, u, x, w), expected, tol(np.float64, 64))
    assert case.net.n_params < free.n_params


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"connections": [(1, 0), (2, 0), (3, 2)]}, InputError, "out of every hidden layer, got none out of layer 1"),
        ({"connections": [(1, 0), (3, 1)]}, InputError, "into every layer, got none into layer 2"),
        ({"connections": [(1, 0), (1, 0)]}, InputError, r"must be distinct, got \(1, 0\) twice"),
        ({"connections": [(1, 1)]}, InputError, r"connections\[0\] must be a pair \(k, i\) with i < k <= 3"),
        ({"connections": [(4, 0)]}, InputError, r"with i < k <= 3, got \(4, 0\)"),
        ({"connections": [3]}, InputTypeError, r"connections\[0\] must be a pair \(k, i\), got 3"),
        ({"connections": "all"}, InputTypeError, "connections must be a sequence of pairs"),
        ({"shared": [((1, 0), (2, 1))]}, InputError, r"blocks of one shape, got \(2, 4\) for \(1, 0\) and \(4, 4\)"),
        ({"shared": [(1, 2), (2, 1)]}, InputError, r"shared\[1\] names the block 2, which is in a group already"),
        ({"shared": [(1, 7)]}, InputError, r"shared\[0\] names the block 7, which does not exist"),
        ({"shared": [7]}, InputTypeError, r"shared\[0\] must be a group of keys"),
        ({"activation": ("tanh",)}, InputError, "one for each of the 2 hidden layers"),
        ({"activation": ("tanh", "rleu")}, InputError, r"activation\[1\] must be one of .* did you mean 'relu'"),
        ({"activation": 3}, InputTypeError, "activation must be a name or a sequence of names"),
        ({"output_activation": "linear"}, InputError, "output_activation must be one of"),
    ],
)
def test_skip_net_refuses_what_makes_no_network(options, error, message):
    with pytest.raises(error, match=message):
        SkipNet((2, 4, 4, 1), **options)


def test_skip_net_is_rebuilt_from_its_json():
    """Oracle: the network itself."""
    for name in ("all connections", "some connections", "shared blocks"):
        description = json.loads(json.dumps(CASES[name].net.to_dict()))
        del description["name"]
        assert SkipNet(**description) == CASES[name].net
