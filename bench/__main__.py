"""`python -m bench`: value and gradient, and the training step; `scaling`: the study; `compare OLD NEW`: results;
`check`: whether anything is much slower than the committed table."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench import check, compare, report, scaling, steps, works
from swref.errors import BackendError

COMMITTED = Path(__file__).parent / "results" / "table-xeon.json"


def main() -> None:
    """Parse, run, print, save."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("table", "scaling", "compare", "check"), default="table")
    parser.add_argument("results", nargs="*", type=Path, help="OLD.json NEW.json, for compare")
    parser.add_argument("--reference", default="NumPy", help="contender by which compare measures (default NumPy)")
    parser.add_argument("--rounds", type=int, default=7, help="how often every contender has its turn (default 7)")
    parser.add_argument("--only", default="", help="contenders to run, with commas, such as 'swref cpu,NumPy'")
    parser.add_argument("--quick", action="store_true", help="the float64 targets alone, three rounds")
    parser.add_argument("--out", type=Path, default=Path("bench/results"), help="folder of the results")
    parser.add_argument("--name", default="", help="stem of the result files (default: table or scaling)")
    parser.add_argument("--device", action="store_true", help="on a GPU instead, against what runs there")
    options = parser.parse_args()
    if options.what == "compare":
        if len(options.results) != 2:
            parser.error(f"compare takes OLD.json and NEW.json, got {len(options.results)} files")
        try:
            found = compare.changes(*map(compare.read, options.results), options.reference)
        except (OSError, ValueError) as error:
            parser.error(str(error))
        print(compare.table(found))
        sys.exit(any(change.verdict == "slower" for change in found) or not found)
    if options.what == "check":
        found, slow = check.much_slower(compare.read(COMMITTED))
        print(compare.table(found))
        sys.exit(f"more than {check.LIMIT:g} times as long: {', '.join(c.work for c in slow)}" if slow else 0)
    if options.device:
        from bench import device  # everything else runs without torch

        try:
            print(device.run_all(options.out))
        except BackendError as error:
            sys.exit(str(error))
        return
    if options.what == "scaling":
        for path in scaling.run(options.out, options.name or "scaling"):
            print(path)
        return
    only = {name.strip() for name in options.only.split(",") if name.strip()}
    rounds = 3 if options.quick else options.rounds
    stem = options.name or "table"
    jobs = [(works.run, work, (rounds, only)) for work in (works.TARGETS if options.quick else works.WORKS)]
    jobs += [(steps.run, step, (rounds,)) for step in (steps.STEPS[:2] if options.quick else steps.STEPS)]
    rows: list[works.Row] = []
    for run, work, arguments in jobs:
        print(work.name, file=sys.stderr, flush=True)
        rows.append(run(work, *arguments))
        report.save_numbers(rows, options.out, stem)  # what is done survives an interruption
    print(report.table(rows))
    for path in report.save(rows, options.out, stem):
        print(path)


if __name__ == "__main__":
    main()
