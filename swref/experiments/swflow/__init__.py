"""The sliced Wasserstein flow against what a network makes of it: the motion of the generated points."""

from __future__ import annotations

from swref.experiments.frame.earlier import Text
from swref.experiments.frame.pool import Pool
from swref.experiments.frame.record import Record
from swref.experiments.frame.words import Formula
from swref.experiments.swflow.config import FULL, SwflowConfig
from swref.experiments.swflow.drawings import figures
from swref.experiments.swflow.paths import cases, compare
from swref.experiments.swflow.report import record

__all__ = ["CONFIG", "FULL", "TEXT", "figures", "run"]

TEXT = Text(
    title="A network's points against the sliced Wasserstein flow",
    question=(
        "Training moves the parameters u of a network T down the gradient of the loss F. The points that it generates, "
        "z_i = T(u, x_i), move along. Free points, not tied to each other by a network, would go straight down the "
        "gradient of F in z: that is the sliced Wasserstein flow of particles, which is well studied. Is the one "
        "motion like the other? The paper leaves the question open.",
        "By the chain rule the network's points move with -K dF/dz, K = J J^T being the network's tangent kernel and J "
        "the derivative of all points in all parameters; free particles with -m dF/dz. Were K a multiple of the "
        "identity, both would take the same path, at another speed. A kernel that couples the points, or is "
        "nearly singular, bends it.",
    ),
    formulas=(
        Formula(
            r"\frac{du}{ds} = -\nabla_u F \;\Rightarrow\; \frac{dz}{ds} = -K(u)\,\frac{\partial F}{\partial z}, \qquad "
            r"K = J J^T, \quad J = \frac{\partial z}{\partial u}",
            "the flow of the parameters, and what it makes of the points z",
        ),
        Formula(
            r"\frac{dz_i}{ds} = -m\,\frac{\partial F}{\partial z_i}, \qquad i = 1, \dots, m",
            "the flow of m free particles of weight 1/m each",
        ),
        Formula(
            r"D = \sqrt{\frac{1}{m} \sum_{i} |z_i - z'_i|^2}, \qquad \cos = \frac{\langle K g, g\rangle}{|K g|\,|g|}, "
            r"\quad g = \frac{\partial F}{\partial z}",
            "how far apart the two sets of points are, and how well the two velocities agree at one place",
        ),
    ),
    method=(
        "Networks with one hidden tanh layer of growing width map the same points of a disc to the plane; the target "
        "is as many points on a curve. F is the exact minibatch loss with batches of n, the same for both flows, which "
        "start from the same points.",
        "They are compared at equal times s, at equal times when the network's clock is divided by the mean eigenvalue "
        "of K/m (so that both start about equally fast), and at equal values of F, where speed plays no part. "
        "Distances are given as shares of the length of the particles' path to there. The distance in law, "
        "sqrt(2) SW_2, forgets which point is which.",
        "Repeats draw other parameters. In further cases the first layer of the widest network is multiplied by a "
        "gain: its features, and with them the kernel, then change faster from point to point.",
    ),
    source=(
        "Suggested by the outlook of Tanguy (TMLR 2023). The sliced Wasserstein flow: Bonnotte (2013), Liutkus et al. "
        "(2019); the tangent kernel: Jacot et al. (2018)."
    ),
)

CONFIG = SwflowConfig


def run(config: SwflowConfig, pool: Pool) -> Record:
    """Every network of every repeat against its particles."""
    pairs = [(config, case, repeat) for case in range(len(cases(config))) for repeat in range(config.repeats)]
    return record(config, pool.map("paths", compare, pairs))
