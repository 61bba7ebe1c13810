"""Writing files whole: what a reader finds under a name is the old content or the new, never a part."""

from __future__ import annotations

import errno
import os
import re
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from swref.errors import InputError, SwrefError

_TEMPORARY: Final = re.compile(r"\.[0-9a-f]{32}\.tmp")


def write_atomically(path: Path, content: bytes, refusal: type[SwrefError] = InputError) -> None:
    """Write `content` to `path` so that its old or its new content is there at every moment, never a part.

    It is written beside `path` under a name that nobody else has, synced to the disk and renamed: writers of one path
    do not meet, the last one wins. A failure takes that file away; a process killed in between leaves it behind, where
    `leftovers` finds it. Raises `refusal` where the system refuses.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_atomically(Path(folder, "a.txt"), b"new")
    ...     [(path.name, path.read_bytes()) for path in Path(folder).iterdir()]
    [('a.txt', b'new')]
    """
    temporary = path.with_name(f".{uuid.uuid4().hex}.tmp")
    with refused_as(refusal, path):
        try:
            with open(temporary, "xb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def check_writable(path: Path) -> None:
    """Raise InputError, before any work, where write_atomically could not write `path`; nothing is touched.

    >>> check_writable(Path("no such folder", "a.txt"))
    Traceback (most recent call last):
    swref.errors.InputError: no such folder/a.txt cannot be written (No such file or directory)
    """
    with refused_as(InputError, path):
        os.stat(path.parent)
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not path.parent.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        if not os.access(path.parent, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def refuse_overwriting(name: str, path: Path, inputs: Iterable[str | Path]) -> None:
    """Raise InputError where `path`, the output called `name`, is one of the files in `inputs`.

    Entries of inputs that are no files (a data set's name) are passed over.
    """
    for other in inputs:
        if os.path.exists(path) and os.path.exists(other) and os.path.samefile(path, other):
            raise InputError(f"{name} must be another file than {other}, which it would overwrite, got {path}")


def leftovers(folder: Path) -> list[Path]:
    """The files in `folder` that write_atomically has not renamed yet: of killed processes, or of this moment.

    >>> leftovers(Path("."))
    []
    """
    return [path for path in folder.iterdir() if _TEMPORARY.fullmatch(path.name)]


@contextmanager
def refused_as(refusal: type[SwrefError], path: Path) -> Iterator[None]:
    """Turn what the system says against writing `path` into one clear line, raised as `refusal`.

    >>> with refused_as(InputError, Path("a.txt")):
    ...     raise OSError(28, "No space left on device")
    Traceback (most recent call last):
    swref.errors.InputError: a.txt cannot be written (No space left on device)
    """
    try:
        yield
    except OSError as error:
        raise refusal(f"{path} cannot be written ({error.strerror or error})") from None
