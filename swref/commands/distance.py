"""`swref distance`: SW_p^p between two data sets or laws, how certain it is, a test, and its gradient."""

from __future__ import annotations

import math
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from swref.commands import completion, place_flags
from swref.commands.comma_list import ColumnList
from swref.commands.config_flags import table_flags
from swref.commands.lines import show
from swref.commands.whole_number import WHOLE

if TYPE_CHECKING:
    from swref.distance import Distance
    from swref.distributed import Certified
    from swref.inference import Sampling, TwoSampleTest


@click.command(short_help="Measure the sliced Wasserstein distance of two data sets.")
@click.argument("a", shell_complete=completion.data_or_run_folders)
@click.argument("b", shell_complete=completion.data_or_run_folders)
@click.option(
    "--columns",
    type=ColumnList(),
    metavar="C1,C2,...",
    help="Columns of both, by name or index from 0.  [default: all, paired by name where both have names]",
)
@table_flags
@click.option("--p", type=float, default=2.0, show_default=True, help="Order p >= 1 of the cost |x - y|^p.")
@click.option(
    "--directions", type=WHOLE, default=1000, show_default=True, metavar="L", help="Directions on the sphere."
)
@click.option("--scheme", default="uniform", show_default=True, help="uniform, orthogonal, sobol or grid (d = 2).")
@click.option("-n", "n", type=WHOLE, default=1000, show_default=True, help="Points drawn from a law or a run.")
@click.option("--standardize", default="none", show_default=True, help="Scale both: column, global or none.")
@click.option(
    "--permutations", type=WHOLE, default=999, show_default=True, metavar="B", help="Of the test; 0: no test."
)
@click.option("--seed", type=WHOLE, default=0, show_default=True, help="Of directions, draws and permutations.")
@click.option("--backend", default="auto", show_default=True, help="auto, cpu (Numba), cuda or numpy.")
@click.option(
    "--gradient",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the gradient of SW_p^p in the points of A, [n, d], to a .npy or .csv.",
)
@click.option(
    "--tier",
    default="auto",
    show_default=True,
    help="auto, memory, or for .npy and .parquet files that stay on disk certified (bounds) or exact.",
)
@click.option(
    "--tolerance", type=float, default=1e-3, show_default=True, help="Of the bounds of --tier certified, relative."
)
@place_flags.scheduler
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def distance(
    a: str,
    b: str,
    columns: tuple[str, ...] | None,
    sep: str | None,
    decimal: str | None,
    header: str | None,
    encoding: str | None,
    missing: str | None,
    p: float,
    directions: int,
    scheme: str,
    n: int,
    standardize: str,
    permutations: int,
    seed: int,
    backend: str,
    gradient: Path | None,
    tier: str,
    tolerance: float,
    scheduler: str | None,
    as_json: bool,
) -> None:
    """Measure the sliced Wasserstein distance of two data sets.

    A and B are files (.csv, .tsv, .npy, .npz, .png, IDX), names (penguins, digits, moons, gaussian:3, ...), or folders
    of runs, which stand for their generators (RUN:held-out for the data that they never saw, at most 2000 points); of
    the same dimension. The data are taken as they are, unless --standardize scales both by their columns together: a
    column in large units weighs more.

    \b
    Two standard errors: of the directions alone, for these very points, and with that of the samples, for the
    laws behind them. A scale: the distance between two halves of A and of B, and a permutation test of whether
    both are of one law, over 100 directions or fewer (1e9 points x directions x permutations at most, a second
    or two). The test takes the points of A and B for independent: those that a run trained on are not.

    Data that are too large for memory stay on disk (.npy, .parquet) and are read in blocks: the distance then comes
    between bounds that are proven, or exact with --tier exact, without a test.

    \b
    Example:
      swref distance moons circles
      swref distance runs/moons-001 runs/moons-001:held-out
      swref distance samples.csv moons --standardize column --json
    """
    from swref import checks
    from swref.commands.output import check_points_file, say, show_json, telling_of_compilation, write_points
    from swref.distance import distance_between
    from swref.distributed.named import chosen_tier, distance_of_named, refuse_of_memory
    from swref.errors import InputError
    from swref.inference import two_sample_test
    from swref.measures import Discrete
    from swref.measures.catalog import load_with
    from swref.measures.columns import common_columns
    from swref.measures.reading import TableOptions, notes_of
    from swref.runs.executors import Place, opened
    from swref.runs.run import is_run, points_of_run

    check_points_file("--gradient", gradient, (a, b))
    if permutations != 0:
        checks.integer("permutations", permutations, minimum=1)
    chosen = chosen_tier(a, b, tier)
    if scheduler is not None and chosen.name == "memory":
        raise InputError(f"--scheduler needs --tier certified or exact, got --tier {tier}")
    options = TableOptions.of(
        columns=columns or None, sep=sep, decimal=decimal, header=header, encoding=encoding, missing=missing
    )
    if chosen.name != "memory":
        if chosen.why:
            say(f"--tier {chosen.name}, for {chosen.why}; --tier memory reads them all the same")
        refuse_of_memory(chosen.name, gradient=gradient, standardize=standardize, backend=backend, missing=missing)
        with nullcontext() if scheduler is None else opened(Place(scheduler=scheduler)) as executor:
            certified, notes = distance_of_named(
                a, b, chosen, options=options, directions=directions, p=p, scheme=scheme, seed=seed,
                tolerance=tolerance, executor=executor,
            )  # fmt: skip
        for note in notes:
            say(note)
        if as_json:
            show_json({"a": a, "b": b, **certified.to_dict(), "scheme": scheme, "seed": seed, "notes": notes})
        else:
            _show_certified(certified, scheme, tolerance)
        return
    if gradient is not None and is_run(a):
        raise InputError(f"--gradient needs data as A: its rows belong to given points, got the run {a}")
    first, second = (
        points_of_run(name, columns or None, seed, purpose, n)
        if is_run(name)
        else load_with(name, options, label, keep_constant=True)  # constant in one, but not perhaps in the other
        for label, name, purpose in (("A", a, "source"), ("B", b, "target"))
    )
    if not columns and isinstance(first, Discrete) and isinstance(second, Discrete):
        first, second = common_columns(first, second)
    notes = [*notes_of(first), *notes_of(second)]
    for note in notes:
        say(note)
    with telling_of_compilation(backend):
        result = distance_between(
            first,
            second,
            directions=directions,
            p=p,
            n=n,
            scheme=scheme,
            seed=seed,
            backend=backend,
            gradient=gradient is not None,
            standardize=standardize,
        )
        test = None
        if permutations != 0 and all(getattr(measure, "weights", None) is None for measure in (first, second)):
            test = two_sample_test(
                first, second, permutations=permutations, p=p, n=n, standardize=standardize, seed=seed
            )
    if gradient is not None and result.gradient is not None:
        write_points(gradient, result.gradient, first.names if isinstance(first, Discrete) else None)
    if as_json:
        record = {"a": a, "b": b, **result.to_dict(), "gradient": None if gradient is None else str(gradient)}
        show_json({**record, "test": None if test is None else test.to_dict(), "notes": notes})
        return
    _show(result, test)
    if gradient is not None:
        show(f"gradient in {gradient}")


