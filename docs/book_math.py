"""Formulas as MathML, made when the book is built: no script, no network, and what a screen reader can read."""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET
from typing import Any, Final

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
BAR, SLASH, MINUS = "(&#x0007C;|&#x02016;|[|])", "(&#x0002F;|/)", "&#x02212;"
SPACING: Final = (  # what the converter leaves to the browser, which takes bars for relations
    (rf"<mo\b([^>]*minsize[^>]*)>{BAR}</mo>", r'<mo lspace="0" rspace="0"\1>\2</mo>'),
    (rf"<mo(?: (?:stretchy|fence|form)=\"\w+\")*>{BAR}</mo>", r'<mo lspace="0" rspace="0" stretchy="false">\1</mo>'),
    (rf"<mo>{SLASH}</mo>", r'<mo lspace="0" rspace="0">\1</mo>'),
    (r"<mo>((?!(?:max|min|sup|inf|lim)<)[a-z]{2,}\d?|[A-Z][a-z]+)</mo>", r"<mi>\1</mi>"),  # act, sign, Hess
    (r"(<mi>[A-Za-z]{2,}\d?</mi>)(?=<m(?:i|n|sup|sub|over|frac)\b)", r'\1<mspace width="0.167em"/>'),  # sin x
    (
        rf"(<mo[^>]*>(?:&#x02208;|&#x0003D;|&#x02264;|&#x02265;|&#x0002C;|&#x00028;)</mo>)<mo>{MINUS}</mo>",
        rf'\1<mo form="prefix">{MINUS}</mo>',
    ),
)


def mathml(latex: str, display: bool) -> str:
    """The formula as a <math> element with its source as text for those who want it; ValueError where it fails.

    >>> mathml("x^2", False)[-72:]
    'alttext="x^2"><mrow><msup><mi>x</mi><mn>2</mn></msup></mrow></math>'
    """
    text = " ".join(latex.split())
    found = convert(text, display="block" if display else "inline")
    try:
        words = [element.text or "" for element in ET.fromstring(found).iter()]
    except ET.ParseError as error:
        raise ValueError(f"no MathML of {text!r}: {error}") from None
    if any("\\" in word or "&" in word for word in words):
        raise ValueError(f"the formula has a command that the converter does not know: {text!r}")
    for pattern, better in SPACING:
        found = re.sub(pattern, better, found)
    return found.replace("<math ", f'<math alttext="{html.escape(text)}" ', 1)


def shown(node: nodes.Node, display: bool) -> str:
    """The element, or the source under a warning, which -W makes an error."""
    try:
        return mathml(node.astext(), display)
    except ValueError as error:
        LOGGER.warning(str(error), location=node)
        return html.escape(node.astext())


def visit_inline(self: Any, node: nodes.math) -> None:
    self.body.append(shown(node, display=False))
    raise nodes.SkipNode


def visit_block(self: Any, node: nodes.math_block) -> None:
    self.body.append(f'<div class="formula" tabindex="0">{shown(node, display=True)}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the renderer "mathml"."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
