"""Writing files whole: what a reader finds under a name is the old content or the new, never a part.

And nothing but files: a link or a device in the folder of a run, which may come from somebody else, is refused; what a
user names as an output may be either.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from swref.errors import InputError, RunError, SwrefError

_TEMPORARY: Final = re.compile(r"\.[0-9a-f]{32}\.tmp")


def write_atomically(path: Path, content: bytes, refusal: type[SwrefError] = InputError) -> None:
    """Write `content` to `path` so that its old or its new content is there at every moment, never a part.

    It is written beside `path` under a name that nobody else has, synced to the disk and renamed, and the folder is
    synced: writers of one path do not meet, the last one wins. A file that is there keeps its permissions; a link is
    replaced, what it leads to is left alone. A failure takes the new file away; a process killed in between leaves it
    behind, where `leftovers` finds it. Raises `refusal` where the system refuses.

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
                with suppress(FileNotFoundError):
                    before = path.lstat().st_mode
                    if stat.S_ISREG(before):
                        os.chmod(temporary, stat.S_IMODE(before))
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    _sync(path.parent)


def write_output(path: Path, content: bytes) -> None:
    """Write `content` to what a user named: a file as write_atomically does, or the one that a link leads to; a device
    or a pipe is written to. Raises InputError where the system refuses."""
    with refused_as(InputError, path):
        path = path.resolve()
        if path.exists() and not path.is_file() and not path.is_dir():
            with open(path, "wb") as stream:
                stream.write(content)
            return
    write_atomically(path, content)


def open_regular(path: Path, flags: int) -> int:
    """A descriptor of the file `path`, opened with `flags`; OSError for a link, a device, a pipe or a folder."""
    # A pipe without a writer would hold up the opening.
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"):  # not every system has them
        flags |= getattr(os, name, 0)
    try:
        descriptor = os.open(path, flags, 0o666)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "it is a link") from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no regular file")
    return descriptor


def read_regular(path: Path) -> bytes:
    """The content of the file `path`; OSError as open_regular.

    >>> read_regular(Path("/dev/null"))
    Traceback (most recent call last):
    OSError: [Errno 22] it is no regular file
    """
    with os.fdopen(open_regular(path, os.O_RDONLY), "rb") as stream:
        return stream.read()


def refuse_link(path: Path) -> None:
    """Raise RunError where `path`, in the folder of a run, is a link: it would lead out of the folder."""
    if path.is_symlink():
        raise RunError(f"{path} is a link, which a run never makes: remove it")


def _sync(folder: Path) -> None:
    """Put a rename on the disk, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def check_writable(path: Path) -> None:
    """Raise InputError, before any work, where write_output could not write `path`; nothing is touched.

    >>> check_writable(Path("no such folder", "a.txt"))
    Traceback (most recent call last):
    swref.errors.InputError: no such folder/a.txt cannot be written (No such file or directory)
    """
    with refused_as(InputError, path):
        path = path.resolve()
        if path.exists() and not path.is_file() and not path.is_dir():  # a device
            return
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
