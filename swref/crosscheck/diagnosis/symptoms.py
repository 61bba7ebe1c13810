"""What is plain from the failures themselves, without a prediction: it must hold for nearly every one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from swref.crosscheck.answer.judge import Judgement
from swref.crosscheck.kinds import Outcome

NEARLY: Final = 0.9
Holds = Callable[[Outcome, Judgement], bool]


def _nan_at_zero(outcome: Outcome, j: Judgement) -> bool:
    """No loss or next to none, or a pair without a gap."""
    tags = {"zero", "kink", "ties", "scale", "underflow"}
    return (
        j.level == "gradient" and j.status == "invalid" and " nan" in j.detail and bool(tags & set(outcome.case.tags))
    )


def _cancels(outcome: Outcome, j: Judgement) -> bool:
    return "cancellation" in outcome.case.tags and j.status == "fail"


SYMPTOMS: Final[tuple[tuple[str, str, Holds], ...]] = (
    (
        "arguments-changed",
        "an argument is changed in place",
        lambda o, j: "inputs" in o.seen.notes or "read-only" in j.detail,
    ),
    (
        "nan-hidden",
        "NaN or infinite numbers are hidden: a finite number comes of them",
        lambda o, j: j.level == "refusal",
    ),
    ("nan-at-zero", "the gradient is NaN where the loss is 0: a root or a quotient at 0", _nan_at_zero),
    (
        "float32-gradient",
        "the gradient comes in float32 for float64 points",
        lambda o, j: "came as float32" in j.detail,
    ),
    ("square-expanded", "digits cancel far from the origin: x^2 - 2 x y + y^2 in place of (x - y)^2", _cancels),
)


def symptoms(outcomes: Sequence[Outcome]) -> list[tuple[str, str, int]]:
    """Names, sentences and the number of failing cases of which they hold."""
    failed = [outcome for outcome in outcomes if not outcome.ok]

    found = []
    for name, sentence, test in SYMPTOMS:
        count = sum(any(test(outcome, j) for j in outcome.judgements if not j.ok) for outcome in failed)
        if failed and count >= NEARLY * len(failed):
            found.append((name, sentence, count))
    return found
