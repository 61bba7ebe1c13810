"""Golden vectors: the cases with their answers as plain files, for any language, in a folder of the format's number.

1/manifest.json   for every case its name, tags, reason, p, dtype, file, SHA-256, the interval of SW_p^p, and whether
                  its gradients are unique
1/schema.json     the JSON schema of the manifest
1/NAME.npz        the inputs and answers of a case, or a trace
1/FORMAT.md       all of it described, for a reader of these files alone
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from swref import __version__
from swref.crosscheck import catalog
from swref.crosscheck.kinds import AnyCase
from swref.crosscheck.target.command import plain_npz
from swref.errors import InputError
from swref.files import refused_as, write_atomically

FORMAT: Final = 1
DESCRIPTION: Final = Path(__file__).with_name("FORMAT.md")
SCHEMA: Final = Path(__file__).with_name("schema.json")


def export(folder: Path, cases: Sequence[AnyCase] | None = None) -> list[Path]:
    """Write golden vectors of `cases` (None: all) to the new or empty folder `folder`/1; returns the files.

    Raises InputError for another folder. Kinds of case that have none, and large inputs, are left out.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     sorted(path.name for path in export(Path(name), [catalog.find("one-point-p2")]))
    ['FORMAT.md', 'manifest.json', 'one-point-p2.npz', 'schema.json']
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"--export must name a new or empty folder, got {folder}")
    folder = folder / str(FORMAT)
    with refused_as(InputError, folder):
        folder.mkdir(parents=True, exist_ok=True)
    entries, written = [], []
    for case in catalog.cases() if cases is None else cases:
        if (exported := case.export()) is None:
            continue
        entry, arrays = exported
        path = folder / f"{case.name}.npz"
        data = plain_npz(arrays)
        write_atomically(path, data)
        entries.append(entry | {"file": path.name, "sha256": hashlib.sha256(data).hexdigest()})
        written.append(path)
    manifest = {"format": FORMAT, "swref": __version__, "cases": entries}
    write_atomically(folder / "manifest.json", (json.dumps(manifest, indent=1, allow_nan=False) + "\n").encode())
    for described in (SCHEMA, DESCRIPTION):
        write_atomically(folder / described.name, described.read_bytes())
    return [*written, *(folder / name for name in ("manifest.json", SCHEMA.name, DESCRIPTION.name))]
