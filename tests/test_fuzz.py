"""Readers and decoders under attack: whatever bytes come, what comes of them is data or one line of an error of ours.

corpus/ holds small files of all formats that others write: ok* is read, bad* did harm once and is refused. The tests
change a few places of them and of the files of a run, of an experiment and of the conformance suite: of the bytes, or
of what is packed in them, which is then packed again, sums of check and all.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
import re
import resource
import signal
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swref.crosscheck.target.worker import read_frame, write_frame
from swref.errors import DataError, SwrefError
from swref.experiments.frame.folder import read_circumstances
from swref.experiments.frame.record import Record
from swref.experiments.frame.samples import Sample
from swref.experiments.frame.tables import Table
from swref.measures import load_measure
from swref.runs import Run, train
from swref.runs.listing import list_runs
from swref.runs.sweep import load_sweep, prepared
from swref.runs.sweep.folder import State
from tests.runs.support import QUICK

pytestmark = pytest.mark.filterwarnings("ignore")  # of Pillow and NumPy, on damaged bytes
CORPUS = sorted((Path(__file__).parent / "corpus").iterdir())
INPUTS = int(os.environ.get("SWREF_FUZZ", "6000"))  # of the slow test
SECONDS, MEGABYTES = 5.0, 300  # for one input, and in all: the files hold no more than a few kB


def npy(array: np.ndarray) -> bytes:
    content = io.BytesIO()
    np.save(content, array)
    return content.getvalue()


WORDS = [
    word.encode()
    for word in (*"0,'\"{(O", "nan", "1e999", "-1", "inf", "true", "[]", "{}", "[1,2]", "null", "<f4", "<U0", "<c16")
]
WORDS += [b"9" * 30, b"[" * 30, b"9" * 5000, b"\x1c", b"\n", b"\xff" * 4, bytes(4), "٣\u202e".encode()]
ODD = (
    1,
    True,
    np.nan,
    "text",
    [],
    [1.0],
    [[1.0, np.inf]],
    [-1],
    [2**63],
    [1j],
    np.float32([1, 2]),
    np.zeros((2, 0, 3)),
)
WHOLES = [b"", *map(npy, map(np.asarray, ODD))]
TOKEN = re.compile(rb"[^\s,:;=\[\]{}()\"']+")

Edit = tuple[
    float, float, int, int, bytes
]  # where: of the parts, and in it; what to do, with how many bytes, and which
EDITS = st.lists(
    st.tuples(st.floats(0, 0.999), st.floats(0, 0.999), st.integers(0, 7), st.integers(1, 40), st.sampled_from(WORDS)),
    min_size=1,
    max_size=4,
)


def drawn(rng: random.Random) -> list[Edit]:
    """What EDITS draws, a hundred times as quickly."""
    sizes = (1, 1, 2, 4, 8, 40)
    count = rng.choice((1, 1, 1, 2, 3, 8))
    return [(rng.random(), rng.random(), rng.randrange(8), rng.choice(sizes), rng.choice(WORDS)) for _ in range(count)]


def edited(parts: Sequence[bytes], edits: Sequence[Edit]) -> list[bytes]:
    """The parts with these changes."""
    parts = list(parts)
    for which, where, kind, size, word in edits:
        index = int(which * len(parts))
        part = parts[index]
        at = int(where * len(part))
        piece = part[at : at + size]
        tokens = list(TOKEN.finditer(part)) if kind == 6 else []
        if kind == 7 and which * len(parts) % 1 < 0.3:
            parts[index] = WHOLES[size % len(WHOLES)]
        elif tokens:
            token = tokens[int(where * len(tokens))]
            parts[index] = part[: token.start()] + word + part[token.end() :]
        else:
            turned = bytes(byte ^ (1 << size % 8) for byte in piece)
            new = (turned, b"", 2 * piece, word, word + piece, part[-at:][:size], turned[:1] + piece[1:], bytes(size))
            parts[index] = part[:at] + new[kind] + part[at + size :]
    return parts


Layer = tuple[Sequence[bytes], Callable[[Sequence[bytes]], bytes]]  # what is packed, and how


def layers(content: bytes) -> Iterator[Layer]:
    """The bytes themselves, and what is packed in them."""
    yield (content,), b"".join
    for magic, module in ((b"\x1f\x8b", gzip), (b"BZh", bz2), (b"\xfd7zXZ", lzma)):
        if content.startswith(magic):
            light = {"preset": 0} if module is lzma else {}
            yield (module.decompress(content),), lambda parts, m=module, more=light: m.compress(parts[0], **more)
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            yield [archive.read(name) for name in names], lambda parts: zipped(names, parts)
    if content.startswith(b"\x89PNG"):
        chunks, at = [], 8
        while at < len(content):
            size = 8 + int.from_bytes(content[at : at + 4], "big")
            chunks.append(content[at + 4 : at + size])
            at += size + 4
        yield chunks, lambda parts: content[:8] + b"".join(map(chunked, parts))


def zipped(names: Sequence[str], parts: Sequence[bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, part in zip(names, parts, strict=True):
            archive.writestr(zipfile.ZipInfo(name), part)
    return out.getvalue()


def chunked(part: bytes) -> bytes:
    return max(0, len(part) - 4).to_bytes(4, "big") + part + zlib.crc32(part).to_bytes(4, "big")


@dataclass(frozen=True)
class Victim:
    """A file, what it holds, and what reads it."""

    path: Path
    content: bytes
    read: Callable[[], object]
    layer: Layer


class Hang(BaseException):  # no exception that anything but the test may catch
    """A reader that takes too long."""


def victims(folder: Path) -> list[Victim]:
    """The corpus in a folder of its own, and a run, a record and a message, as they are written today."""
    found: list[tuple[Path, Callable[[], object]]] = []
    (folder / "data").mkdir()
    for source in CORPUS:
        path = folder / "data" / source.name
        path.write_bytes(source.read_bytes())
        found.append((path, lambda path=path: load_measure(path)))
    run = folder / "runs" / "a"
    config = QUICK.from_values({**QUICK.to_dict(), "steps": 3, "track": ["kkt"], "radius": 9.0})
    points = np.random.default_rng(0).standard_normal((12, 2))
    train(config, run, target=points, source=points)
    found += [(path, lambda: look_at(run)) for path in sorted(run.iterdir()) if path.is_file()]
    found += [(run / name, lambda: list_runs(run.parent)) for name in ("config.toml", "summary.json")]
    sample, table = Sample(np.ones((2, 2)), {"a": (1, 2), "b": (0.5, 1.0)}), Table("T", {"alpha": ("1", [0.1, 0.2])})
    Record([], {"t": table}, arrays={"x": np.arange(3.0)}, samples={"s": sample}).write(folder)
    records = ("record.npz", "record.json", "verdict.json")
    found += [(folder / name, lambda: Record.read(folder)) for name in records]
    plan = {"grid": {"step": [0.1]}, "sobol": {"samples": 2, "noise": {"low": 0, "high": 1}}, "list": [{"p": 2.0}]}
    swept = prepared({**plan, "as_in_paper": True, "seeds": 2}, folder / "sweep")
    with swept.folder.held():
        swept.folder.write_plan(swept.plan)
        swept.folder.write_failure(swept.members[0], State("failed", "no memory"))
        (folder / "holder").write_bytes(swept.folder.holder_path.read_bytes())
    (folder / "holder").rename(swept.folder.holder_path)
    ours = (swept.folder.plan_path, swept.folder.holder_path, swept.path / swept.members[0].name / "failure.json")
    found += [(path, lambda: (load_sweep(swept.path).table(), swept.folder.holder())) for path in ours]
    (folder / "run.json").write_text('{"seconds": 1.5, "workers": 2}')
    found.append((folder / "run.json", lambda: read_circumstances(folder)))
    frame = folder / "frame"
    with frame.open("wb") as stream:
        write_frame(stream, {"status": "ok", "detail": ""}, {"value": np.ones(1), "dx": np.ones((2, 2))})
    found.append((frame, lambda: a_frame(frame)))
    everything = []
    for path, read in found:
        content = path.read_bytes()
        ways = list(layers(content))
        if all(sum(map(len, parts)) < 10_000 for parts, _ in ways):  # others take a second each
            everything += [Victim(path, content, read, layer) for layer in ways]
    return everything


def look_at(folder: Path) -> None:
    """All that a run is asked for without its data."""
    run = Run.load(folder)
    for part in ("history", "summary", "track"):
        getattr(run, part)
    repr(run)
    run.sample(2)


def a_frame(path: Path) -> None:
    with path.open("rb") as stream:
        try:
            read_frame(stream)
        except EOFError:  # said to mean that there is none
            assert path.stat().st_size == 0


def attack(victim: Victim, content: bytes, what: object) -> None:
    """Read the file with this content: data, or one line of an error of ours, in time."""

    def hang(*_: object) -> None:
        raise Hang(f"{victim.path.name}: {what}")

    victim.path.write_bytes(content)
    before = signal.signal(signal.SIGALRM, hang)
    signal.setitimer(signal.ITIMER_REAL, 4 * SECONDS)
    start, said = time.process_time(), ""
    try:
        victim.read()
    except SwrefError as error:
        said = str(error)
    except Exception as error:
        raise AssertionError(f"{victim.path.name}: {what}: {type(error).__name__}: {error}") from error
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        victim.path.write_bytes(victim.content)
    assert said.isprintable(), (victim.path.name, what, said)
    assert len(said) < 1500, (victim.path.name, what, said)
    assert time.process_time() - start < SECONDS, (victim.path.name, what)


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> list[Victim]:
    pytest.importorskip("PIL.Image")
    pytest.importorskip("pyarrow")
    return victims(tmp_path_factory.mktemp("fuzz"))


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_the_corpus(path: Path) -> None:
    """What is sound is read; what did harm is one line, at once."""
    pytest.importorskip({".parquet": "pyarrow", ".feather": "pyarrow", ".arrow": "pyarrow"}.get(path.suffix, "PIL"))
    start = time.process_time()
    if path.name.startswith("ok"):
        load_measure(path)
    else:
        with pytest.raises(DataError, match=re.escape(path.name)):
            load_measure(path)
    assert time.process_time() - start < SECONDS


@settings(max_examples=150)
@given(which=st.integers(0, 10**6), edits=EDITS)
def test_a_file_that_is_changed(targets: list[Victim], which: int, edits: list[Edit]) -> None:
    victim = targets[which % len(targets)]
    parts, pack = victim.layer
    attack(victim, pack(edited(parts, edits)), edits)


@settings(max_examples=50)
@given(which=st.integers(0, 10**6), content=st.binary(max_size=300))
def test_bytes_of_any_kind(targets: list[Victim], which: int, content: bytes) -> None:
    attack(targets[which % len(targets)], content, content)


@pytest.mark.slow
def test_many_files_that_are_changed(targets: list[Victim]) -> None:
    """SWREF_FUZZ=1000000 for a million; a failure says the seed that does it again."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for seed in range(int(os.environ.get("SWREF_SEED", "0")), INPUTS):
        rng = random.Random(seed)
        victim = targets[seed % len(targets)]
        parts, pack = victim.layer
        content = rng.randbytes(rng.randrange(300)) if rng.random() < 0.03 else pack(edited(parts, drawn(rng)))
        attack(victim, content, seed)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1024 * MEGABYTES
