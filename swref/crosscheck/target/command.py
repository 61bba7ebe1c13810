"""A loss in any language: a program that reads one .npz and writes another.

    PROGRAM INPUT.npz OUTPUT.npz

INPUT.npz is an uncompressed ZIP of .npy files (version 1.0, little-endian, C order), all float64 or all float32:
x.npy [n, d], y.npy [m, d], theta.npy [L, d] (or [d, L] under --directions dl), p.npy [], and, for cases with weights,
x_weights.npy [n], y_weights.npy [m]. OUTPUT.npz holds value.npy [] and, optionally, dx.npy [n, d] and dy.npy [m, d]. An
exit code other than 0 is an exception whose message is the last three lines of stderr.
"""

from __future__ import annotations

import io
import shlex
import subprocess
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from swref.crosscheck.adapter import Adapter, Evaluation
from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.observation import TargetError
from swref.decoding import read_npz
from swref.errors import DataError


def plain_npz(arrays: dict[str, np.ndarray]) -> bytes:
    """An .npz whose local headers state the sizes: readable front to back, without the ZIP's central directory.

    >>> with np.load(io.BytesIO(plain_npz({"x": np.ones(2)}))) as file:
    ...     file["x"].tolist()
    [1.0, 1.0]
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.array(array, order="C"), version=(1, 0), allow_pickle=False)
            archive.writestr(f"{name}.npy", member.getvalue())
    return out.getvalue()


class CommandAdapter(Adapter):
    """A program, given as one line of shell words (no shell runs it), called once for each case."""

    repeats = 1  # each call is a process of its own

    def __init__(self, command: str, convention: Convention, gradient: str = "function"):
        self.words = shlex.split(command)
        self.name, self.convention = f"command:{command}", convention
        self.has_gradient = gradient != "none"

    def evaluate(self, inputs: Inputs, gradient: bool) -> Evaluation:
        """Write, run, read."""
        arrays = {"x": inputs.x, "y": inputs.y, "theta": self.convention.theta(inputs.theta)}
        arrays["p"] = np.asarray(inputs.p, dtype=inputs.dtype)
        for name, w in (("x_weights", inputs.x_weights), ("y_weights", inputs.y_weights)):
            if not inputs.uniform:
                size = inputs.n if name == "x_weights" else inputs.m
                arrays[name] = np.full(size, 1 / size, inputs.dtype) if w is None else w
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder) / "input.npz", Path(folder) / "output.npz"
            source.write_bytes(plain_npz(arrays))
            done = subprocess.run([*self.words, str(source), str(target)], capture_output=True, text=True, check=False)
            if done.returncode != 0:
                lines = " / ".join(line.strip()[:200] for line in done.stderr.strip().splitlines()[-3:])
                raise TargetError(f"the program ended with exit code {done.returncode}: {lines}")
            return _read(target)


def _read(path: Path) -> Evaluation:
    try:
        answer = read_npz(path, DataError)
    except DataError as error:
        raise TargetError(f"the program must write an .npz of plain arrays: {error}") from None
    if "value" not in answer:
        raise TargetError(f"the program must write the array value, got {', '.join(answer) or 'nothing'}")
    return Evaluation(*(answer.get(name) for name in Evaluation._fields))
