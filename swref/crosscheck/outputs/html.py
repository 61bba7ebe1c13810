"""The result as one self-contained HTML page: no script, no file beside it, no network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape

from swref import __version__
from swref.crosscheck.answer.judge import BAD, LENIENT, Judgement
from swref.crosscheck.kinds import AnyCase, Outcome
from swref.crosscheck.suite import Report
from swref.pages import document, row

STYLE = """.pass { color: var(--good); } .skip { color: var(--soft); } .note { color: var(--open); }
.bad { color: var(--bad); font-weight: 600; }
"""


def page(reports: Sequence[Report], note: str = "") -> str:
    """The page of several reports.

    >>> page([Report("numpy", "missing", "it is not installed")]).count("<html")
    1
    """
    parts = [
        "<h1>Cross-check of sliced Wasserstein losses</h1>",
        f"<p>swref {escape(__version__)}, {len(_cases(reports))} cases. {escape(note)}</p>",
        *map(_diagnosis, reports),
        _overview(reports),
        _by_level([report for report in reports if report.status == "ran"]),
        *(_target(report, alone=len(reports) == 1) for report in reports),
        _matrix([report for report in reports if report.status == "ran"]) if len(reports) > 1 else "",
    ]
    return document("swref crosscheck", parts, width="75rem", style=STYLE)


def _diagnosis(report: Report) -> str:
    """What fits best, before anything else."""
    if not report.diagnoses:
        return ""
    d = report.diagnoses[0]
    fit = f"{d.explained} of {d.failures} failures explained, {d.agreed} of {d.passes} passes agreed with"
    return f"<p><code>{escape(report.target)}</code>: <strong>{escape(d.sentence)}</strong> ({fit})</p>"


def _cases(reports: Sequence[Report]) -> dict[str, AnyCase]:
    return {case.name: case for report in reports for case in report.cases}


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return f"<table>{row(head, 'th')}{''.join(map(row, rows))}</table>"


def _number(text: str) -> str:
    return f'<td class="number">{text}</td>'


def _overview(reports: Sequence[Report]) -> str:
    rows = []
    for report in reports:
        result = report.status if report.status != "ran" else ("right" if report.ok else "see below")
        style = "skip" if report.status == "missing" else ("pass" if report.ok else "bad")
        numbers = [*_counts(report.counts), f"{report.seconds:.1f}", f"{report.compile_seconds:.1f}"]
        name = f"<td><code>{escape(report.target)}</code></td>"
        rows.append([name, f'<td class="{style}">{escape(result)}</td>', *map(_number, numbers)])
    return _table(("target", "outcome", "pass", "not right", "does not apply", "seconds", "compiling"), rows)


def _by_level(reports: Sequence[Report]) -> str:
    """A row a target, a column a level: how many cases are right, or a link to the smallest that is not."""
    levels = list(dict.fromkeys(level for case in _cases(reports).values() for level in case.levels))
    rows = []
    for report in reports:
        cells = []
        for level in levels:
            judged = [j for j in report.judgements if j.level == level and j.status != "skip"]
            wrong, noted = sum(not j.ok for j in judged), sum(j.status in LENIENT for j in judged)
            link = f'<a href="#{_anchor(report, level)}">{wrong} of {len(judged)} wrong</a>'
            right = f"{len(judged)}" + (f", {noted} noted" if noted else "") if judged else "–"
            style = "bad" if wrong else "note" if noted else "pass" if judged else "skip"
            cells.append(f'<td class="number {style}">{link if wrong else right}</td>')
        rows.append([f"<td><code>{escape(report.target)}</code></td>", *cells])
    return _table(("right cases", *levels), rows) if rows else ""


def _anchor(report: Report, level: str) -> str:
    return escape(f"{report.target}-{level}".replace(" ", "-"))


def _counts(counts: dict[str, int]) -> list[str]:
    return [str(counts.get("pass", 0)), str(sum(counts.get(s, 0) for s in BAD)), str(counts.get("skip", 0))]


def _matrix(reports: Sequence[Report]) -> str:
    """One row a case, one column a target: the largest relative error, or what went wrong."""
    found = [{outcome.case.name: _worst(outcome) for outcome in report.outcomes} for report in reports]
    rows = []
    for name, case in _cases(reports).items():
        cells = [worst.get(name, ("skip", "")) for worst in found]
        marks = [f'<td class="number {style}">{text}</td>' for style, text in cells]
        rows.append([f'<td title="{escape(case.why)}">{escape(name)}</td>', *marks])
    table = _table(("case", *(escape(report.target) for report in reports)), rows)
    return f"<h2>Every case</h2><p>The largest relative error over its levels.</p>{table}"


def _worst(outcome: Outcome) -> tuple[str, str]:
    applied = [judgement for judgement in outcome.judgements if judgement.status != "skip"]
    for judgement in applied:
        if not judgement.ok:
            return "bad", f"{judgement.level}: {judgement.status}"
    noted = [f"{judgement.level}: {judgement.status}" for judgement in applied if judgement.status in LENIENT]
    if noted:
        return "note", noted[0]
    errors = [judgement.relative for judgement in applied if judgement.relative is not None]
    return ("pass", f"{max(errors):.0e}" if errors else "right") if applied else ("skip", "–")


def _target(report: Report, alone: bool) -> str:
    title = f"<h2><code>{escape(report.target)}</code></h2>"
    if report.status != "ran":
        return f"{title}<p>{escape(report.status)}: {escape(report.detail)}</p>"
    convention = ", ".join(f"{key} {value}" for key, value in report.convention.to_dict().items())
    parts = [title, f"<p>Convention: {escape(convention)}</p>"]
    if report.diagnoses:
        fits = [
            (escape(d.sentence), f"{d.explained} of {d.failures}", f"{d.agreed} of {d.passes}")
            for d in report.diagnoses
        ]
        parts += ["<h3>What fits</h3>", _table(("mistake", "failures explained", "passes agreed with"), fits)]
    if not report.ok:
        failed = sorted((outcome for outcome in report.outcomes if not outcome.ok), key=lambda each: each.case.numbers)
        parts += ["<h3>Not right</h3>", _judgements(failed, lambda j: not j.ok, lambda level: _anchor(report, level))]
    if report.noted:
        parts += [
            "<h3>No failures, but worth knowing</h3>",
            _judgements(report.outcomes, lambda j: j.status in LENIENT),
        ]
    tags = [(escape(tag), *map(_number, _counts(counts))) for tag, counts in report.by_tag().items()]
    table = _table(("tag", "pass", "not right", "does not apply"), tags)
    parts.append(f"<details><summary>By tag</summary>{table}</details>")
    if alone:
        parts.append(f"<details><summary>Every judgement</summary>{_judgements(report.outcomes)}</details>")
    return "\n".join(parts)


def _judgements(
    outcomes: Sequence[Outcome],
    shown: Callable[[Judgement], bool] = lambda j: True,
    anchor: Callable[[str], str] | None = None,
) -> str:
    """A row a judgement; `anchor` names the place of the first of a level."""
    rows, marked = [], set()
    for outcome in outcomes:
        for j in outcome.judgements:
            if not shown(j):
                continue
            place = f' id="{anchor(j.level)}"' if anchor and j.level not in marked else ""
            marked.add(j.level)
            case = f'<td{place} title="{escape(outcome.case.why)}">{escape(outcome.case.name)}</td>'
            style = j.status if j.status in ("pass", "skip") else "note" if j.ok else "bad"
            numbers = ["" if n is None else f"{n:.2g}" for n in (j.relative, j.ulp, j.tolerance)]
            status = f'<td class="{style}">{j.status}</td>'
            rows.append([case, j.level, status, *map(_number, numbers), escape(j.detail)])
    return _table(("case", "level", "status", "relative error", "ulp", "tolerance", "detail"), rows)
