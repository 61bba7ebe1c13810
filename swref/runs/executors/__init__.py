"""Where many calls are computed: here, in processes, or on Dask, behind the interface of concurrent.futures.

What is computed is a module-level function of its arguments alone, so that no place changes its result.
"""

from swref.runs.executors.place import HERE, MOST_WORKERS, Place, opened
from swref.runs.executors.workers import WorkerLostError, Workers, one_thread

__all__ = ["HERE", "MOST_WORKERS", "Place", "WorkerLostError", "Workers", "one_thread", "opened"]
