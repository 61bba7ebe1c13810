"""Write docs/experiments.md and its figures from a folder that `swref experiment all --full --out FOLDER` made.

python docs/renew_experiments.py FOLDER
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from swref import experiments
from swref.experiments.frame.folder import read_circumstances
from swref.experiments.frame.html import number
from swref.experiments.frame.record import Record
from swref.experiments.frame.verdict import Verdict, tally

DOCS = Path(__file__).resolve().parent
SHOWN = {  # the figures of each page that the documentation shows
    "flow": ("distance", "exceedance", "loss"),
    "ball": ("runs", "cost"),
    "noise": ("loss", "differences"),
    "critical": ("distance", "exceedance", "course"),
    "architecture": ("verdicts", "growth", "shares"),
    "measures": ("flows", "runs"),
    "sensitivity": ("loss", "directions"),
    "swflow": ("paths", "width"),
    "practice": ("training", "ratios"),
    "landscape": ("surfaces", "limits", "ends"),
}
INTRODUCTION = """# The theorems as experiments

The population loss F, its gradient and its gradient flow are computed, not sampled (the flow to its solver's
tolerance), and most claims are measured against them. Not without sampling, or not complete, are:

- practice: held-out distances are over fixed random directions, between drawn points and one half of the data;
- sensitivity: variances of the gradient are those of drawn directions and batches (the losses of its grid are exact);
- landscape: the descents on the spiral start from drawn points and follow drawn directions, and their ends are judged
  by the exact W_2 (the surfaces of two points are exact; the largest error is over a fine grid of angles);
- measures: a continuous law is stood for by many points, and by twice as many as a check;
- what is searched for: critical and noise know the critical points that were found, and there may be others;
  architecture finds lower bounds of largest values.

The criteria stand in the configuration of each experiment and were fixed before the runs; what was changed after a full
run stands under its table. The intervals were changed after one, too: most were a bootstrap's, which covered less than
0.95, and those of shares were Wilson's. A verdict says whether the data **agree** with the claim, **disagree**, or
leave it **undecided**. Intervals are at the level 0.95, and no seed is in them. An event that no repeat showed is in
none of them; where the repeats have no spread at all there is no interval, and the claim is undecided.

{tally}

The figures come from the commands beside them; `--quick` takes less than a minute each and gives the same kind of page.
Every command leaves a folder with the records, the figures as PNG and SVG and a page `index.html` that explains
symbols, method and limits. The same command continues an interrupted run; the number of workers changes no digit.
The times are of one worker on a machine that did other work beside.

"""


def main(root: Path) -> None:
    """Write the documentation from the runs in `root`."""
    records = {name: Record.read(root / name) for name in experiments.EXPERIMENTS}  # all there, before anything goes
    pictures = DOCS / "experiments"
    shutil.rmtree(pictures, ignore_errors=True)
    pictures.mkdir()
    sections = [_section(name, record, root / name, pictures) for name, record in records.items()]
    introduction = INTRODUCTION.format(tally=tally([v for record in records.values() for v in record.verdicts]))
    (DOCS / "experiments.md").write_text(introduction + "\n".join(sections), encoding="utf-8")


def _section(name: str, record: Record, folder: Path, pictures: Path) -> str:
    recipe, circumstances = experiments.load(name), read_circumstances(folder)
    drawings = {drawing.name: drawing.caption for drawing in recipe.figures(record)}
    lines = [f"## {recipe.words.title}", "", record.summary, ""]
    for figure in SHOWN[name]:
        shutil.copyfile(folder / "figures" / f"{figure}.png", pictures / f"{name}-{figure}.png")
        lines += [f"![{name}: {figure}](experiments/{name}-{figure}.png)", "", drawings[figure], ""]
    lines += [
        "| the data | claim | measured | estimate and interval | agreement means |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [_row(verdict) for verdict in record.verdicts]
    steps = [note for note in record.notes if "alpha_0" in note]  # beside the theorem that is invoked
    for paragraph in (*steps, *(f"Changed after a full run: {changed}" for changed in recipe.words.changed)):
        lines += ["", paragraph]
    minutes = circumstances["seconds"] / 60
    lines += ["", f"`{circumstances['command']}`: {minutes:.1f} min with {circumstances['workers']} workers.", ""]
    return "\n".join(lines)


def _row(verdict: Verdict) -> str:
    e = verdict.estimate
    interval = f"{number(e.value)} [{number(e.low)}, {number(e.high)}]"
    cells = (f"**{verdict.outcome}**", verdict.claim, verdict.statistic, interval, verdict.criterion)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python docs/renew_experiments.py FOLDER")
    main(Path(sys.argv[1]))
