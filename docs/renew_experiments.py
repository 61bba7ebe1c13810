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
from swref.experiments.frame.verdict import Verdict

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

Every claim here is measured against exact values: the population loss, its gradient flow and its critical set, without
sampling. The criteria stand in the configuration of each experiment and were fixed before the runs; a verdict says
whether the data **agree** with the claim, **disagree**, or leave it **undecided**. Intervals are at the level 0.95.

The figures come from the commands beside them; `--quick` takes less than a minute each and gives the same kind of page.
Every command leaves a folder with the records, the figures as PNG and SVG and a page `index.html` that explains
symbols, method and limits. The same command continues an interrupted run; the number of workers changes no digit.

"""


def main(root: Path) -> None:
    """Write the documentation from the runs in `root`."""
    records = {name: Record.read(root / name) for name in experiments.EXPERIMENTS}  # all there, before anything goes
    pictures = DOCS / "experiments"
    shutil.rmtree(pictures, ignore_errors=True)
    pictures.mkdir()
    sections = [_section(name, record, root / name, pictures) for name, record in records.items()]
    (DOCS / "experiments.md").write_text(INTRODUCTION + "\n".join(sections), encoding="utf-8")


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
