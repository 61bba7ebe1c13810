"""The kernels' cache on disk: never stale, never fatal, and word of a compilation, once."""

from __future__ import annotations

import ast
import errno
import os
import shutil
import sys

import numba
import numpy as np
import pytest

from swref import files
from swref.errors import CacheWarning
from swref.kernels import cache
from swref.kernels.cache import PACKAGE, SOURCES, folder, on_compilation, stamp, state
from swref.kernels.cpu import rows
from swref.kernels.policy import compiled
from tests.support import run_python

pytestmark = pytest.mark.compiled


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty cache of this test's own; nothing has been said yet."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(cache, "_said", set())
    folder.cache_clear()
    yield folder()[0]
    folder.cache_clear()


def transposed(x):
    """By a dispatcher that has compiled nothing yet, and whether it took the code from the cache."""
    dispatcher = compiled(rows.transposed.py_func)
    np.testing.assert_array_equal(dispatcher(x), x.T)
    return sum(dispatcher.stats.cache_hits.values()) == 1


X = np.arange(6.0).reshape(2, 3)


def test_the_second_process_takes_what_the_first_compiled(place):
    """Oracle: Numba's own count of hits; per signature, and with rights for the user alone."""
    assert [transposed(X), transposed(X), transposed(X.astype(np.float32)), transposed(X)] == [False, True, False, True]
    found = list(place.iterdir())
    assert len(found) == 2
    assert all(path.name.startswith("kernels.cpu.rows.transposed-") for path in found)
    assert state().startswith("2 kernels, ")
    if hasattr(os, "geteuid"):
        assert place.stat().st_mode & 0o777 == 0o700
    compiled(rows.transposed.py_func)._cache.flush()
    assert list(place.iterdir()) == []


COMPILES = {"compiled", "body", "kernel", "njit", "jit", "vectorize", "cuda.jit"}


def compiled_modules():
    """Oracle for SOURCES: modules with a function decorated to be compiled, and our modules that such functions use."""
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        functions = [f for f in functions if COMPILES & {ast.unparse(d).partition("(")[0] for d in f.decorator_list}]
        if functions:
            names = {node.id for f in functions for part in f.body for node in ast.walk(part) if hasattr(node, "id")}
            imports = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module]
            ours = [node for node in imports if node.module.startswith("swref.")]
            used = [node.module for node in ours if names & {alias.asname or alias.name for alias in node.names}]
            yield path.relative_to(PACKAGE).as_posix(), {f"{m.replace('.', '/')[len('swref/') :]}.py" for m in used}


def test_every_source_of_compiled_code_is_in_the_stamp():
    modules = dict(compiled_modules())
    assert set(SOURCES) == {*modules, "kernels/policy.py", "kernels/cuda/policy.py", "kernels/cache.py"}
    assert set().union(*modules.values()) <= set(SOURCES)


@pytest.mark.parametrize("name", SOURCES)
def test_the_stamp_follows_from_every_source(tmp_path, name):
    for source in SOURCES:
        (tmp_path / source).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PACKAGE / source, tmp_path / source)
    assert stamp(tmp_path) == stamp()
    with open(tmp_path / name, "a") as stream:
        stream.write("\n")
    assert stamp(tmp_path) not in (None, stamp())
    (tmp_path / name).unlink()
    assert stamp(tmp_path) is None


def test_the_stamp_follows_from_versions_and_settings(monkeypatch):
    stamps = {stamp()}
    for owner, name, value in (
        (numba, "__version__", "0.0"),
        (cache.llvmlite, "__version__", "0.0"),
        (np, "__version__", "0.0"),
        (sys, "version_info", (3, 99, 0, "final", 0)),
        (numba.config, "BOUNDSCHECK", 1),
        (numba.config, "USING_SVML", not numba.config.USING_SVML),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, value)
            stamps.add(stamp())
    assert len(stamps) == 7


def test_what_is_compiled_after_the_sources_were_replaced_is_not_kept(place, monkeypatch):
    monkeypatch.setattr(cache, "stamp", lambda: "another")
    assert not transposed(X)
    assert list(place.iterdir()) == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:10],
        lambda content: content[: len(content) // 2],
        lambda content: content[:-1],
        lambda content: content[:200] + bytes([content[200] ^ 1]) + content[201:],
        lambda content: b"another format\n" + content[15:],
    ],
)
def test_a_damaged_file_is_replaced_and_said(place, damage):
    transposed(X)
    (path,) = place.iterdir()
    content = path.read_bytes()
    path.write_bytes(damage(content))
    with pytest.warns(CacheWarning, match=r"^compiled kernels are damaged and are compiled anew \(.*\.kernel\)$"):
        assert not transposed(X)
    assert transposed(X)
    assert len(path.read_bytes()) == pytest.approx(len(content), rel=0.1)


def test_of_many_damaged_files_the_first_is_named(place):
    transposed(X)
    transposed(X.astype(np.float32))
    for path in place.iterdir():
        path.write_bytes(b"")
    with pytest.warns(CacheWarning) as said:
        assert [transposed(X), transposed(X.astype(np.float32))] == [False, False]
    assert len(said) == 1


