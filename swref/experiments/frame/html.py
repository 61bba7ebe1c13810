"""The page of an experiment, and the index of several: one HTML file each, no script, no network."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from swref.experiments.frame.record import Record
from swref.experiments.frame.tables import Table
from swref.experiments.frame.verdict import Verdict, tally
from swref.experiments.frame.words import Formula, Words
from swref.plots import formula_svg

WORDS = {"agree": "agree", "disagree": "disagree", "undecided": "do not decide"}
MARK = "<!-- written by swref experiment -->"
ROWS = 60  # of a table on the page; all are in its .csv

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 52rem; padding: 0 1rem; color: #222;
  background: #fff; }
h1 { line-height: 1.2; } h2 { margin-top: 2.2rem; }
table { border-collapse: collapse; margin: .6rem 0 1.4rem; font-size: .88rem; display: block; overflow-x: auto; }
caption { text-align: left; font-weight: 600; padding-bottom: .3rem; }
th, td { border-bottom: 1px solid #ddd; padding: .2rem .7rem; text-align: left; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
th small { font-weight: 400; color: #666; }
figure { margin: 1.2rem 0 2rem; } figure img { max-width: 100%; } figcaption { color: #444; font-size: .92rem; }
figure.formula { margin: .8rem 0 .8rem 1.5rem; }
.agree { color: #176f2c; font-weight: 600; } .disagree { color: #b00020; font-weight: 600; }
.undecided { color: #8a5a00; font-weight: 600; }
.verdicts li { margin: 1rem 0; } .verdicts p { margin: .15rem 0; } .measured { color: #555; font-size: .88rem; }
.answer { border-left: 4px solid #0072b2; padding: .2rem 1rem; background: #f3f8fc; }
code, pre { background: #f4f4f4; padding: .1rem .3rem; } pre { padding: .6rem; overflow-x: auto; }
"""


def page(
    name: str, words: Words, record: Record, images: Sequence[tuple[str, str, bytes]], circumstances: Mapping[str, Any]
) -> str:
    """The page: question, formulas, answer, verdicts, figures (name, caption, SVG), tables and how to reproduce it."""
    parts = [
        f"<h1>{escape(words.title)}</h1>",
        *_paragraphs(words.question),
        *map(_formula, words.formulas),
        "<h2>What was seen</h2>",
        f'<p class="answer">{escape(record.summary)}</p>',
        _verdicts(record.verdicts),
        "<h2>Figures</h2>",
        *(_figure(*image) for image in images),
        "<h2>How it was measured</h2>",
        *_paragraphs(words.method),
        _list(record.notes),
        *(["<h2>Changed after a full run</h2>", *_paragraphs(words.changed)] if words.changed else []),
        "<h2>The numbers</h2>",
        *(_table(table, record.tables[table]) for table in record.shown),
        "<h2>Reproduce it</h2>",
        f"<pre>{escape(str(circumstances.get('command') or f'swref experiment {name}'))}</pre>",
        _settings(record.config),
        f"<p>{escape(_machine(circumstances))}</p>",
        f"<p>Source: {escape(words.source)}</p>",
    ]
    return _document(words.title, parts)


def index(entries: Sequence[tuple[str, Words, Record, str, bytes]]) -> str:
    """The index of several experiments: name, words, record, link and first figure (PNG) of each."""
    rows = []
    for name, words, record, link, image in entries:
        picture = f'<a href="{escape(link)}"><img alt="" src="{_data(image, "png")}" style="width:15rem"></a>'
        outcomes = ", ".join(_outcome(verdict) for verdict in record.verdicts)
        head = f'<a href="{escape(link)}"><b>{escape(words.title)}</b></a> <code>{escape(name)}</code><br>'
        rows.append(f"<tr><td>{picture}</td><td>{head}{escape(record.summary)}<br>Verdicts: {outcomes}</td></tr>")
    intro = (
        "Each experiment measures a claim about SGD with sliced Wasserstein losses against exact values, and says "
        "whether the data agree with it, disagree, or do not decide. The criteria were fixed before the runs. "
        + tally([verdict for _, _, record, _, _ in entries for verdict in record.verdicts])
    )
    return _document("The theorems as experiments", ["<h1>The theorems as experiments</h1>", f"<p>{intro}</p>",
                                                     f"<table>{''.join(rows)}</table>"])  # fmt: skip


