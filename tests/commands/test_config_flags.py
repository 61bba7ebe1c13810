"""A flag for every field of the configuration, and which layer wins."""

from __future__ import annotations

import dataclasses
import inspect
from pathlib import Path

import swref
from swref import sgd
from swref.commands import config_flags
from swref.runs import RunFolder, TrainConfig
from tests.commands.support import commands, succeed


def test_a_flag_for_every_field_of_the_configuration():
    fields = {field.name for field in dataclasses.fields(TrainConfig)}
    assert set(config_flags.FLAGS) == fields - {"target", "format", "target_sha256", "source_sha256"}
    for command in (commands()["train"], commands()["sweep"].commands["run"]):
        options = {option for parameter in command.params for option in parameter.opts}
        assert {f"--{name.replace('_', '-')}" for name in config_flags.FLAGS} <= options


def test_flags_reach_the_configuration(short_evaluation):
    values = {
        "columns": ("bill_length_mm", "3"),
        "source": "ball:3",
        "standardize": "global",
        "holdout": 0.25,
        "hidden": (4, 5),
        "activation": "relu",
        "init": "ball",
        "init_radius": 0.5,
        "step": 0.01,
        "batch": 9,
        "steps": 11,
        "directions": 2,
        "scheme": "orthogonal",
        "noise": 0.1,
        "radius": 2.0,
        "schedule": "constant",
        "ties": "map",
        "decay": 100.0,
        "p": 1.5,
        "seed": 3,
        "dtype": "float32",
        "backend": "numpy",
        "blas_threads": 2,
    }
    flags = []
    for name, value in values.items():
        text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
        flags += [f"--{name.replace('_', '-')}", text]
    out = succeed("train", "penguins", "--out", "run", "--no-figures", *flags)
    assert RunFolder(Path("run")).config() == TrainConfig(target="penguins", **values)
    assert out.count("leaves the hypotheses of the theorems") == 3


def test_the_loop_the_call_and_the_command_share_their_names():
    """Oracle: the signature of sgd, whose keywords are fields, of the same defaults, and flags."""
    options = {parameter.name for parameter in commands()["train"].params}
    for name, parameter in inspect.signature(sgd).parameters.items():
        if parameter.kind is parameter.KEYWORD_ONLY and name != "start":
            assert name in options
            default = getattr(TrainConfig, name)
            assert parameter.default in (parameter.empty, default) or (name, default) == ("schedule", "constant")
    assert {"source", "target"} <= options & inspect.signature(swref.train).parameters.keys()


def test_flags_win_over_the_file_and_the_file_over_what_is_chosen(short_evaluation):
    Path("c.toml").write_text('target = "digits"\nsteps = 3\nhidden = [4]\nbatch = 8\n')
    succeed("train", "--config", "c.toml", "--batch", "5", "--out", "run", "--no-figures")
    config = RunFolder(Path("run")).config()
    assert (config.target, config.steps, config.batch, config.directions) == ("digits", 3, 5, 64)
