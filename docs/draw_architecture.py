"""Draw docs/architecture.svg: the floors of the import contract, the rooms on them, and who imports whom.

    python docs/draw_architecture.py

The floors are those of pyproject.toml, the arrows those of the code. An arrow that follows from others is left out, and
so are those to the ground floor, which everybody stands on.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

import grimp

ROOT: Final = Path(__file__).resolve().parent.parent
COLUMN, WIDE, NARROW, FLOOR, HIGH, MARGIN = 214, 200, 156, 82, 40, 16  # narrow: the six of the ground
ROOMS: Final = {  # the column of each room in the picture, and what it is
    "commands": (2, "parse, one call, show"),
    "experiments": (2, "the theorems as verdicts"),
    "crosscheck": (3, "is your loss right?"),
    "runs": (2, "folders that resume"),
    "environment": (0, "versions and machine"),
    "inference": (1, "how certain is that"),
    "theory": (3, "F, its flow, C_r, as numbers"),
    "distance": (1, "how far apart are two measures"),
    "distributed": (2, "clouds beyond memory"),
    "plots": (4, "all drawing"),
    "sgd": (3, "the loop"),
    "draws": (2, "batches, keyed by the step"),
    "torch": (0, "the loss in torch"),
    "jax": (1, "the loss in JAX"),
    "networks": (4, "forward, backward, jvp"),
    "measures": (1, "what is sampled"),
    "sliced": (3, "the checked SW functions"),
    "directions": (2, "theta on the sphere"),
    "reprs": (4, "what a prompt shows"),
    "pages": (4, "what HTML pages share"),
    "spec": (2, "the paper, in NumPy"),
    "kernels": (3, "the same, compiled"),
    "arrays": (0, "whose array is it"),
    "files": (0.8, "whole or not at all"),
    "decoding": (0.8, "by a schema"),
    "checks": (1.6, "one line an error"),
    "messages": (2.4, "cut to what can be read"),
    "randomness": (3.2, "named streams"),
    "errors": (4, "what can be raised"),
}


def floors() -> list[list[str]]:
    """The rooms, floor by floor from the top."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(c["layers"] for c in contracts if c.get("containers") == ["swref"])
    return [[room.strip() for room in layer.replace("|", ":").split(":")] for layer in layers]


def arrows() -> list[tuple[str, str]]:
    """(importer, imported) between rooms above the ground, without those that follow from others."""
    rooms = [room for floor in floors()[:-1] for room in floor]
    graph = grimp.build_graph("swref", exclude_type_checking_imports=True)
    for room in rooms:
        graph.squash_module(f"swref.{room}")
    reach = {
        a: {b for b in rooms if a != b and graph.direct_import_exists(importer=f"swref.{a}", imported=f"swref.{b}")}
        for a in rooms
    }

    def beyond(room: str) -> set[str]:
        return set().union(*(reach[b] | beyond(b) for b in reach[room]))

    return [(a, b) for a in rooms for b in sorted(reach[a] - beyond(a))]


def _path(a: tuple[float, float], b: tuple[float, float]) -> str:
    """A curve from under the box at a to the top of the box at b; a straight arrow between neighbours on one floor."""
    (xa, ya), (xb, yb) = a, b
    if ya == yb:
        side = WIDE / 2 if xb > xa else -WIDE / 2
        return f"M{xa + side:.0f},{ya + HIGH / 2:.0f} L{xb - side:.0f},{yb + HIGH / 2:.0f}"
    xa, xb = xa + (xb - xa) * 0.1, xb + (xa - xb) * 0.1
    bend = (yb - ya - HIGH) * 0.55
    return f"M{xa:.0f},{ya + HIGH} C{xa:.0f},{ya + HIGH + bend:.0f} {xb:.0f},{yb - bend:.0f} {xb:.0f},{yb}"


def svg() -> str:
    """The picture."""
    rows = floors()
    place = {
        room: (MARGIN + WIDE / 2 + ROOMS[room][0] * COLUMN, MARGIN + k * FLOOR)
        for k, row in enumerate(rows)
        for room in row
    }

    def wide(room: str) -> int:
        return NARROW if room in rows[-1] else WIDE

    paths = "\n".join(f'<path d="{_path(place[a], place[b])}"/>' for a, b in arrows())
    boxes = "\n".join(
        f'<rect x="{x - wide(room) / 2:.0f}" y="{y}" width="{wide(room)}" height="{HIGH}" rx="4"/>\n'
        f'<text x="{x:.0f}" y="{y + 17}" class="name">{room}</text>\n'
        f'<text x="{x:.0f}" y="{y + 32}">{ROOMS[room][1]}</text>'
        for room, (x, y) in place.items()
    )
    width, height = 2 * MARGIN + 4 * COLUMN + WIDE, 2 * MARGIN + FLOOR * (len(rows) - 1) + HIGH
    ground = height - MARGIN - HIGH - 12
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">
<style>rect {{fill: #f4f6fa; stroke: #0072b2}} text {{font-size: 12px; text-anchor: middle; fill: #333}}
.name {{font-weight: bold; font-size: 14px}} .ground {{stroke: #999; stroke-dasharray: 4 4}}
path {{fill: none; stroke: #777; stroke-width: 1.3; marker-end: url(#tip)}}</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">
<path d="M0,0 L8,4 L0,8 z" style="fill: #777; stroke: none; marker-end: none"/></marker></defs>
<rect width="{width}" height="{height}" style="fill: white; stroke: none"/>
<line x1="{MARGIN}" x2="{width - MARGIN}" y1="{ground}" y2="{ground}" class="ground"/>
{paths}
{boxes}
</svg>
"""


if __name__ == "__main__":
    (ROOT / "docs" / "architecture.svg").write_text(svg())
