"""What every experiment shares; a recipe takes all of it from here.

settings: its choices. seeds: where its randomness comes from. pool: where its parts are computed. samples, tables:
arrays with named axes, and what is made of them. statistics, verdict: estimates with intervals, and what they decide.
record, words, recipe: what is kept, how it is said, and both together. folder, html, overview: what the user sees.
"""

from swref.experiments.frame.drawing import COLOURS, colours, draw_bands, draw_table
from swref.experiments.frame.pool import Part, Pool
from swref.experiments.frame.record import Record
from swref.experiments.frame.samples import Sample, estimated, sampled
from swref.experiments.frame.seeds import SeedTable, named_seed
from swref.experiments.frame.settings import Settings, quick, require
from swref.experiments.frame.statistics import (
    Estimate,
    bootstrap,
    exact,
    geometric_mean,
    jackknife,
    mean_in_order,
    power_law,
    share,
    wilson,
)
from swref.experiments.frame.tables import Table, stacked, table
from swref.experiments.frame.verdict import Verdict, above, below, within

__all__ = [
    "COLOURS",
    "Estimate",
    "Part",
    "Pool",
    "Record",
    "Sample",
    "SeedTable",
    "Settings",
    "Table",
    "Verdict",
    "above",
    "below",
    "bootstrap",
    "colours",
    "draw_bands",
    "draw_table",
    "estimated",
    "exact",
    "geometric_mean",
    "jackknife",
    "mean_in_order",
    "named_seed",
    "power_law",
    "quick",
    "require",
    "sampled",
    "share",
    "stacked",
    "table",
    "wilson",
    "within",
]
