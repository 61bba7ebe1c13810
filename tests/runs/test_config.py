"""Configurations: TOML and back, layers, wrong values by name, departures from the theorems."""

from __future__ import annotations

import dataclasses
import math

import pytest

from swref.errors import DataError, InputError, InputTypeError
from swref.measures.reading import TableOptions
from swref.runs import TrainConfig


def test_toml_round_trip_of_every_field(tmp_path):
    """Oracle: the config that was written, with texts that need escaping, infinities, integers as floats."""
    config = TrainConfig(
        target='odd "name"\\\t\x7f é.csv', columns=("a,b", "3"), hidden=(), step=1e-05, decay=1e16, noise=3, seed=2**70
    )
    (tmp_path / "config.toml").write_text(config.to_toml(), encoding="utf-8")
    assert TrainConfig.from_values(TrainConfig.read(tmp_path / "config.toml")) == config
    assert set(TrainConfig.read(tmp_path / "config.toml")) == {field.name for field in dataclasses.fields(config)}


def test_later_layers_win_over_earlier_ones():
    config = TrainConfig.from_values({"target": "digits", "steps": 5, "step": 0.5}, {"steps": 7})
    assert (config.steps, config.step) == (7, 0.5)


def test_unknown_key_comes_with_the_nearest_name():
    with pytest.raises(InputError, match="'stpes'; did you mean 'steps'"):
        TrainConfig.from_values({"stpes": 3})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("steps", "100"),
        ("steps", 1.5),
        ("steps", True),
        ("step", "0.1"),
        ("target", 3),
        ("hidden", 64),
        ("hidden", "64"),
        ("hidden", [64.5]),
        ("columns", 3),
        ("seed", 0.5),
        ("dtype", 64),
    ],
)
def test_wrong_types_are_refused_by_name(key, value):
    with pytest.raises((InputTypeError, InputError), match=rf"^{key}"):
        TrainConfig.from_values({key: value})


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("step", 0, "step must be > 0"),
        ("step", math.inf, "step must be finite"),
        ("radius", -1.0, "radius must be > 0"),
        ("batch", 0, "batch must be >= 1"),
        ("steps", 0, "steps must be >= 1"),
        ("directions", 0, "directions must be >= 1"),
        ("noise", -0.1, "noise must be >= 0"),
        ("p", 0.9, "p must be >= 1"),
        ("seed", -1, "seed must be >= 0"),
        ("holdout", 1.0, "holdout must be between 0 and 1"),
        ("hidden", [0], r"hidden\[0\] must be >= 1"),
        ("init_radius", 1.0, r"init_radius \(--init-radius\) is for init ball"),
        ("init", "ball", r"init ball .* needs a finite init_radius \(--init-radius R0\)"),
        ("activation", "than", "did you mean 'tanh'"),
        ("scheme", "unifrom", "did you mean 'uniform'"),
        ("backend", "cud", "backend must be one of"),
        ("dtype", "float16", "dtype must be one of"),
        ("standardize", "columns", "did you mean 'column'"),
        ("schedule", "linaer", "did you mean 'linear'"),
        ("format", 2, "format must be 1"),
        ("target", "caf\udce9.csv", "must be text that UTF-8 can write"),
    ],
)
def test_bad_values_are_refused_by_name(key, value, message):
    with pytest.raises(InputError, match=message):
        TrainConfig.from_values({key: value})


@pytest.mark.parametrize("text", ["steps = ", "steps 100", "[unclosed", "steps = 1\nsteps = 2"])
def test_bad_toml_names_the_file_and_the_line(tmp_path, text):
    path = tmp_path / "bad.toml"
    path.write_text(f"# a comment\n{text}\n")
    with pytest.raises(DataError, match=r"bad\.toml: not a TOML file .*line [23]"):
        TrainConfig.read(path)


def test_missing_and_binary_toml(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        TrainConfig.read(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="not a TOML file"):
        TrainConfig.read(tmp_path / "binary.toml")


def test_departures_name_what_leaves_the_theorems():
    assert TrainConfig(noise=1.0, radius=3.0).departures() == []
    decreasing, dependent = TrainConfig(decay=10.0, scheme="sobol").departures()
    assert "decreases" in decreasing
    falling, mean = TrainConfig(schedule="linear", directions=7).departures()
    assert "falls to 0" in falling
    assert "same F" in mean
    assert "sobol" in dependent


def test_keywords_of_load_measure_are_fields():
    """A truth value for header, a text for columns, as load_measure takes them; the same options come out."""
    config = TrainConfig(target="a.csv", header=False, columns="mass, kg", sep="tab")
    assert config.table_options() == TableOptions.of(columns="mass, kg", header=False, sep="\t")
    assert config.columns == ("mass, kg",)
    with pytest.raises(InputError, match=r"^sep must be one character"):
        TrainConfig(sep="ab")


def test_what_is_left_to_a_guess_is_not_in_the_digest():
    """So that runs of before there were such fields go on; what is given is."""
    digests = {TrainConfig(**values).digest() for values in ({}, {"sep": ";"}, {"missing": "error"}, {"header": "no"})}
    assert len(digests) == 4


def test_younger_fields_are_in_no_digest_of_an_older_run():
    """Oracle: a digest written before there was a schedule."""
    assert TrainConfig().digest() == "48ef453e5eaa5e98bd470be40794b3a7be5f248e14ede2086563e6e0867b939c"
    assert TrainConfig(schedule="linear").digest() != TrainConfig(schedule="linear", steps=5).digest()
    assert TrainConfig().digest() == TrainConfig(steps=5).digest()
