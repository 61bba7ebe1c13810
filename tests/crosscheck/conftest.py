"""Targets that misbehave, each in its own way."""

from __future__ import annotations

import pytest

BAD_TARGETS = """
import os, sys, time
import numpy as np

def raises(x, y, theta):
    raise RuntimeError("no such thing")

def hangs(x, y, theta):
    time.sleep(60)

def dies(x, y, theta):
    os._exit(7)

def prints(x, y, theta):
    print("to stdout")
    sys.stdout.flush()
    return np.mean((np.sort(x @ theta.T, axis=0) - np.sort(y @ theta.T, axis=0)) ** 2)

def wrong_shape(x, y, theta):
    return np.ones(3)

def wrong_type(x, y, theta):
    return "12"

def is_complex(x, y, theta):
    return 1j

def nan(x, y, theta):
    return float("nan")

def transposed_gradient(x, y, theta):
    return prints(x, y, theta), x.T

def half_gradient(x, y, theta):
    return prints(x, y, theta), x.astype(np.float32)

def no_pair(x, y, theta):
    return prints(x, y, theta)
"""


@pytest.fixture
def bad_targets(tmp_path):
    path = tmp_path / "bad_targets.py"
    path.write_text(BAD_TARGETS)
    return path
