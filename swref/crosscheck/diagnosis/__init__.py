"""Which mistake explains the failures of a target: hypotheses, each a prediction, ranked by how well they fit."""

from swref.crosscheck.diagnosis.conventions import in_other_layout
from swref.crosscheck.diagnosis.ranking import Diagnosis, diagnose, in_layout

__all__ = ["Diagnosis", "diagnose", "in_layout", "in_other_layout"]
