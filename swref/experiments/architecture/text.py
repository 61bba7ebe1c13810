"""The words of the page of `architecture`."""

from __future__ import annotations

from swref.experiments.frame.earlier import Text
from swref.experiments.frame.words import Formula

TEXT = Text(
    title="Which networks meet the assumptions",
    question=(
        "The theorems on SGD with sliced Wasserstein losses ask seven things of the network T(u, x), with parameters u "
        "and inputs x, and of the data. A1: T is smooth in u on pieces. A2: T is Lipschitz in (u, x), with one "
        "constant for all u. A3: the data are bounded. A4: |T| grows at most like |u|. A5: second derivatives in u are "
        "at most M, for all u. A6: the data are finitely many points. A7: T is path differentiable, which is what the "
        "chain rule of backpropagation needs at kinks.",
        "Do usual networks have these properties? The paper's answer is a construction: a network of any usual kind, "
        "multiplied by a smooth cut-off that makes it 0 for large u and x. This experiment asks for each network what "
        "holds, how fast the derivatives grow where A2 and A5 fail, and what a failing assumption does to a run.",
    ),
    formulas=(
        Formula(
            r"T(u, x) = h_N, \qquad h_k = \mathrm{act}_k\left(\sum_{i<k} A_{k,i}\, h_i + b_k\right), \qquad h_0 = x",
            "a network of N layers; u holds all matrices A and vectors b; without the A_{k,i} for i < k-1 (the skip "
            "connections) it is an MLP, a plain multilayer perceptron",
        ),
        Formula(
            r"T(u, x)\,\chi(u)\,\chi(x), \qquad \chi(v) = 1\ \mathrm{for}\ |v| \leq R - \varepsilon, \qquad "
            r"\chi(v) = 0\ \mathrm{for}\ |v| \geq R + \varepsilon",
            "the same with cut-offs, smooth in between, with a radius R for u and one for x",
        ),
        Formula(
            r"\mathrm{Lip}(R) = \max_{|u| \leq R} |\partial T/\partial(u, x)|, \qquad M(R) = \max_{|u| \leq R}"
            r" \left|\frac{\partial^2 (T_a T_b)}{\partial u_k^2}\right|,\ \left|\frac{\partial^2 T}{\partial u_k^2}"
            r"\right|",
            "what A2 bounds, and the part of A5 in one parameter at a time, on a ball of radius R: growth with R is "
            "enough for the assumption to fail",
        ),
        Formula(
            r"u^{t+1} = u^t - \alpha\,\phi(u^t, X, Y, \theta)",
            "the runs: fresh batches X, Y, one fresh direction theta, a constant step alpha, phi the gradient of the "
            "batch loss",
        ),
    ),
    method=(
        "The matrix of verdicts is the report of swref.check_assumptions for the noised projected scheme. It says "
        "holds only with a proof, fails only with a number that shows it, else unknown.",
        "Growth: on spheres |u| = R of growing radius a random search looks for the largest |T|, derivative and second "
        "derivative at an x with |x| = 1. What it finds is a lower bound of the worst case; a bound from the chain "
        "rule, layer by layer, is an upper one. Where both have the same power of R, that is the power. Powers are "
        "fitted on logarithmic axes; intervals resample whole repeats, each a search of its own with its own x.",
        "Runs: every run starts from a u0 uniform in a ball; the same u0 and draws serve the run without cut-off and "
        "projection, the one with a cut-off, and the one with a projection; and one u0 serves all laws of x. A run has "
        "diverged when |u| passes a limit or a number overflows. Shares have Wilson's interval.",
        "Laws of x: bounded ones, the normal law, Student's t and the Cauchy law in the plane. From each the farthest "
        "of m draws is recorded for growing m, and the search is done again at an x as far out as that: Lip and M over "
        "the balls |u| <= R and the draws so far, without cut-off, beside the bounds for |x| up to there.",
    ),
    source="Tanguy (TMLR 2023), assumptions A1 to A7 and appendix D; suggested by its outlook.",
)
