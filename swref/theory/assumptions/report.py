"""Which assumptions of the convergence theorems hold for a set-up, and which theorem applies to it.

Source: Tanguy (TMLR 2023, arXiv 2307.11714), assumptions A1 to A7, Theorems 1 and 2, Appendix D.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from numpy.typing import ArrayLike

from swref import checks
from swref.measures import Measure, check_ends, support_of
from swref.networks import CutOff, Network, check_network
from swref.reprs import Shown
from swref.sgd import step_factor
from swref.theory.assumptions.regularity import (
    Finding,
    Subject,
    bounded_second_derivatives,
    growth_in_u,
    lipschitz,
    path_differentiable,
    piecewise_smooth,
)
from swref.theory.assumptions.steps import StepBounds, StepRatios, step_bounds

STATEMENTS: Final = {
    "A1": "T(., x) is piecewise C^2 with a null boundary",
    "A2": "T is Lipschitz in (u, x)",
    "A3": "the measures have compact supports",
    "A4": "|T(u, x)| <= g(x) (1 + |u|)",
    "A5": "second derivatives are at most M",
    "A6": "the measures are discrete",
    "A7": "T(., x) is path differentiable",
}
THEOREM_1: Final = ("A1", "A2", "A3", "A4", "A5")
THEOREM_2: Final = ("A1", "A2", "A4", "A5", "A6", "A7")


@dataclass(frozen=True, repr=False)
class AssumptionReport(Shown):
    """A1 to A7 one by one, the verdict on each theorem, and the step in units of alpha_0."""

    findings: tuple[Finding, ...]
    theorem_1: Finding  # "applies", "does not apply", "unknown", or "sketched" for p != 2
    theorem_2: Finding  # the same, or "conjectured" for p != 2
    alpha_0: StepBounds | None  # over the ball of the scheme; None where no bound is finite, and for p != 2
    step_ratio: StepRatios | None  # alpha / alpha_0, both; Theorem 1 is about ratios below 1
    notes: tuple[str, ...]

    def facts(self) -> dict[str, str]:
        """What a notebook shows: each verdict with its reason."""
        found = (*self.findings, self.theorem_1, self.theorem_2)
        notes = {f"note {k}": note for k, note in enumerate(self.notes, 1)}
        return {finding.name: f"{finding.verdict}: {finding.reason}" for finding in found} | notes

    def __repr__(self) -> str:
        found = (*self.findings, self.theorem_1, self.theorem_2)
        return f"AssumptionReport({', '.join(f'{finding.name} {finding.verdict}' for finding in found)})"

    def __getitem__(self, name: str) -> Finding:
        names = [finding.name for finding in self.findings]
        return self.findings[names.index(checks.one_of("name", name, names))]

    @property
    def theorem(self) -> str:
        """What applies: "Theorem 1", "Theorem 2", "Theorems 1 and 2", "none proven", "unknown" or "neither"."""
        found = [self.theorem_1.verdict, self.theorem_2.verdict]
        if found == ["applies", "applies"]:
            return "Theorems 1 and 2"
        if "applies" in found:
            return f"Theorem {found.index('applies') + 1}"
        if {"sketched", "conjectured"} & set(found):
            return "none proven"
        return "unknown" if "unknown" in found else "neither"

    def to_dict(self) -> dict[str, Any]:
        """Plain types, ready for JSON."""
        return {
            "assumptions": [{**finding.to_dict(), "statement": STATEMENTS[finding.name]} for finding in self.findings],
            "theorem": self.theorem,
            "theorem_1": self.theorem_1.to_dict(),
            "theorem_2": self.theorem_2.to_dict(),
            "alpha_0": self.alpha_0 and self.alpha_0.to_dict(),
            "step_ratio": self.step_ratio and self.step_ratio._asdict(),
            "notes": list(self.notes),
        }


def check_assumptions(
    net: Network,
    source: Measure | ArrayLike,
    target: Measure | ArrayLike,
    *,
    noise: float = 0.0,
    radius: float = math.inf,
    batch: int | None = None,
    p: float = 2.0,
    schedule: str | Callable[[int], float] | None = None,
    step: float | None = None,
) -> AssumptionReport:
    """Check A1 to A7 for T = `net` between x = `source` and y = `target`, and whether the theorems cover the scheme.

    The scheme is that of swref.sgd: `noise` a, `radius` r, order `p`, `schedule` of the step; `batch` n may be any.
    With `step` alpha, it is reported over both alpha_0, printed and sharp: both theorems are about small alpha, and
    Theorem 1 asks alpha < alpha_0. A verdict is "holds" with a proof, "fails" with a number that shows it, else
    "unknown".

    Raises InputError or InputTypeError for arguments that do not fit. Source: Tanguy (TMLR 2023), section 3,
    Theorems 1 and 2, Appendix D.

    >>> from swref import MLP, Discrete
    >>> dots = Discrete([[0.0, 1.0], [1.0, 0.0]])
    >>> report = check_assumptions(MLP((2, 16, 2), "relu"), dots, dots)
    >>> report.theorem, report["A2"].verdict, [f"{value:.0f}" for t, value in report["A2"].growth]
    ('neither', 'fails', ['1', '10', '100', '1000'])
    >>> net = CutOff(MLP((2, 16, 2)), r_u=10.0, r_x=3.0, eps=1.0)
    >>> check_assumptions(net, dots, dots, noise=0.1, radius=9.0).theorem
    'Theorems 1 and 2'
    """
    check_network("net", net)
    source, target = check_ends(net, source, target)
    a = checks.number("noise", noise, minimum=0.0)
    r = checks.number("radius", radius, above=0.0, infinite=True)
    p = checks.order(p)
    if batch is not None:
        checks.count("batch", batch)
    scheduled = step_factor(schedule, 1) is not None
    subject = Subject.of(net, source)
    findings = (
        piecewise_smooth(subject),
        lipschitz(subject),
        _compact(source, target),
        growth_in_u(subject, p),
        bounded_second_derivatives(subject),
        _discrete(source, target),
        path_differentiable(subject),
    )
    by_name = {finding.name: finding for finding in findings}
    M = by_name["A5"].number if by_name["A5"].verdict == "holds" else None
    limit = step_bounds(net, source, target, M=M, radius=r) if p == 2 else None
    alpha = None if step is None else checks.number("step", step, above=0.0)
    return AssumptionReport(
        findings=findings,
        theorem_1=_theorem_1(by_name, a, r, p, scheduled),
        theorem_2=_theorem_2(by_name, a, r, p, scheduled),
        alpha_0=limit,
        step_ratio=limit.ratios(alpha) if alpha is not None and limit is not None else None,
        notes=tuple(_notes(subject, r)),
    )


def _compact(source: Measure, target: Measure) -> Finding:
    supports = {"source": support_of(source), "target": support_of(target)}
    radii = {name: support.radius for name, support in supports.items() if support is not None}
    unbounded = [name for name, radius in radii.items() if radius == math.inf]
    if unbounded:
        return Finding(
            "A3", "fails", f"The support of the {' and the '.join(unbounded)} is not bounded.", math.inf, "R"
        )
    if len(radii) < 2:
        return Finding("A3", "unknown", "The support of a measure is not known.")
    reason = f"|x| <= {radii['source']:.4g} and |y| <= {radii['target']:.4g}."
    return Finding("A3", "holds", reason, max(radii.values()), "max(R_x, R_y)")


def _discrete(source: Measure, target: Measure) -> Finding:
    supports = {"source": support_of(source), "target": support_of(target)}
    counts = {name: support.atoms for name, support in supports.items() if support is not None}
    continuous = [name for name, value in counts.items() if value == math.inf]
    if continuous:
        reason = f"The {' and the '.join(continuous)} {'is' if len(continuous) == 1 else 'are'} continuous."
        return Finding("A6", "fails", reason, math.inf, "points")
    if len(counts) < 2:
        return Finding("A6", "unknown", "Whether a measure is discrete is not known.")
    reason = f"{counts['source']} and {counts['target']} weighted points."
    return Finding("A6", "holds", reason, max(counts.values()), "points")


def _theorem_1(found: dict[str, Finding], a: float, r: float, p: float, scheduled: bool) -> Finding:
    """Convergence of the interpolated trajectories to the flow, as alpha -> 0."""
    faults = ["the step is not constant"] if scheduled else []
    if (a > 0) != math.isfinite(r):
        here = "noise without projection" if a > 0 else "projection without noise"
        faults.append(f"{here} is neither Algorithm 1 nor the noised projected scheme")
    reason = "A1 to A5 hold, and the scheme is the theorem's; u0 is to be random with a density on a compact set."
    extended = "For p != 2 the theorem is only sketched, under a more technical A5."
    return _conclude("Theorem 1", THEOREM_1, found, faults, reason, None if p == 2 else ("sketched", extended))


def _theorem_2(found: dict[str, Finding], a: float, r: float, p: float, scheduled: bool) -> Finding:
    """Convergence of the iterates to the critical points, as t -> infinity and alpha -> 0."""
    faults = ["the step is not constant"] if scheduled else []
    faults += ["there is no noise"] if a == 0 else []
    faults += ["there is no projection"] if math.isinf(r) else []
    reason = "A1, A2 and A4 to A7 hold, with noise and projection."
    extended = "The theorem is proven for p = 2, and conjectured otherwise."
    return _conclude("Theorem 2", THEOREM_2, found, faults, reason, None if p == 2 else ("conjectured", extended))


def _conclude(
    name: str,
    needed: tuple[str, ...],
    found: dict[str, Finding],
    faults: list[str],
    reason: str,
    otherwise: tuple[str, str] | None,
) -> Finding:
    failing = [key for key in needed if found[key].verdict == "fails"]
    unknown = [key for key in needed if found[key].verdict == "unknown"]
    if failing:
        faults = [f"{', '.join(failing)} {'fails' if len(failing) == 1 else 'fail'}", *faults]
    if faults:
        return Finding(name, "does not apply", f"{'; '.join(faults)}.")
    if unknown:
        return Finding(name, "unknown", f"{', '.join(unknown)} unknown.")
    return Finding(name, *otherwise) if otherwise else Finding(name, "applies", reason)


def _notes(subject: Subject, r: float) -> list[str]:
    net = subject.net
    notes: list[str] = []
    if not isinstance(net, CutOff):
        return notes
    R_x = subject.input_radius
    if R_x is not None and not net.contains_inputs(R_x):
        notes.append(
            f"R_x - eps = {net.r_x - net.eps:g} is below max |x| = {R_x:.4g}: the cut-off changes T on the data."
        )
    if math.isfinite(r) and not net.contains_ball(r):
        notes.append(
            f"R_u - eps = {net.r_u - net.eps:g} is below the radius r = {r:g}: "
            "beyond it T falls to 0, where every u is trivially critical."
        )
    return notes