def _show_certified(result: Certified, scheme: str, tolerance: float) -> None:
    settings = f"p = {result.p:g}, L = {result.directions} {scheme}"
    certainty = "no standard error"
    if result.standard_error is not None and scheme == "uniform":
        certainty = f"standard error {result.standard_error:.2g} of the directions"
    show(f"SW_p^p  {result.value:.6g}   ({certainty}; {settings}; {result.tier})")
    if result.tier == "certified":
        show(f"between {result.lower:.9g} and {result.upper:.9g}, proven")
        if result.upper - result.lower > tolerance * result.value:
            show(f"which is more than {tolerance:g} of it apart: rounding leaves that much; --tier exact has no bounds")
    show(f"SW_p    {result.value ** (1 / result.p):.6g}   (n = {result.n}, m = {result.m} points in d = {result.dim})")


def _show(result: Distance, test: TwoSampleTest | None) -> None:
    sampling = None if test is None else test.sampling
    settings = f"p = {result.p:g}, L = {result.directions} {result.scheme}"
    show(f"SW_p^p  {result.value:.6g}   ({_certainty(result, sampling)}; {settings})")
    show(f"SW_p    {result.distance:.6g}   (n = {result.n}, m = {result.m} points in d = {result.dim})")
    if sampling is not None:
        if sampling.bias is not None:
            show(f"less what sampling adds: SW_p^p {result.value - sampling.bias:.4g} between the laws")
        else:
            show("what sampling adds is not taken off: only for p = 2 does it not depend on the distance")
        show(f"two halves of A: SW_p {sampling.halves[0]:.4g}; of B: {sampling.halves[1]:.4g}")
    if test is not None:
        show(f"if both were of one law: SW_p {test.null_median:.4g}, in 5 of 100 cases above {test.null_95:.4g}")
        part = "" if (test.n, test.m) == (result.n, result.m) else f", {test.n} and {test.m} of the points"
        of = f"{test.permutations} permutations, {test.directions} directions{part}"
        show(f"test of one law: p-value {test.p_value:.3g} +- {test.p_value_standard_error:.1g} ({of})")


def _certainty(result: Distance, sampling: Sampling | None) -> str:
    error = result.standard_error
    if error is not None:
        both = (
            "" if sampling is None else f", {math.hypot(error, sampling.standard_error):.2g} with that of the samples"
        )
        return f"standard error {error:.2g} of the directions{both}"
    if math.isinf(result.value):
        return "no standard error: the power is beyond the range of floats"
    why = "one direction has no spread" if result.directions == 1 else "the directions are dependent"
    return f"no standard error: {why}"
