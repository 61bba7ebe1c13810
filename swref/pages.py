"""What the HTML pages share: one file each, no script, no network; light or dark as the reader has it, and on a phone.

Plain text is written as a formula is: alpha_0^2 with a Greek letter, an index and a power.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Final

STYLE: Final = """
:root { color-scheme: light dark; --paper: #fff; --ink: #222; --soft: #555; --line: #ddd; --shade: #f4f4f4;
  --mark: #0072b2; --good: #176f2c; --bad: #b00020; --open: #8a5a00; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; padding: 0 1rem; color: var(--ink);
  background: var(--paper); overflow-wrap: break-word; }
h1 { line-height: 1.2; } h2 { margin-top: 2.2rem; }
table { border-collapse: collapse; margin: .6rem 0 1.4rem; font-size: .88rem; display: block; overflow-x: auto; }
th, td { border-bottom: 1px solid var(--line); padding: .2rem .7rem; text-align: left; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
th small { font-weight: 400; color: var(--soft); }
code, pre { background: var(--shade); padding: .1rem .3rem; } pre { padding: .6rem; overflow-x: auto; }
summary { cursor: pointer; font-weight: 600; } sub, sup { line-height: 0; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #161616; --ink: #ddd; --soft: #aaa; --line: #444; --shade: #2a2a2a;
    --mark: #56b4e9; --good: #7fd191; --bad: #ff8a8a; --open: #e69f00; }
}
"""
_GREEK: Final = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eta": "η", "theta": "θ",
    "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "phi": "φ", "psi": "ψ", "omega": "ω",
}  # fmt: skip
_SIGNS: Final = {"&lt;=": "≤", "&gt;=": "≥", "grad F": "∇F"}
_WORD: Final = re.compile(rf"(?<![A-Za-z])({'|'.join(_GREEK)})(?![A-Za-z])")
_POWER: Final = re.compile(r"\^(-?\d+(?:\.\d+)?|[A-Za-zα-ω]|\([^()<>]+\))(?![A-Za-z])")
# Of one letter, or of SW and Lip: leaky_relu is a name.
_INDEX: Final = re.compile(r"(?<![A-Za-z0-9_])(SW|Lip|[A-Za-zα-ω])_([A-Za-z0-9α-ω]{1,2})(?![A-Za-z0-9_])")


def typeset(text: str) -> str:
    """Plain text as HTML: escaped, with Greek letters, indices and powers where their names and signs stand.

    >>> typeset("d_c <= alpha^0.49, leaky_relu")
    'd<sub>c</sub> ≤ α<sup>0.49</sup>, leaky_relu'
    """
    shown = escape(text)
    for plain, sign in _SIGNS.items():
        shown = shown.replace(plain, sign)
    shown = _WORD.sub(lambda found: _GREEK[found[1]], shown)
    shown = _POWER.sub(lambda found: f"<sup>{found[1].replace('-', '−')}</sup>", shown)  # a hyphen would break the line
    return _INDEX.sub(r"\1<sub>\2</sub>", shown)


def document(title: str, parts: Sequence[str], *, width: str, style: str = "", mark: str = "") -> str:
    """The page of the `parts`, HTML each, in a column of at most `width`; `mark`, a comment, is its second line."""
    head = (
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<style>{STYLE}body {{ max-width: {width}; }}\n{style}</style></head><body>",
    )
    first = ["<!doctype html>", *([mark] if mark else [])]
    return "\n".join([*first, *head, *parts, "</body></html>\n"])


def row(cells: Sequence[str], tag: str = "td") -> str:
    """A row of a table, of cells in HTML; a cell that is a <td> already stays.

    >>> row(["a", '<td class="number">1</td>'])
    '<tr><td>a</td><td class="number">1</td></tr>'
    """
    return "<tr>" + "".join(cell if cell.startswith("<td") else f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>"
