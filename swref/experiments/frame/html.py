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
from swref.pages import document, row, typeset
from swref.plots import formula_svg

WORDS = {"agree": "agree", "disagree": "disagree", "undecided": "do not decide"}
MARK = "<!-- written by swref experiment -->"
ROWS = 60  # of a table on the page; all are in its .csv

STYLE = """
.caption { text-align: left; font-weight: 600; font-size: .88rem; margin: 1.4rem 0 0; }
figure { margin: 1.2rem 0 2rem; } figcaption { color: var(--soft); font-size: .92rem; }
figure img { max-width: 100%; } figure.formula { margin: .8rem 0 .8rem 1.5rem; }
.scroll { overflow-x: auto; } .drawing img { background: #fff; }
.agree { color: var(--good); font-weight: 600; } .disagree { color: var(--bad); font-weight: 600; }
.undecided { color: var(--open); font-weight: 600; }
.verdicts li { margin: 1rem 0; } .verdicts p { margin: .15rem 0; } .measured { color: var(--soft); font-size: .88rem; }
.answer { border-left: 4px solid var(--mark); padding: .2rem 1rem; background: var(--shade); }
.entry { display: flex; flex-wrap: wrap; gap: .4rem 1.2rem; border-top: 1px solid var(--line); padding: 1rem 0; }
.entry > a { flex: 0 0 15rem; } .entry > div { flex: 1 1 18rem; } .entry img { width: 15rem; background: #fff; }
@media (max-width: 45rem) { .scroll img { max-width: none; } figure.formula { margin-left: 0; } }
@media (prefers-color-scheme: dark) { .formula img { filter: invert(1); } }
"""


def page(
    name: str, words: Words, record: Record, images: Sequence[tuple[str, str, bytes]], circumstances: Mapping[str, Any]
) -> str:
    """The page: question, formulas, answer, verdicts, figures (name, caption, SVG), tables and how to reproduce it."""
    parts = [
        f"<h1>{typeset(words.title)}</h1>",
        *_paragraphs(words.question),
        *map(_formula, words.formulas),
        "<h2>What was seen</h2>",
        f'<p class="answer">{typeset(record.summary)}</p>',
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
        f"<p>Source: {typeset(words.source)}</p>",
    ]
    return _document(words.title, parts)


def index(entries: Sequence[tuple[str, Words, Record, str, bytes]]) -> str:
    """The index of several experiments: name, words, record, link and first figure (PNG) of each."""
    blocks = []
    for name, words, record, link, image in entries:
        picture = f'<a href="{escape(link)}"><img alt="" src="{_data(image, "png")}"></a>'
        outcomes = ", ".join(_outcome(verdict) for verdict in record.verdicts)
        head = f'<a href="{escape(link)}"><b>{typeset(words.title)}</b></a> <code>{escape(name)}</code><br>'
        text = f"{head}{typeset(record.summary)}<br>Verdicts: {outcomes}"
        blocks.append(f'<section class="entry">{picture}<div>{text}</div></section>')
    intro = (
        "Each experiment measures a claim about SGD with sliced Wasserstein losses against exact values, and says "
        "whether the data agree with it, disagree, or do not decide. The criteria were fixed before the runs. "
        + tally([verdict for _, _, record, _, _ in entries for verdict in record.verdicts])
    )
    title = "The theorems as experiments"
    return _document(title, [f"<h1>{title}</h1>", f"<p>{intro}</p>", *blocks])


def _document(title: str, parts: Sequence[str]) -> str:
    return document(title, parts, width="52rem", style=STYLE, mark=MARK)


def _paragraphs(texts: Sequence[str]) -> list[str]:
    return [f"<p>{typeset(text)}</p>" for text in texts]


def _list(texts: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{typeset(text)}</li>' for text in texts)}</ul>" if texts else ""


def _formula(formula: Formula) -> str:
    picture = f'<img alt="{escape(formula.tex)}" src="{_data(formula_svg(formula.tex, 14), "svg+xml")}">'
    return _captioned("formula", picture, formula.words)


def _figure(name: str, caption: str, svg: bytes) -> str:
    picture = f'<img alt="{escape(name)}" src="{_data(svg, "svg+xml")}">'
    return _captioned("drawing", picture, caption)


def _captioned(kind: str, picture: str, caption: str) -> str:
    """A picture, which scrolls where the page is narrower, over its caption."""
    text = f"<figcaption>{typeset(caption)}</figcaption>"
    return f'<figure class="{kind}"><div class="scroll">{picture}</div>{text}</figure>'


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
        claim = f"<p>The data {_outcome(v, WORDS)} that <b>{typeset(v.claim)}</b>.</p>"
        blocks.append(f'<li>{claim}<p>{typeset(v.seen)}</p><p class="measured">{typeset(measured)}</p></li>')
    return f'<ol class="verdicts">{"".join(blocks)}</ol>'


def _table(name: str, table: Table) -> str:
    units = [f" <small>[{typeset(unit)}]</small>" if unit and unit != "1" else "" for unit, _ in table.columns.values()]
    head = row([typeset(column) + unit for column, unit in zip(table.columns, units, strict=True)], "th")
    rows = [row([_cell(table.column(column)[k]) for column in table.columns]) for k in range(min(len(table), ROWS))]
    more = f" The first {ROWS} of {len(table)} rows; all" if len(table) > ROWS else " Also"
    caption = f"{typeset(table.title)}.{more} in {escape(name)}.csv"
    return f'<p class="caption">{caption}</p><table>{head}{"".join(rows)}</table>'


def _cell(value: Any) -> str:
    if isinstance(value, (str, np.str_)):
        return typeset(str(value))
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


def _settings(config: Mapping[str, Any]) -> str:
    rows = "".join(row([f"<code>{escape(key)}</code>", escape(str(value))]) for key, value in config.items())
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
