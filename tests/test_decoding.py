"""Decoders under attack: whatever bytes come, what comes of them is data or one line of an error of ours."""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from swref.decoding import Array, check, check_archive, check_size, decoding, read_json, read_npz, read_table
from swref.errors import DataError, RunError, SwrefError
from swref.experiments.frame.record import Record
from swref.experiments.frame.samples import Sample
from swref.experiments.frame.tables import Table
from swref.measures import load_measure
from swref.runs import Run, train
from swref.runs.listing import list_runs
from tests.runs.support import QUICK

INPUTS = int(os.environ.get("SWREF_FUZZ", "3000"))  # of the slow test
SECONDS, MEGABYTES = 5.0, 300  # for one input, and in all: none holds more than a few kB


WORDS = b"nan 1e999 -1 999999999999999999999999999999 \x1c \n , ' \" { [[[[[[[[[[[[[[[[[[[[[[[[[ null O".split(b" ")


def mutated(content: bytes, rng: random.Random) -> bytes:
    """Bits turned, bytes cut, repeated, put elsewhere or replaced by what is read as something; or noise alone."""
    if rng.random() < 0.05:
        return rng.randbytes(rng.randrange(200))
    parts = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        at, size = rng.randrange(len(parts) + 1), rng.choice((1, 1, 2, 4, 8, 40))
        piece, elsewhere = bytes(parts[at : at + size]), rng.randrange(len(parts) + 1)
        turned = bytes(b ^ (1 << rng.randrange(8)) for b in piece)
        news = (
            turned,
            turned,
            b"",
            2 * piece,
            parts[elsewhere:][:size],
            rng.randbytes(size),
            b"\xff" * size,
            bytes(size),
        )
        parts[at : at + size] = rng.choice((*news, rng.choice(WORDS)))
    return bytes(parts)


def data_files(folder: Path) -> list[Path]:
    """A valid file of every kind that load_measure reads, small."""
    points = np.random.default_rng(0).integers(0, 9, (6, 3)).astype(np.float64)
    table = "a,b,c\n" + "".join(",".join(map(str, row)) + "\n" for row in points)
    files = {"a.csv": table.encode(), "b.txt": table.replace(",", "  ").encode("utf-16"), "idx1-ubyte": b""}
    files["idx3-ubyte"] = b"\0\0\x08\x03" + np.array([4, 2, 2], ">u4").tobytes() + bytes(range(16))
    del files["idx1-ubyte"]
    for name, content in files.items():
        (folder / name).write_bytes(content)
    np.save(folder / "a.npy", points)
    np.savez(folder / "a.npz", points=points)
    np.savez_compressed(folder / "b.npz", points=points, labels=np.arange(6))
    with zipfile.ZipFile(folder / "c.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", table)
    for name, module in (("d.csv.gz", "gzip"), ("e.csv.bz2", "bz2"), ("f.csv.xz", "lzma")):
        (folder / name).write_bytes(__import__(module).compress(table.encode()))
    image = pytest.importorskip("PIL.Image").fromarray((25 * points).astype(np.uint8))
    for suffix in ("png", "tif", "jpg"):
        image.save(folder / f"g.{suffix}")
    pa = pytest.importorskip("pyarrow")
    parquet, feather = pytest.importorskip("pyarrow.parquet"), pytest.importorskip("pyarrow.feather")
    arrow = pa.table({"a": points[:, 0], "b": points[:, 1]})
    parquet.write_table(arrow, folder / "h.parquet")
    feather.write_feather(arrow, str(folder / "h.feather"), compression="uncompressed")
    return sorted(folder.iterdir())


def run_files(folder: Path) -> list[Path]:
    config = QUICK.from_values({**QUICK.to_dict(), "steps": 3, "track": ["kkt"], "radius": 9.0, "source": "gaussian:2"})
    points = np.random.default_rng(0).standard_normal((12, 2))
    train(config, folder, target=points, source=points)
    return sorted(path for path in folder.iterdir() if path.is_file())


def look_at(folder: Path) -> None:
    """All that a run is asked for without its data."""
    run = Run.load(folder)
    for part in ("history", "summary", "track"):
        getattr(run, part)
    repr(run)
    run.sample(2)


