"""Do the usual networks meet the assumptions, how fast do their derivatives grow, and what happens where they fail."""

from swref.experiments.architecture.config import FULL, ArchitectureConfig
from swref.experiments.architecture.drawings import figures
from swref.experiments.architecture.measure import run
from swref.experiments.architecture.text import TEXT

CONFIG = ArchitectureConfig

__all__ = ["CONFIG", "FULL", "TEXT", "ArchitectureConfig", "figures", "run"]
