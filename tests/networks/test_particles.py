"""Particles: rows of u, gradients added up by index; what is no index."""

from __future__ import annotations

import numpy as np
import pytest

from swref.errors import InputError
from swref.networks import Particles
from tests.networks.support import gradient


@pytest.mark.parametrize("bad", [0.5, -1.0, 5.0, np.nan, np.inf])
def test_particles_refuse_what_is_no_index(bad):
    with pytest.raises(InputError, match=r"x must hold whole numbers from 0 to 4, .* got .* at \[1, 0\]"):
        Particles(5, 2).forward(np.zeros(10), np.array([[0.0], [bad]]))


def test_particles_are_rows_of_u_and_gradients_add_up_by_index():
    """Oracle: numpy indexing and numpy.add.at."""
    net = Particles(4, 3)
    u, w = np.random.default_rng(0).standard_normal((2, 12))
    x = np.array([[3.0], [0.0], [3.0], [1.0]])
    np.testing.assert_array_equal(net.forward(u, x)[0], u.reshape(4, 3)[[3, 0, 3, 1]])
    expected = np.zeros((4, 3))
    np.add.at(expected, [3, 0, 3, 1], w.reshape(4, 3))
    np.testing.assert_array_equal(gradient(net, u, x, w.reshape(4, 3)), expected.ravel())
    np.testing.assert_array_equal(net.forward(u, net.indices())[0].ravel(), u)