def attack(folder: Path, cases: list[tuple[Path, Callable[[], object]]], seeds: range) -> None:
    """Every file mutated in turn; a failure says the file and the seed that does it again."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    originals = {path: path.read_bytes() for path, _ in cases}
    for seed in seeds:
        path, read = cases[seed % len(cases)]
        path.write_bytes(mutated(originals[path], random.Random(seed)))
        start = time.perf_counter()
        said = ""
        try:
            read()
        except SwrefError as error:
            said = str(error)
        except Exception as error:
            raise AssertionError(f"{path.name}, seed {seed}: {type(error).__name__}: {error}") from error
        assert "\n" not in said, (path.name, seed)
        assert time.perf_counter() - start < SECONDS, (path.name, seed)
        path.write_bytes(originals[path])
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1024 * MEGABYTES


@pytest.mark.filterwarnings("ignore")  # of Pillow and NumPy, on damaged bytes
@pytest.mark.parametrize("inputs", [340, pytest.param(INPUTS, marks=pytest.mark.slow)])
def test_no_bytes_are_more_than_an_error(tmp_path, inputs):
    """Data, runs, records and configs; SWREF_FUZZ=1000000 for a million."""
    (tmp_path / "data").mkdir()
    cases: list[tuple[Path, Callable[[], object]]] = [
        (path, lambda path=path: load_measure(path)) for path in data_files(tmp_path / "data")
    ]
    run = tmp_path / "runs" / "a"
    cases += [(path, lambda: look_at(run)) for path in run_files(run)]
    cases += [(run / name, lambda: list_runs(run.parent)) for name in ("config.toml", "summary.json")]
    sample = Sample(np.ones((2, 2)), {"a": (1, 2), "b": (0.5, 1.0)})
    table = Table("Steps", {"alpha": ("1", [0.1, 0.2])})
    record = Record([], {"t": table}, arrays={"x": np.arange(3.0)}, samples={"s": sample})
    record.write(tmp_path)
    cases += [
        (tmp_path / name, lambda: Record.read(tmp_path)) for name in ("record.npz", "record.json", "verdict.json")
    ]
    attack(tmp_path, cases, range(inputs))
    shutil.rmtree(tmp_path / "data")


def test_a_schema(tmp_path):
    """Oracle: each rule broken in turn."""
    schema = {"x": Array("f", "nd"), "w": Array("f", "n", optional=True, least=0.0), "t": Array("iu", least=1)}
    right = {"x": np.ones((3, 2)), "w": np.ones(3), "t": np.array(1), "more": np.array("a")}
    check(right, schema)
    check({name: right[name] for name in ("x", "t")}, schema)
    for changes, words in (
        ({"x": np.ones(3)}, r"x has shape \(3,\), not \[n = None, d = None\]"),
        ({"w": np.ones(4)}, r"w has shape \(4,\), not \[n = 3\]"),
        ({"x": np.ones((3, 2), int)}, "x has dtype int64"),
        ({"x": np.full((3, 2), np.nan)}, "x is not finite"),
        ({"w": -np.ones(3)}, "w is below 0"),
        ({"t": np.array(0)}, "t is below 1"),
        ({"t": b"1"}, "t is no array"),
    ):
        with pytest.raises(ValueError, match=words):
            check({**right, **changes}, schema)
    with pytest.raises(ValueError, match="x is missing"):
        check({}, schema)


def test_readers_of_one_kind_each(tmp_path):
    path = tmp_path / "a"
    np.savez(tmp_path / "a.npz", format=2, x=np.eye(2))
    assert read_npz(tmp_path / "a.npz", RunError, {"x": Array("f", "dd")})["x"].tolist() == [[1, 0], [0, 1]]
    with pytest.raises(RunError, match=r"a\.npz has another format than 1, the one this version reads$"):
        read_npz(tmp_path / "a.npz", RunError, format=1)
    path.write_text(json.dumps({"a": 1}))
    assert read_json(path, DataError) == {"a": 1}
    for text in ("[1]", "{", '{"a": ' + "[" * 100_000):
        path.write_text(text)
        with pytest.raises(DataError, match="a is damaged or cut short"):
            read_json(path, DataError)
    with pytest.raises(FileNotFoundError):
        read_json(tmp_path / "none", DataError)
    path.write_text("a,b\n1,2\n3,inf\n4,")
    assert [column.tolist() for column in read_table(path, ("a", "b"), RunError).values()] == [[1, 3], [2, np.inf]]
    for text in (
        "a,c\n1,2\n",
        "a,b\n1\n",
        "a,b\n1,x\n",
        "a,b\n1,2\x1c\n3\n",
        "",
        "a,b\n\xff,1\n",
        "a,b\n1_0,2\n",
        "a,b\n1, 2\n",
    ):
        path.write_text(text, encoding="latin-1")
        with pytest.raises(RunError, match="a is damaged or cut short"):
            read_table(path, ("a", "b"), RunError)


def test_archives_are_asked_before_they_are_unpacked(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", bytes(2**26 + 1))
    with pytest.raises(ValueError, match="it unpacks to 67108865 bytes, more than 200 times its size and 64 MiB"):
        check_archive(path, path.stat().st_size)
    check_size(2**26, 1)
    check_size(200 * 2**20, 2**20)


def test_an_error_of_ours_stays_and_of_another_kind_becomes_one(tmp_path):
    with pytest.raises(RunError, match=r"^mine$"), decoding(tmp_path / "a", RunError):
        raise RunError("mine")
    damaged = pytest.raises(RunError, match=r"a is damaged or cut short \(other\); begin anew$")
    with damaged, decoding(tmp_path / "a", RunError, "; begin anew"):
        raise DataError("other")
    absent = pytest.raises(RunError, match=r"a cannot be read \(No such file or directory\)$")
    with absent, decoding(tmp_path / "a", RunError):
        (tmp_path / "a").read_bytes()
    with pytest.raises(KeyboardInterrupt), decoding(tmp_path / "a", RunError):
        raise KeyboardInterrupt
