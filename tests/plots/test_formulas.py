"""Formulas as SVG: read back as XML, without text or fonts, of the size that the formula has."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from swref.plots.formulas import formula_svg


def size(svg):
    root = ElementTree.fromstring(svg)
    return tuple(float(root.get(name).removesuffix("pt")) for name in ("width", "height"))


def test_a_formula_is_drawn_with_paths_alone_and_twice_alike():
    """Oracle: the elements of the file: nothing that needs a font, a script or a network."""
    svg = formula_svg(r"\frac{1}{n} \sum_k |\theta \cdot x_k|^2")
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(svg).iter()}
    assert "path" in tags
    assert not tags & {"text", "script", "image", "font-face"}
    assert b"<dc:date>" not in svg
    assert svg == formula_svg(r"\frac{1}{n} \sum_k |\theta \cdot x_k|^2")


def test_its_size_is_that_of_the_formula():
    """Oracle: more letters are wider, fractions higher, and twice the size twice as large but for the margin of 2."""
    width, height = size(formula_svg("x"))
    assert size(formula_svg("x x x x"))[0] > 3 * (width - 2)
    assert size(formula_svg(r"\frac{x}{x}"))[1] > 1.5 * (height - 2)
    twice = size(formula_svg("x", 24.0))
    assert twice[0] - 2 == pytest.approx(2 * (width - 2), rel=0.1)


def test_what_the_dialect_does_not_know_is_a_value_error():
    with pytest.raises(ValueError, match="nosuchmacro"):
        formula_svg(r"\nosuchmacro{x}")
