"""Which mistake explains the failures of a target: hypotheses, each a prediction, ranked by how well they fit."""

from swref.crosscheck.diagnosis.ranking import Diagnosis, diagnose

__all__ = ["Diagnosis", "diagnose"]
