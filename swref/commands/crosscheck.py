"""`swref crosscheck`: the conformance suite on one target or several."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from swref.commands.lines import show
from swref.commands.signals import as_interrupts
from swref.messages import escaped

if TYPE_CHECKING:
    from swref.crosscheck import AnyCase, Judgement, Report

MISSING = 3  # the exit code
PATH = click.Path(path_type=Path, dir_okay=False)


@click.command(short_help="Check sliced Wasserstein losses against the specification.")
@click.argument("targets", nargs=-1, metavar="TARGET...")
@click.option("--target", "more", multiple=True, metavar="M:F", help="package.module:function or file.py:name.")
@click.option("--command", "programs", multiple=True, metavar="LINE", help="A program: LINE input.npz output.npz.")
@click.option("--returns", default="sw_pp", show_default=True, help="Of M:F: sw_pp, sw (root) or mean (of roots).")
@click.option("--directions", default="ld", show_default=True, help="Of M:F: ld ([L, d]), dl or own (it draws them).")
@click.option("--gradient", help="Of M:F: none (the default), function (of programs the default), torch or jax.")
@click.option("--points", default="mean", show_default=True, help="Of M:F: mean or sum over the points.")
@click.option("--slices", default="mean", show_default=True, help="Of M:F: mean or sum over the directions.")
@click.option("--dtypes", default="float64,float32", show_default=True, help="Of M:F: those it takes, with commas.")
@click.option("--tag", "tags", multiple=True, help="Only cases that carry this tag; may be repeated.")
@click.option("--not", "without", multiple=True, metavar="TAG", help="No case that carries it; may be repeated.")
@click.option("--level", "levels", multiple=True, help="Only this level, such as value; may be repeated.")
@click.option("--only", metavar="equal", help="Only cases of clouds of equal sizes without weights.")
@click.option("--timeout", type=float, default=20.0, show_default=True, metavar="S", help="Seconds for one case.")
@click.option("--memory", type=float, default=8.0, show_default=True, metavar="GIB", help="Memory for one target.")
@click.option("--case", "case", metavar="NAME", help="Show one case; with targets, run it alone.")
@click.option("--list", "listing", is_flag=True, help="List the cases.")
@click.option("--export", "folder", type=click.Path(path_type=Path), metavar="DIR", help="Write golden vectors.")
@click.option("--html", type=PATH, metavar="FILE", help="Write one self-contained page.")
@click.option("--junit", type=PATH, metavar="FILE", help="Write JUnit XML.")
@click.option("--allow-missing", is_flag=True, help="A target whose library is not installed is no failure.")
@click.option("--strict", is_flag=True, help="Lost digits, other dtypes and unchecked arguments are wrong, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--verbose", is_flag=True, help="Show every judgement as it comes, also where the output is no terminal.")
@click.pass_context
def crosscheck(
    ctx: click.Context,
    /,
    targets: tuple[str, ...],
    more: tuple[str, ...],
    programs: tuple[str, ...],
    dtypes: str,
    tags: tuple[str, ...],
    without: tuple[str, ...],
    levels: tuple[str, ...],
    timeout: float,
    memory: float,
    case: str | None,
    listing: bool,
    folder: Path | None,
    html: Path | None,
    junit: Path | None,
    allow_missing: bool,
    as_json: bool,
    verbose: bool,
    returns: str,
    directions: str,
    gradient: str | None,
    only: str | None,
    strict: bool,
    points: str,
    slices: str,
) -> None:
    """Check sliced Wasserstein losses against the specification.

    TARGET is numpy, cpu, swref-torch or swref-jax (of swref), torch, torch-compile, jax, pot, pot-torch, pot-jax,
    ott, or package.module:function (or file.py:function). Value, gradients, SGD steps and runs are compared, case by
    case; a failure is diagnosed. Exit code 0: nothing is wrong; 1: something is; 3: a library is not installed.

    \b
    Example:
      swref crosscheck numpy cpu
      swref crosscheck swref.sliced:sw_loss --html report.html
      swref crosscheck cpu --tag ties --json
      swref crosscheck --case lattice-axes
    """
    from swref import crosscheck as suite
    from swref.checks import number, one_of
    from swref.commands.output import show_json
    from swref.crosscheck.catalog import equal
    from swref.crosscheck.catalog import levels as known_levels
    from swref.crosscheck.suite import FORMAT, LONGEST
    from swref.crosscheck.target import check_name
    from swref.crosscheck.target import names as known
    from swref.files import check_writable, write_output

    for path in filter(None, (html, junit)):
        check_writable(path)
    names = [*targets, *more, *(f"command:{line}" for line in programs)]
    seconds = number("--timeout", timeout, above=0.0, maximum=LONGEST)
    memory = number("--memory", memory, above=0.0)
    if gradient is None:
        gradient = "function" if programs else "none"
    convention = (returns, directions, gradient, points, slices, 1.0, tuple(dtypes.split(",")))
    suite.Target("any", *convention)  # a wrong word is an error before any work
    for level in levels:
        one_of("--level", level, known_levels())
    chosen = [suite.find(case)] if case is not None else suite.cases(*tags, without=without)
    if levels:
        chosen = [each for each in chosen if set(levels) & set(each.levels)]
    if only is not None:
        one_of("--only", only, ("equal",))
        chosen = equal(chosen)
    if folder is not None:
        _export(folder, chosen)
    if listing or (case is not None and not names):
        _show_cases(chosen, case is not None, as_json)
    if not names:
        if folder is None and not listing and case is None:
            raise click.UsageError(f"TARGET is missing: one of {', '.join(known())} or module:function", ctx)
        return
    wanted = [suite.Target(name, *convention) for name in names]
    for target in wanted:
        check_name(target.name)
    live = not as_json and (verbose or os.isatty(1))
    reports = []
    with as_interrupts() as signals:  # the worker is ended, whatever ends the suite
        try:
            for target in wanted:
                if not as_json:
                    show(f"{target.name}:")
                if live:
                    show(f"  {'case':<36}{'level':<11}{'status':<13}{'relative':>9}{'ulp':>9}{'allowed':>9}")
                shown = _show_judgement if live else None
                limits = {"seconds": seconds, "memory": memory}
                reports.append(suite.run(target, chosen, **limits, levels=levels, progress=shown))
                if not as_json:
                    _show_report(reports[-1], whole=not live)
        except KeyboardInterrupt:
            show("Interrupted.", err=True)
            ctx.exit(128 + signals[-1] if signals else 130)
    if html is not None:
        from swref.crosscheck.outputs.html import page

        write_output(html, page(reports).encode())
    if junit is not None:
        from swref.crosscheck.outputs.junit import junit as document

        write_output(junit, document(reports, strict))
    if as_json:
        show_json({"format": FORMAT, "reports": [report.to_dict() for report in reports]})
    missing = [report for report in reports if report.status == "missing"]
    ran = [report for report in reports if report not in missing]
    if not all(report.ok and not (strict and report.noted) for report in ran):
        ctx.exit(1)
    ctx.exit(MISSING if missing and not allow_missing else 0)


def _export(folder: Path, chosen: list[AnyCase]) -> None:
    from swref.crosscheck.outputs.export import export

    written = export(folder, chosen)
    show(f"{len(written)} files in {folder}", err=True)


def _show_cases(chosen: list[AnyCase], whole: bool, as_json: bool) -> None:
    from swref.commands.output import show_json

    if not whole:
        if as_json:
            show_json({"cases": [{"name": c.name, "tags": list(c.tags), "why": c.why} for c in chosen]})
            return
        for each in chosen:
            show(f"{each.name:<40}{', '.join(each.tags):<30}{each.why}")
        return
    described = chosen[0].describe()
    if as_json:
        show_json(described)
        return
    show(f"{described['name']}: {described['why']}")
    show(f"tags: {', '.join(described['tags'])}; levels: {', '.join(described['levels'])}; seed {described['seed']}")
    for name, array in described.get("inputs", {}).items():
        text = f"{array['dtype']} {array['shape']}, first {array['first']}" if isinstance(array, dict) else array
        show(f"  {name:<12}{text}")
    for name, value in described.get("answer", {}).items():
        show(f"  {name:<24}{value}")
    show(f"\n{described['snippet']}")


def _show_judgement(judgement: Judgement) -> None:
    numbers = (judgement.relative, judgement.ulp, judgement.tolerance)
    relative, ulp, tolerance = ("" if number is None else f"{number:.1e}" for number in numbers)
    line = f"  {judgement.case:<36}{judgement.level:<11}{judgement.status:<13}{relative:>9}{ulp:>9}{tolerance:>9}"
    colour = {"pass": None, "skip": "bright_black"}.get(judgement.status, "yellow" if judgement.ok else "red")
    click.echo(click.style(line, fg=colour) + (f"  {escaped(judgement.detail)}" if judgement.detail else ""))


def _show_report(report: Report, whole: bool) -> None:
    """The diagnosis, what is wrong from the smallest case on (`whole`, or that case alone), the tags, the totals."""
    if report.status != "ran":
        show(f"{report.target}: {report.status}: {report.detail}")
        return
    from swref.crosscheck.answer.judge import BAD

    for d in report.diagnoses:
        fit = f"explains {d.explained} of {d.failures} failures, agrees with {d.agreed} of {d.passes} passes"
        show(f"  fits: {d.sentence} ({fit})")
    for judgement in report.wrong if whole else report.wrong[:1]:
        _show_judgement(judgement)
    for judgement in report.noted if whole else ():
        _show_judgement(judgement)
    show(f"  {'tag':<16}{'pass':>6}{'wrong':>7}{'skip':>6}")
    for tag, counts in report.by_tag().items():
        wrong = sum(counts.get(status, 0) for status in BAD)
        show(f"  {tag:<16}{counts.get('pass', 0):>6}{wrong:>7}{counts.get('skip', 0):>6}")
    for mean in report.means:
        if mean.equivalent_directions is not None:
            variance = f"the variance of {mean.equivalent_directions:.3g} uniform directions"
            show(f"  {mean.case}: {mean.calls} calls; one has {variance}")
    totals = ", ".join(f"{count} {status}" for status, count in sorted(report.counts.items()))
    compiling = f", {report.compile_seconds:.1f} s of it compiling" if report.compile_seconds > 0.05 else ""
    show(f"{report.target}: {'right' if report.ok else 'differs'}: {totals}; {report.seconds:.1f} s{compiling}")
