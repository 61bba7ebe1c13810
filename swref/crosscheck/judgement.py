"""What one case, judged at one level, came to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from swref.crosscheck.inputs import finite

BAD: Final = ("fail", "error", "invalid", "timeout", "crash")


@dataclass(frozen=True)
class Judgement:
    """`status`: pass, skip, or one of BAD: fail (another number), error (it raised), invalid (wrong shape, dtype, NaN),
    timeout, crash. `relative` is the error over the size of the answer, `ulp` the error in units in the last place of
    it, `tolerance` the relative error that is allowed; None where there is nothing to measure.

    >>> Judgement("a", "value", "pass").ok, Judgement("a", "value", "crash").ok
    (True, False)
    """

    case: str
    level: str
    status: str
    relative: float | None = None
    ulp: float | None = None
    tolerance: float | None = None
    detail: str = ""
    seconds: float = 0.0
    compile_seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong: it passed, or did not apply."""
        return self.status not in BAD

    def to_dict(self) -> dict[str, Any]:
        """In JSON's types: numbers that are not finite become null."""
        return asdict(self) | {name: finite(getattr(self, name)) for name in ("relative", "ulp", "tolerance")}
