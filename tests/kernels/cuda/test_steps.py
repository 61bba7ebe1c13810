"""The numbers of training steps, in Numba's simulator or on a GPU. Oracle: NumPy, in float64."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba_cuda", reason="needs numba-cuda")

from numba import cuda

from swref.kernels.cuda import device as cuda_device
from swref.kernels.cuda import job as cuda_job
from swref.kernels.cuda import steps
from tests.support import tol

pytestmark = [] if cuda_device.simulated() else [pytest.mark.device]


@pytest.mark.filterwarnings("ignore:(overflow|invalid value) encountered:RuntimeWarning")  # of NumPy
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_losses_and_squares_of_some_steps(dtype, monkeypatch):
    """Vectors longer and shorter than a block; what is not finite stays so, each number by itself."""
    monkeypatch.setattr(cuda_job, "LIMITS", cuda_job.Limits(threads=4))
    steps._launch.cache_clear()
    rng = np.random.default_rng(0)
    sizes, losses = (1, 3, 4, 9, 9, 9), rng.uniform(1, 2, 6).astype(dtype)
    made = [(losses[k : k + 1], *rng.standard_normal((2, n)).astype(dtype)) for k, n in enumerate(sizes)]
    made[3][0][0], made[4][1][5], made[5][2][8] = np.inf, np.nan, np.finfo(dtype).max
    got = steps.measured([tuple(map(cuda.to_device, step)) for step in made])
    assert got.dtype == dtype
    want = [[loss[0], *(np.float64(v) @ np.float64(v) for v in (phi, u))] for loss, phi, u in made]
    finite = np.isfinite(np.asarray(want).astype(dtype))
    assert np.argwhere(~finite).tolist() == [[3, 0], [4, 1], [5, 2]]
    np.testing.assert_array_equal(np.isfinite(got), finite)
    np.testing.assert_allclose(got[finite], np.asarray(want)[finite], rtol=tol(dtype, 9))
    assert steps.measured([]).shape == (0, 3)
