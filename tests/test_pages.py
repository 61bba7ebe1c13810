"""The pages: text set as formulas are, and nothing of it taken for HTML."""

from __future__ import annotations

import pytest

from swref.pages import STYLE, document, row, typeset
from tests.support import ROOT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("alpha_0 is 4.7e-07, alpha < 1", "α<sub>0</sub> is 4.7e-07, α &lt; 1"),
        ("d_c went like alpha^0.49; 1/2", "d<sub>c</sub> went like α<sup>0.49</sup>; 1/2"),
        ("W_p^p, SW_2, |u'|^2", "W<sub>p</sub><sup>p</sup>, SW<sub>2</sub>, |u&#x27;|<sup>2</sup>"),
        ("u_alpha(s), C_r, -grad F >= 0", "u<sub>α</sub>(s), C<sub>r</sub>, -∇F ≥ 0"),
        ("2^-3 and 10^(a + b)", "2<sup>−3</sup> and 10<sup>(a + b)</sup>"),
        ("leaky_relu, init_radius, meta, loss.csv", "leaky_relu, init_radius, meta, loss.csv"),
        ("<b>a & b</b>", "&lt;b&gt;a &amp; b&lt;/b&gt;"),
    ],
)
def test_text_is_set_as_formulas_are_and_escaped(text, expected):
    assert typeset(text) == expected


def test_a_page_is_one_file_with_its_style_for_light_and_dark():
    page = document("a < b", [row(["1"])], width="9rem", style=".x {}", mark="<!-- m -->")
    assert page.startswith("<!doctype html>\n<!-- m -->\n<html")
    assert "<title>a &lt; b</title>" in page
    assert "prefers-color-scheme: dark" in page
    assert STYLE in page
    assert "max-width: 9rem" in page
    assert "src=" not in page
    assert "http" not in page


def test_the_page_of_the_documentation_has_the_style_of_today():
    assert STYLE in (ROOT / "docs" / "crosscheck-results.html").read_text(encoding="utf-8")