def test_a_sound_file_of_another_key_or_of_what_is_no_code(place):
    """The first is passed over, of the second is said what Numba says."""
    transposed(X)
    (path,) = place.iterdir()
    key, data = cache.pickle.loads(path.read_bytes()[len(cache.MAGIC) + 32 :])
    store = compiled(rows.transposed.py_func)._cache._cache_file
    store.save(key, None)
    os.replace(store.path(key), store.path("other"))
    assert store.load("other") is None
    store.save(key, data[:2])
    with pytest.warns(
        CacheWarning, match=r"^compiled kernels cannot be loaded .* \(kernels\.cpu\.rows\.transposed: TypeError: "
    ):
        assert not transposed(X)
    assert transposed(X)


def test_a_file_that_cannot_be_read(place):
    transposed(X)
    (path,) = place.iterdir()
    path.unlink()
    path.mkdir()
    with pytest.warns(CacheWarning) as said:
        assert not transposed(X)
    assert [str(warning.message).partition(" (")[0] for warning in said] == [
        "compiled kernels cannot be read and are compiled anew",
        cache.NOT_KEPT,
    ]


def test_a_full_disk_is_said_once_and_stops_nothing(place, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.warns(CacheWarning) as said:
        assert [transposed(X), transposed(X.astype(np.float32))] == [False, False]
    (warning,) = said
    assert str(warning.message).startswith(f"{cache.NOT_KEPT} ({place}")
    assert str(warning.message).endswith(".kernel cannot be written (No space left on device))")
    assert list(place.iterdir()) == []


def test_without_any_folder_all_is_computed_and_it_is_said_once(tmp_path, monkeypatch):
    """A file where every folder would be: it stands for what is read-only, for root also."""
    blocked = tmp_path / "f"
    blocked.touch()
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(blocked))
    monkeypatch.setattr(cache, "PACKAGE", blocked)
    monkeypatch.setattr(cache, "AppDirs", lambda **_: type("Home", (), {"user_cache_dir": "~/.cache"}))
    monkeypatch.setattr(cache, "_said", set())
    folder.cache_clear()
    with pytest.warns(CacheWarning) as said:
        assert [transposed(X), transposed(X.astype(np.float32))] == [False, False]
    assert compiled(rows.transposed.py_func).stats.cache_path is None
    (warning,) = said
    assert "\n" not in str(warning.message)
    problem = f"{blocked}: File exists; {blocked}/kernels/__pycache__: Not a directory; ~/.cache is no absolute path"
    assert str(warning.message) == f"{cache.NOT_KEPT} ({problem})"
    assert state() == f"none: {problem}"
    folder.cache_clear()


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="this platform has rights of its own")
def test_a_folder_that_others_may_write_is_not_used(place, tmp_path):
    """What lies there is run: neither one with wide rights nor a link is taken, the next place is."""
    transposed(X)
    place.chmod(0o770)
    folder.cache_clear()
    assert folder()[0] != place
    place.chmod(0o700)
    folder.cache_clear()
    assert folder()[0] == place
    shutil.move(place, tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")
    folder.cache_clear()
    assert folder()[0] != place


def test_old_folders_go_but_for_the_newest(place, tmp_path):
    place.rmdir()
    for age in range(12):
        old = tmp_path / f"swref-numba-{age:032}"
        old.mkdir(mode=0o700)
        os.utime(old, (1e9 - age, 1e9 - age))
    (tmp_path / "swref-numba").mkdir()
    folder.cache_clear()
    assert folder()[0] == place
    left = sorted(path.name for path in tmp_path.glob("swref-numba-*") if path != place)
    assert left == [f"swref-numba-{age:032}" for age in range(cache.KEPT_FOLDERS - 1)]


@pytest.mark.slow
def test_a_change_of_a_body_alone_is_seen(tmp_path):
    """Two builds that differ in bodies.py only, the second put over the first: a cost of 15, then of 37.5."""
    shutil.copytree(PACKAGE, tmp_path / "swref", ignore=shutil.ignore_patterns("__pycache__"))
    script = (
        "import swref, numpy as np; x = np.array([[0.0], [15.0]])\n"
        "print(swref.sw_loss_and_grad(x, x + 15, np.ones((1, 1)), p=1, backend='cpu')[0], swref.__file__)"
    )
    bodies = tmp_path / "swref" / "kernels" / "bodies.py"
    found = []
    for old, new in (("", ""), ("return abs(D)", "return abs(D) * type(D)(2.5)")):
        bodies.write_text(bodies.read_text().replace(old, new))
        for _ in range(2):
            result = run_python(
                f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{script}", timeout=60, NUMBA_CACHE_DIR=""
            )
            value, path = result.stdout.split()
            assert path.startswith(str(tmp_path)), result.stderr
            found.append(float(value))
    assert found == [15.0, 15.0, 37.5, 37.5]
    assert len(list((tmp_path / "swref" / "kernels" / "__pycache__").glob("swref-numba-*"))) == 2


def test_word_of_a_compilation_comes_while_nothing_is_kept_once_and_not_without_one(place):
    calls = []

    @numba.njit
    def one(x):
        return x + 1

    @numba.njit
    def other(x):
        return x + 2

    with on_compilation(lambda: calls.append("compiled")):
        assert calls == []
        one(1)
        other(1)
    assert calls == ["compiled"]
    with on_compilation(lambda: calls.append("again")):
        one(2)
    one(1.5)
    transposed(X)  # is kept
    with on_compilation(lambda: calls.append("once more")):
        other(1.5)
    assert calls == ["compiled"]
