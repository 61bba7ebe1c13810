"""pytest collects the doctests of every module: those of adapters whose library is not installed cannot be imported."""

from __future__ import annotations

import importlib.util

from swref.crosscheck.adapters import ADAPTERS

collect_ignore = [
    f"adapters/{module}.py" for module, _, library in ADAPTERS.values() if importlib.util.find_spec(library) is None
]
