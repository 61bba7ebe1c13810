"""The errors that swref raises on purpose, and its warning; each carries one clear line."""

from __future__ import annotations

from swref.messages import escaped


class SwrefError(Exception):
    """Base of every error that swref raises on purpose: whatever names and values are in its message, it is one line
    without control characters.

    >>> print(SwrefError("a\x1b[2J.csv: no such file"))
    a\\x1b[2J.csv: no such file
    """

    def __init__(self, *message: object):
        super().__init__(*(escaped(part) if isinstance(part, str) else part for part in message))


class InputError(SwrefError, ValueError):
    """A value that cannot be used: the message names it, what was expected and what came."""


class InputTypeError(SwrefError, TypeError):
    """A value of the wrong type: the message names it, what was expected and what came."""


class DataError(SwrefError, ValueError):
    """A file that cannot be read as what it claims to be: the message names file, line and column."""


class BackendError(SwrefError, RuntimeError):
    """A backend that cannot run here: the message says why."""


class RunError(SwrefError, RuntimeError):
    """A run folder that cannot be used: missing, occupied, cut short, or of another configuration."""


class InUseError(RunError):
    """A folder in which another process works: what is asked of it can be asked again later."""


class DivergenceError(SwrefError, RuntimeError):
    """A run that met a non-finite loss, gradient or parameter: the message says where and what to try."""


class CacheWarning(RuntimeWarning):
    """Compiled kernels cannot be kept or read back: results are right, but the next start compiles them again."""
