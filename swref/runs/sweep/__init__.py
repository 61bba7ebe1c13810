"""Sweeps: many runs of one plan, done once each wherever there are workers, and what they say together."""

from swref.runs.sweep.api import Sweep, load_sweep, prepared, sweep
from swref.runs.sweep.plan import Plan

__all__ = ["Plan", "Sweep", "load_sweep", "prepared", "sweep"]
