"""`swref distance`: SW_p^p between two data sets or laws, its standard error, and its gradient."""

from __future__ import annotations

import math
from pathlib import Path

import click

from swref.commands.comma_list import CommaList


@click.command(short_help="Measure the sliced Wasserstein distance of two data sets.")
@click.argument("a")
@click.argument("b")
@click.option(
    "--columns",
    type=CommaList(str),
    metavar="C1,C2,...",
    help="Columns of both, by name or index from 0.  [default: all, paired by name where both have names]",
)
@click.option("--p", type=float, default=2.0, show_default=True, help="Order p >= 1 of the cost |x - y|^p.")
@click.option("--directions", type=int, default=1000, show_default=True, metavar="L", help="Directions on the sphere.")
@click.option("--scheme", default="uniform", show_default=True, help="uniform, orthogonal, sobol or grid (d = 2).")
@click.option("-n", "n", type=int, default=1000, show_default=True, help="Points drawn from a law that is not data.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of directions and draws.")
@click.option("--backend", default="auto", show_default=True, help="auto, cpu (Numba), cuda or numpy.")
@click.option(
    "--gradient",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the gradient of SW_p^p in the points of A, [n, d], to a .npy or .csv.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def distance(
    a: str,
    b: str,
    columns: tuple[str, ...] | None,
    p: float,
    directions: int,
    scheme: str,
    n: int,
    seed: int,
    backend: str,
    gradient: Path | None,
    as_json: bool,
) -> None:
    """Measure the sliced Wasserstein distance of two data sets.

    A and B are files (.csv, .tsv, .npy, .npz, .png, IDX) or names (penguins, digits, moons, gaussian:3, ...), of the
    same dimension. The data are taken as they are: a column in large units weighs more. The standard error is that of
    the mean over the directions.

    \b
    Example:
      swref distance moons circles
      swref distance samples.csv moons --json
    """
    from swref.commands.output import check_points_file, show_json, telling_of_compilation, write_points
    from swref.distance import distance_between
    from swref.measures import Discrete, load_measure
    from swref.measures.columns import aligned_columns

    check_points_file("--gradient", gradient, (a, b))
    first, second = load_measure(a, columns), load_measure(b, columns)
    if columns is None and isinstance(first, Discrete) and isinstance(second, Discrete):
        second = aligned_columns(second, first)
    with telling_of_compilation(backend):
        result = distance_between(
            first,
            second,
            L=directions,
            p=p,
            n=n,
            scheme=scheme,
            seed=seed,
            backend=backend,
            gradient=gradient is not None,
        )
    if gradient is not None and result.gradient is not None:
        write_points(gradient, result.gradient, first.names if isinstance(first, Discrete) else None)
    if as_json:
        show_json({"a": a, "b": b, **result.to_dict(), "gradient": None if gradient is None else str(gradient)})
        return
    error = result.standard_error
    why = "the directions are dependent"
    if math.isinf(result.value):
        why = "the power is beyond the range of floats"
    elif result.directions == 1:
        why = "one direction has no spread"
    shown = f"standard error {error:.2g}" if error is not None else f"no standard error: {why}"
    click.echo(f"SW_p^p  {result.value:.6g}   ({shown}; p = {result.p:g}, L = {result.directions} {result.scheme})")
    click.echo(f"SW_p    {result.distance:.6g}   (n = {result.n}, m = {result.m} points in d = {result.dim})")
    if gradient is not None:
        click.echo(f"gradient in {gradient}")
