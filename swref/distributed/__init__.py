"""SW between clouds larger than memory: certified bounds in one pass, or exact values, a direction at a time."""

from swref.distributed.api import Certified, sw
from swref.distributed.gradient import GradientBlock, gradient

__all__ = ["Certified", "GradientBlock", "gradient", "sw"]
