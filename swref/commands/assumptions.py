"""`swref assumptions`: A1 to A7 for a training set-up, and which convergence theorem applies to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from swref.commands import completion
from swref.commands.config_flags import config_flags
from swref.commands.lines import show
from swref.messages import shown


@click.command(short_help="Check the assumptions of the convergence theorems.")
@click.argument("target", required=False, shell_complete=completion.data)
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Values from a TOML file; flags win.",
)
@click.option("--cut-off", metavar="R_U,R_X,EPS", help="Multiply the network by the cut-offs of these radii and width.")
@click.option("--as-in-paper", is_flag=True, help="Choose nothing from the data: L = 1 and a constant step.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@config_flags
def assumptions(
    target: str | None, config_file: Path | None, cut_off: str | None, as_in_paper: bool, as_json: bool, **flags: Any
) -> None:
    """Check the assumptions of the convergence theorems.

    TARGET, --config and the flags describe a run as for swref train, which chooses what they do not give; nothing is
    trained. For each of A1 to A7: holds, fails or unknown, why, and the number that shows it; then which theorem
    applies, and the step in units of alpha_0, printed and sharp, beside the largest |Hess f| found, which is to be
    below 1/alpha.

    \b
    Example:
      swref assumptions moons --activation relu
      swref assumptions penguins --source penguins --noise 0.1 --radius 20 --cut-off 30,7000,1
      swref assumptions --config runs/moons-001/config.toml --json
    """
    from swref.commands.output import say, show_json
    from swref.networks import CutOff
    from swref.runs import chosen, replayed
    from swref.theory.assumptions.report import check_assumptions

    given = {name: value for name, value in flags.items() if value is not None}
    layers = [replayed(config_file)] if config_file is not None else []
    problem = chosen(*layers, {} if target is None else {"target": target}, given, as_in_paper=as_in_paper).problem
    config = problem.config
    for note in problem.notes:
        say(note)
    report = check_assumptions(
        problem.net if cut_off is None else CutOff(problem.net, *_radii(cut_off)),
        problem.source,
        problem.target,
        noise=config.noise,
        radius=config.radius,
        batch=config.batch,
        p=config.p,
        schedule=config.factor(),
        step=config.step,
    )
    if as_json:
        show_json({**report.to_dict(), "departures": config.departures()})
        return
    for finding in (*report.findings, report.theorem_1, report.theorem_2):
        number = "" if finding.number is None else f"  [{finding.quantity}: {finding.number:.4g}]"
        show(f"{finding.name:<11}{finding.verdict:<16}{finding.reason}{number}")
    show(f"So: {report.theorem}.")
    if report.alpha_0 is not None and report.step_ratio is not None:
        for name, ratio in report.step_ratio._asdict().items():
            if ratio is not None:
                show(f"alpha / alpha_0 = {ratio:.4g}   ({name}: alpha_0 = {getattr(report.alpha_0, name):.4g})")
        if report.alpha_0.hessian is not None:
            worst = config.step * report.alpha_0.hessian
            show(f"alpha |Hess f| = {worst:.4g} at the worst u found; the proof asks that it be below 1")
    for line in (*report.notes, *config.departures()):
        show(f"Note: {line}")


def _radii(text: str) -> list[float]:
    try:
        r_u, r_x, eps = (float(part) for part in text.split(","))
    except ValueError:
        raise click.UsageError(
            f"--cut-off must be three numbers R_U,R_X,EPS such as 30,5,1, got {shown(text)}"
        ) from None
    return [r_u, r_x, eps]
