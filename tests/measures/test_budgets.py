"""What files of a few kB may cost: oracle, the memory of a process under a limit, and its clock."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import struct
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from swref.decoding import LEAST

MORE, SECONDS = 5 * LEAST, 8.0  # of address space for all, of computing for one
COUNT = LEAST // 8 + 1  # numbers that are too many
READ = f"""
import importlib, json, resource, sys, time
import swref.measures.tables.reader
from swref.measures import load_measure

def kib(name):
    with open("/proc/self/status") as lines:
        return int(next(line for line in lines if line.startswith(name)).split()[1])

for name in ("PIL.Image", "pyarrow.feather", "pyarrow.parquet") if len(sys.argv) > 13 else ():
    importlib.import_module(name)
most = 1024 * kib("VmSize") + {MORE}
resource.setrlimit(resource.RLIMIT_AS, (most, most))
for path in sys.argv[1:]:
    start = time.process_time()
    try:
        said = repr(load_measure(path))
    except Exception as error:
        said = f"{{type(error).__name__}}: {{error}}"
    print(json.dumps([said, time.process_time() - start]), flush=True)
"""


def npy(array: np.ndarray) -> bytes:
    content = io.BytesIO()
    np.save(content, array)
    return content.getvalue()


def files(folder: Path) -> Iterator[tuple[str, str]]:
    """Names, and a part of what is said of each."""
    mib = {letter: gzip.compress(letter.encode() * 2**20, 1) for letter in "\0,\na"}  # may stand in a row
    head = gzip.compress(b"\0\0\x08\x02" + struct.pack(">2I", 1, 80 * 2**20))
    header = b"(" * 4800 + b")" * 4800
    too_much = "bytes, more than 200 times its size and 64 MiB"
    for name, content, said in (
        ("one.idx2-ubyte.gz", head + 80 * mib["\0"], too_much),
        ("table.csv.gz", 70 * gzip.compress(b"1\n" * 2**19, 1), "unpacks to more than 200 times its size and 64 MiB"),
        ("cells.csv.gz", 8 * mib[","], "line 1: a row of more than 4194304 characters"),
        ("line.csv.gz", 60 * mib["a"], "line 1: a row of more than 4194304 characters"),
        ("blank.csv.gz", 30 * mib["\n"], "no table begins in its first 100000 lines"),
        ("wide.csv", 2 * (b"1" + b",1" * 100_000 + b"\n"), "line 1: 100001 cells, and 100000 are the most"),
        ("quoted.csv", b"a,b\n" + 300 * b"1,2\n" + b'1,"' + b'\n","' * 2**20, "a row of more than 4194304 characters"),
        ("digits.csv", b"a\n" + b"1" * 130_000 + b"x\n2\n3\n", "Discrete(m=2, "),
        ("ruler.csv", b"a b\n" + b"-" * 130_000 + b"x 1\n2 3\n4 5\n", "Discrete(m=3, "),
        (
            "dictionary.csv.xz",
            lzma.compress(b"a\n1\n2\n", filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 2**30}]),
            "takes more memory than there is",
        ),
        ("deep.npy", b"\x93NUMPY\x02\0" + struct.pack("<I", 9600) + header, "nested deeper than any"),
        ("bytes.npy", npy(np.zeros((COUNT, 1), np.int8)), f"Discrete(m={COUNT}, "),  # for there are as many in the file
    ):
        (folder / name).write_bytes(content)
        yield name, said
    with zipfile.ZipFile(folder / "bytes.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("x.npy", npy(np.zeros((COUNT, 1), np.int8)))
    yield "bytes.npz", too_much
    image = pytest.importorskip("PIL.Image").new("L", (3000, 3000))
    for suffix in ("png", "tif"):
        image.save(folder / f"a.{suffix}", **({"compression": "tiff_adobe_deflate"} if suffix == "tif" else {}))
        yield f"a.{suffix}", "3000 x 3000 pixels, and"
    pa = pytest.importorskip("pyarrow")
    from pyarrow import feather, parquet

    small, floats = pa.array(np.zeros(COUNT, np.int8)), pa.array(np.zeros(COUNT))
    parquet.write_table(pa.table({"a": small}), folder / "rows.parquet")
    parquet.write_table(pa.table({"a": pa.ListArray.from_arrays([0, COUNT], small)}), folder / "lists.parquet")
    parquet.write_table(pa.table({"a": np.arange(999.0), "b": ["x" * 2**19] * 999}), folder / "text.parquet")
    feather.write_feather(pa.table({"a": floats}), str(folder / "floats.feather"), compression="zstd")
    feather.write_feather(pa.table({"a": small}), str(folder / "bytes.feather"), compression="zstd")
    yield from dict.fromkeys(("rows.parquet", "floats.feather", "bytes.feather"), too_much).items()
    yield "lists.parquet", "no column of numbers in it"
    yield "text.parquet", "Discrete(m=999, dim=1, uniform, names=('a',))"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the memory of a process is read from /proc")
@pytest.mark.slow
def test_a_small_file_takes_little(tmp_path):
    cases = dict(files(tmp_path))
    words = [sys.executable, "-W", "ignore", "-c", READ, *(str(tmp_path / name) for name in cases)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(cases), done.stderr[-500:]
    for (name, expected), (said, seconds) in zip(cases.items(), answers, strict=True):
        assert said.startswith(("DataError: ", "QuoteError: ")) or expected.startswith("Discrete"), (name, said)
        assert expected in said, (name, said)
        assert seconds < SECONDS, (name, seconds)
