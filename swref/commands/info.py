"""`swref info`: what is installed and what it can do here."""

from __future__ import annotations

import click

from swref.commands.lines import show


@click.command(short_help="Show versions, threads, backends and extras.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def info(as_json: bool) -> None:
    """Show versions, threads, backends and extras.

    SWREF_NUM_THREADS sets the threads of the cpu backend; NUMBA_CACHE_DIR moves the cache of the compiled kernels.

    \b
    Example:
      swref info
      swref info --json
    """
    from swref.commands.output import show_json
    from swref.environment import describe

    facts = describe()
    if as_json:
        show_json(facts)
        return
    show(f"swref {facts['swref']}, Python {facts['python']}, {facts['platform']}")
    versions = [f"{name} {version or 'missing'}" for name, version in facts["versions"].items()]
    show(f"versions: {', '.join(versions)}")
    show(f"threads of the cpu backend: {facts['threads']}")
    for blas in facts["blas"]:
        show(f"BLAS: {blas['library']} {blas['version']}, {blas['threads']} threads")
    for section in ("backends", "extras"):
        show(f"{section}:")
        for name, state in facts[section].items():
            show(f"  {name:<12}{state}")
    cache = facts["kernel_cache"] or {"folder": None, "state": "none"}
    show(f"kernel cache: {', '.join(filter(None, cache.values()))}")
