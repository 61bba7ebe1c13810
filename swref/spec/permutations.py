"""The sliced Wasserstein loss under permutations of the labels of two samples: what a two-sample test compares with."""

from __future__ import annotations

import numpy as np

from swref.spec.sliced import sw_losses


def permuted_losses(z: np.ndarray, labels: np.ndarray, theta: np.ndarray, p: float = 2.0) -> np.ndarray:
    """SW_p^p between the two parts of the pooled points z [N, d], for each row of labels [B, N]: [B].

    Part one are the points with a True label, part two the others. If both samples are of one law, every choice of as
    many True labels is as likely as the one that was observed: the rank of its loss among the others' is uniform.
    Source: Lehmann and Romano, Testing Statistical Hypotheses, section 17.2.

    >>> z, labels = np.array([[0.0], [1.0], [3.0]]), np.array([[True, False, True], [True, True, False]])
    >>> permuted_losses(z, labels, np.eye(1)).tolist()
    [2.5, 6.5]
    """
    return np.array([np.mean(sw_losses(z[row], z[~row], theta, p)) for row in labels])