def _document(title: str, parts: Sequence[str]) -> str:
    head = (
        f'<!doctype html>\n{MARK}\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<style>{STYLE}</style></head><body>\n'
    )
    return head + "\n".join(parts) + "\n</body></html>\n"


def _paragraphs(texts: Sequence[str]) -> list[str]:
    return [f"<p>{escape(text)}</p>" for text in texts]


def _list(texts: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in texts)}</ul>" if texts else ""


def _formula(formula: Formula) -> str:
    picture = f'<img alt="{escape(formula.tex)}" src="{_data(formula_svg(formula.tex, 14), "svg+xml")}">'
    return f'<figure class="formula">{picture}<figcaption>{escape(formula.words)}</figcaption></figure>'


def _figure(name: str, caption: str, svg: bytes) -> str:
    picture = f'<img alt="{escape(name)}" src="{_data(svg, "svg+xml")}">'
    return f"<figure>{picture}<figcaption>{escape(caption)}</figcaption></figure>"


def _data(content: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _outcome(verdict: Verdict, words: Mapping[str, str] | None = None) -> str:
    return f'<span class="{verdict.outcome}">{(words or {}).get(verdict.outcome, verdict.outcome)}</span>'


def _verdicts(verdicts: Sequence[Verdict]) -> str:
    """A block each: the outcome and the claim, what was seen, and the number with its criterion."""
    blocks = []
    for v in verdicts:
        interval = f"{number(v.estimate.value)} [{number(v.estimate.low)}, {number(v.estimate.high)}]"
        measured = f"Measured: {v.statistic}: {interval}, 95 % ({v.estimate.method}). Agreement means: {v.criterion}."
        claim = f"<p>The data {_outcome(v, WORDS)} that <b>{escape(v.claim)}</b>.</p>"
        blocks.append(f'<li>{claim}<p>{escape(v.seen)}</p><p class="measured">{escape(measured)}</p></li>')
    return f'<ol class="verdicts">{"".join(blocks)}</ol>'


def _table(name: str, table: Table) -> str:
    units = [f" <small>[{escape(unit)}]</small>" if unit and unit != "1" else "" for unit, _ in table.columns.values()]
    head = _row([escape(column) + unit for column, unit in zip(table.columns, units, strict=True)], "th")
    rows = [_row([_cell(table.column(column)[k]) for column in table.columns]) for k in range(min(len(table), ROWS))]
    more = f" The first {ROWS} of {len(table)} rows; all" if len(table) > ROWS else " Also"
    caption = f"{escape(table.title)}.{more} in {escape(name)}.csv"
    return f"<table><caption>{caption}</caption>{head}{''.join(rows)}</table>"


def _cell(value: Any) -> str:
    if isinstance(value, (str, np.str_)):
        return escape(str(value))
    return f'<td class="number">{number(float(value))}</td>'


def number(value: float) -> str:
    """Four significant digits, and infinity or a missing value in one sign.

    >>> number(0.123456), number(float("nan")), number(12000.0), number(float("inf"))
    ('0.1235', '–', '12000', '∞')
    """
    if np.isnan(value):
        return "–"
    if np.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value:.0f}" if value == round(value) and abs(value) < 1e7 else f"{value:.4g}"


def _row(cells: Sequence[str], tag: str = "td") -> str:
    return "<tr>" + "".join(cell if cell.startswith("<td") else f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>"


def _settings(config: Mapping[str, Any]) -> str:
    rows = "".join(_row([f"<code>{escape(key)}</code>", escape(str(value))]) for key, value in config.items())
    title = "Every setting, thresholds included, fixed before the run"
    return f"<details><summary>{title}</summary><table>{rows}</table></details>"


def _machine(circumstances: Mapping[str, Any]) -> str:
    if "seconds" not in circumstances:
        return "How long it took, and with which versions, is not known."
    named = ("swref", "python", "numpy", "numba", "scipy")
    versions = ", ".join(f"{name} {circumstances[name]}" for name in named if name in circumstances)
    return (
        f"{circumstances.get('seconds', 0):.0f} s with {circumstances.get('workers')} worker(s) on "
        f"{circumstances.get('machine')}; {versions}."
    )
