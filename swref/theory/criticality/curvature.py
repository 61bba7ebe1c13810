"""Bounds of E, which is F as a function of the images z [m, d], on a small ball: gradient, Hessian, and its change.

    E(z) = (1/d) sum_k wx_k |z_k|^2 - 2 E_theta [sum_k kappa_k theta . z_k] + const,   kappa_k(theta) = wx_k times the
                                                                        mean of the projected y that z_k is matched to

On the line, and for batch = 1, E is quadratic while the order of the images does not change. In the plane the order of
z_a and z_b changes at the angles where theta is orthogonal to z_a - z_b, of length r: the angle moves by at most
|dz_a - dz_b|/r, and there kappa_a jumps by kappa(theta), -kappa_b by the same (p = 2), so that

    D^2 E = diag(wx) - (2/pi) sum_{a<b} (kappa_ab / r_ab) (e_a - e_b)(e_a - e_b)^T (x) theta_ab theta_ab^T

as in cloud_hessian. With R the radius of the target about any centre, |kappa_ab| <= q = 2 R min(wx_a, wx_b), and q is a
Lipschitz constant of kappa_ab in theta too, as long as the points on either side of the line through z_a and z_b stay
the same: three collinear images are where D^2 E jumps. Hence the sums below. (derived)
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Curvature:
    """On the ball: |grad E| <= gradient, |D^2 E| <= hessian, and `third` a Lipschitz constant of D^2 E."""

    gradient: float
    hessian: float
    third: float


def curvature(z: np.ndarray, w: np.ndarray, wx: np.ndarray, batch: int | None, reach: float) -> Curvature | str:
    """Bounds of E for clouds within `reach` (in the Frobenius norm) of the images z [m, d] of weights wx [m] > 0,
    target w [mt, d]; or why E is not known to have a Lipschitz Hessian there: images that (nearly) coincide, in the
    plane three (nearly) on a line.

    >>> curvature(np.array([[0.0], [1.0]]), np.array([[2.0]]), np.full(2, 0.5), None, 0.1).hessian
    1.0
    """
    d = z.shape[1]
    R = float(np.max(np.linalg.norm(w - w.mean(axis=0), axis=1)))
    far = np.linalg.norm(z - w.mean(axis=0), axis=1) + reach + R  # [m] at least any |z_k - y|
    gradient, square = 2 / d * float(np.linalg.norm(wx * far)), 2 / d * float(np.max(wx))
    if batch == 1 or len(z) == 1:
        return Curvature(gradient, square, 0.0)
    move = math.sqrt(2) * reach  # of a difference z_a - z_b
    r = np.linalg.norm(z[:, None] - z, axis=2) - move  # [m, m] lower bounds
    np.fill_diagonal(r, math.inf)
    if not r.min() > 0:
        return "images of distinct inputs coincide, or nearly so"
    if d == 1:
        return Curvature(gradient, square, 0.0)
    if not _clear_of_lines(z, move):
        return "three images are on a line, or nearly so"
    q = 2 * R * np.minimum(wx[:, None], wx)  # [m, m]
    # (e_a - e_b)(e_a - e_b)^T has norm 2; as a sum over pairs, at most twice the largest sum of a row.
    hessian = square + 4 / math.pi * float(np.max(np.sum(q / r, axis=1)))
    # kappa, 1/r and theta theta^T change by q |dz|/r, 1/r^2 and |dz|/r, where |dz_a - dz_b| <= sqrt 2 |dz|.
    third = 3 * math.sqrt(2) * 4 / math.pi * float(np.max(np.sum(q / r**2, axis=1)))
    return Curvature(gradient, hessian, third)


def _clear_of_lines(z: np.ndarray, move: float) -> bool:
    """Whether no z_c [m, 2] can come onto a line through z_a and z_b when differences move by at most `move`."""
    for a in range(len(z)):
        away = z - z[a]  # [m, 2]
        length = np.linalg.norm(away, axis=1)
        area = np.abs(away[:, None, 0] * away[:, 1] - away[:, None, 1] * away[:, 0])  # [m, m] |away_b x away_c|
        clear = area > move * (length[:, None] + length + move)
        np.fill_diagonal(clear, True)
        clear[a], clear[:, a] = True, True
        if not clear.all():
            return False
    return True
