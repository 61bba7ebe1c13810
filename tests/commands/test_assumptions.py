"""swref assumptions: a table, and the record of the library as JSON."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

from swref.errors import InputError
from tests.theory.assumptions.verdicts import POINTS


def command(*arguments: str):
    from swref.commands.assumptions import assumptions

    return CliRunner().invoke(assumptions, list(arguments), catch_exceptions=False)


def test_command_shows_a_table_and_json():
    """Oracle: the library, on the default problem with a Gaussian source."""
    shown = command("moons", "--hidden", "8", "--activation", "relu")
    assert shown.exit_code == 0
    lines = shown.output.splitlines()
    assert [line.split()[:2] for line in lines[:7]] == [
        *(["A1", "holds"], ["A2", "fails"], ["A3", "fails"], ["A4", "fails"]),
        *(["A5", "fails"], ["A6", "fails"], ["A7", "holds"]),
    ]
    record = json.loads(command("moons", "--hidden", "8", "--activation", "relu", "--json").stdout)
    assert [f["verdict"] for f in record["assumptions"]] == [line.split()[1] for line in lines[:7]]
    assert record["theorem"] == "neither"


def test_command_takes_cut_offs_and_a_config_file(tmp_path):
    points = tmp_path / "points.csv"
    np.savetxt(points, POINTS.points, delimiter=",")
    config = tmp_path / "config.toml"
    config.write_text(f'target = "{points}"\nsource = "{points}"\nnoise = 0.1\nradius = 20.0\nhidden = [4]\n')
    record = json.loads(command("--as-in-paper", "--config", str(config), "--cut-off", "30,5,1", "--json").stdout)
    assert record["theorem"] == "Theorems 1 and 2"
    assert record["step_ratio"]["printed"] > record["step_ratio"]["sharp"]
    shown = command("--as-in-paper", "--config", str(config), "--cut-off", "30,5,1", "--decay", "100").output
    assert "decreas" in shown
    assert "neither" in shown
    with pytest.raises(InputError, match="eps must be below r_u"):
        command("--config", str(config), "--cut-off", "1,5,2")
