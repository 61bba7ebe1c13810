"""SW between clouds larger than memory: certified bounds in one pass, or exact values, a direction at a time."""

from swref.distributed.api import Certified, sw

__all__ = ["Certified", "sw"]
