"""Recipes and their words."""

from __future__ import annotations

import pytest

from swref import experiments
from swref.errors import DataError
from swref.experiments.frame.html import page
from swref.experiments.frame.pool import Pool
from swref.experiments.frame.recipe import Recipe
from swref.experiments.frame.record import Record
from swref.experiments.frame.settings import Settings
from swref.experiments.frame.tables import Table
from swref.experiments.frame.verdict import above
from swref.experiments.frame.words import read_words
from swref.inference.statistics import exact
from swref.plots import formula_svg

NAMES = list(experiments.EXPERIMENTS)


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_is_complete(name):
    recipe = experiments.load(name)
    full = recipe.settings("full")
    assert isinstance(full, Settings)
    assert full != recipe.settings("quick")
    assert recipe.words.question
    assert recipe.words.method
    for formula in recipe.words.formulas:
        assert formula_svg(formula.tex).startswith(b"<?xml")


WORDS = """# A title

What it is,
in a line.

## Question

What?

## Formulas

$$ x^2 =
y $$

what x and y are

## Method

Thus.

And thus.

## Claims

### grows

it grows by more than {seed}

its slope, at {place}

It was {estimate.value:.1f}.

## Figures

### course

The course, {n} times.

## Summary

It grew {n} times.

## Notes

A first note.

A second one, with {slope.high:g}.

## Source

A book.
"""


def recipe_of(path, text=WORDS) -> Recipe:
    (path / "words.md").write_text(text)
    facts = {"n": 3, "slope": exact(0.5)}
    found = Record([above("grows", exact(0.5), 0.0, place="x")], {"t": Table("T", {"F": ("1", [1.0])})}, facts=facts)
    words = read_words(path / "words.md")
    return Recipe("some", words, Settings, lambda config, pool: found, lambda record: {"course": None})


def test_words_are_read_and_filled(tmp_path):
    """Oracle: the text above."""
    recipe = recipe_of(tmp_path)
    assert (recipe.words.title, recipe.words.line) == ("A title", "What it is, in a line.")
    assert recipe.words.formulas == [("x^2 = y", "what x and y are")]
    assert recipe.words.method == ["Thus.", "And thus."]
    assert recipe.words.changed == []
    record = recipe.run(Settings(seed=7), Pool())
    (verdict,) = record.verdicts
    assert (verdict.claim, verdict.statistic, verdict.seen) == (
        "it grows by more than 7", "its slope, at x", "It was 0.5.",
    )  # fmt: skip
    assert (record.config, record.summary) == ({"seed": 7}, "It grew 3 times.")
    assert record.notes == ["A first note.", "A second one, with 0.5."]
    assert recipe.figures(record)[0].caption == "The course, 3 times."


def test_what_was_changed_after_a_full_run_is_on_the_page(tmp_path):
    """Oracle: the paragraph, and no heading without one."""
    changed = recipe_of(tmp_path, WORDS.replace("## Source", "## Changed\n\nOnce it was less.\n\n## Source"))
    record = changed.run(Settings(), Pool())
    assert "<p>Once it was less.</p>" in page("some", changed.words, record, [], {})
    assert "Changed after" not in page("some", recipe_of(tmp_path).words, record, [], {})


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("# A title", "A title", "must begin with '# ' and a title"),
        ("What it is,\nin a line.\n\n", "", "must have a line under its title"),
        ("## Method", "## Methods", "got 'Methods'"),
        ("## Source", "## Notes", "once each, got 'Notes'"),
        ("## Source\n\nA book.\n", "", "must have a section '## Source' that is not empty"),
        ("what x and y are\n\n", "", "a paragraph of words after it"),
        ("It was {estimate.value:.1f}.\n\n", "", r"Claims must have 3 paragraph\(s\) .* got 2 under 'grows'"),
        ("The course, {n} times.\n\n", "", r"Figures must have 1 paragraph\(s\) .* got 0 under 'course'"),
        ("### course\n\n", "", r"Figures must have 1 paragraph\(s\) .* got 1 under ''"),
        ("### grows", "### falls", r"some.md must have claims named \['grows'\], got \['falls'\]"),
        ("### course", "### path", r"some.md must have captions named \['course'\], got \['path'\]"),
        ("{n} times.\n\n## Notes", "{m} times.\n\n## Notes", r"cannot fill in 'It grew {m} times.': KeyError: 'm'"),
        ("{slope.high:g}", "{slope.top:g}", "AttributeError"),
    ],
)
def test_words_that_are_missing_or_unknown_are_one_clear_error(tmp_path, old, new, words):
    assert old in WORDS

    def told() -> None:
        recipe = recipe_of(tmp_path, WORDS.replace(old, new))
        recipe.figures(recipe.run(Settings(), Pool()))

    with pytest.raises(DataError, match=words):
        told()
