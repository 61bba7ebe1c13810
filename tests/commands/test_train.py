"""swref train: flags, folders, signals and resumption, against the library's own configuration and summary."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from swref.runs import RunFolder
from tests.commands.support import CLI, TINY, invoke, refuse, succeed, write
from tests.runs.support import assert_same_run
from tests.support import run_python, slowness


def test_train_reports_and_counts_its_folders(short_evaluation):
    out = succeed("train", "moons", *TINY)
    assert out.startswith("runs/moons-001: 60 steps in ")
    for line in (
        "generated to held-out data",
        "two halves of the data",
        "training points resampled",
        "untrained to held-out data",
    ):
        assert re.search(rf"^  {line} +\d\.\d+", out, flags=re.MULTILINE)
    assert "hypotheses" not in out
    succeed("train", "moons", *TINY)
    assert Path("runs/moons-002/summary.json").exists()


def test_train_json_is_the_summary(short_evaluation):
    value = json.loads(succeed("train", "moons", *TINY, "--json"))
    assert value.pop("figures") == []
    assert value.pop("folder") == "runs/moons-001"
    assert {**value, "folder": "moons-001"} == json.loads(Path("runs/moons-001/summary.json").read_text())


@pytest.mark.slow
@pytest.mark.parametrize(("target", "seconds"), [("penguins", 60), ("digits", 180)])
def test_the_defaults_learn_the_data(target, seconds):
    """The yardsticks of the run itself: two parts of the real data for penguins; for digits, whose pixels are tied, the
    training half resampled, for the map of ties moves even the untrained network half of the way.

    Limits: within 1.3 of either; times are for two cores.
    """
    result = json.loads(succeed("train", target, "--json"))
    distances = result["distances"]
    assert distances["ratio_to_halves" if target == "penguins" else "ratio_to_resampled"] < 1.3
    assert distances["generated"] < 0.6 * distances["untrained"]
    assert result["warnings"] == []
    assert result["seconds"] < seconds * slowness()
    assert all(Path(path).stat().st_size > 1000 for path in result["figures"])


@pytest.mark.slow
def test_runs_that_start_together_each_get_a_folder():
    line = [*CLI, "train", "moons", *TINY]
    runs = [subprocess.Popen([*line, "--seed", str(seed)], stdout=subprocess.PIPE, text=True) for seed in range(3)]
    shown = [run.communicate(timeout=120)[0].partition(":")[0] for run in runs]
    assert sorted(shown) == [str(Path("runs", f"moons-00{k}")) for k in (1, 2, 3)]
    assert sorted(RunFolder(Path(folder)).config().seed for folder in shown) == [0, 1, 2]


def test_warnings_go_to_stderr(short_evaluation):
    result = invoke("train", "moons", *TINY, "--radius", "0.1", "--json")
    assert "Warning: the loss is stuck high" in result.stderr
    assert json.loads(result.stdout)["warnings"]


def test_resume_says_where_it_goes_on(short_evaluation):
    succeed("train", "moons", *TINY, "--out", "run")
    result = invoke("train", "--resume", "run", "--steps", "70", "--no-figures")
    assert result.stderr.startswith("continuing run from step 60\n")


def test_resume_extends_a_run(short_evaluation):
    succeed("train", "moons", *TINY)
    assert succeed("train", "--resume", "runs/moons-001", "--steps", "80", "--no-figures").startswith(
        "runs/moons-001: 80 steps"
    )


def test_divergence_ends_with_exit_code_1():
    result = invoke("train", "moons", *TINY, "--activation", "identity", "--step", "1e10")
    assert result.exit_code == 1
    assert re.fullmatch(
        r"Error: training diverged at step \d+: [^\n]*smaller step[^\n]*checkpoint\.npz\n", result.stderr
    )


def test_without_matplotlib_training_ends_well_and_says_how_to_get_figures(short_evaluation, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = invoke("train", "moons", *TINY[:-1])
    assert result.exit_code == 0
    assert re.search(r'^No figures: .*pip install "matplotlib>=3\.9"\n', result.stderr)
    assert 'pip install "matplotlib>=3.9"' in refuse("plot", "runs/moons-001")


def test_no_output_overwrites_what_is_read(run, short_evaluation):
    """The inputs of a distance, by their names or a link; the data and the record of a run."""
    write("a.csv", "x,y\n1,2\n3,4\n5,6\n7,9\n")
    write("b.csv", "x,y\n1,2\n3,5\n")
    Path("link.csv").symlink_to("b.csv")
    for file in ("a.csv", "./a.csv", "b.csv", "link.csv"):
        assert "--gradient must be another file than" in refuse("distance", "a.csv", "b.csv", "--gradient", file)
    succeed("train", "a.csv", *TINY, "--out", "run")
    for file in ("a.csv", "run/history.csv"):
        assert "--out must be another file than" in refuse("sample", "run", "-n", "3", "--out", file)
    succeed("distance", "a.csv", "b.csv", "--gradient", "g.csv")
    succeed("distance", "a.csv", "b.csv", "--gradient", "g.csv")  # its own output it may replace


def test_no_figure_overwrites_the_picture_that_was_learned(short_evaluation):
    Path("pictures").mkdir()
    Image.fromarray((255 * np.eye(8)).astype(np.uint8)).save("pictures/samples.png")
    succeed("train", "pictures/samples.png", *TINY, "--out", "run")
    assert "the figure must be another file than" in refuse("plot", "run", "--out", "pictures")
    succeed("plot", "run", "--out", "elsewhere")


def test_a_run_on_files_keeps_their_names_and_is_good_in_every_folder(short_evaluation, monkeypatch):
    """The config keeps no folder of target and source, also of an array in an .npz; names stay names."""
    write("points.csv", "x,y\n1,2\n3,4\n5,6\n7,9\n")
    np.savez("laws.npz", a=np.eye(2), b=np.eye(3))
    succeed("train", str(Path("points.csv").absolute()), "--source", "laws.npz:b", *TINY, "--out", "run")
    config = RunFolder(Path("run")).config()
    assert (config.target, config.source) == ("points.csv", "laws.npz:b")
    assert str(Path.cwd()) not in Path("run/config.toml").read_text()
    Path("elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    assert succeed("sample", "../run", "-n", "3").count("\n") == 4
    assert "65 steps" in succeed("train", "--resume", "../run", "--steps", "65", "--no-figures")
    succeed("train", "--config", "../run/config.toml", "--out", "again", "--no-figures")
    assert_same_run(Path("../run"), Path("again"))
    Path("moons").write_text("")
    succeed("train", "moons", *TINY, "--out", "run")
    assert RunFolder(Path("run")).config().target == "moons"


def test_a_run_that_is_taken_away_asks_for_its_data_only_to_go_on(short_evaluation, monkeypatch):
    """Oracle: the run where it was made, extended and replayed there."""
    write("points.csv", "x,y\n1,2\n3,4\n5,6\n7,9\n")
    write("other.csv", "x,y\n1,2\n3,4\n5,6\n7,8\n")
    succeed("train", "points.csv", *TINY, "--out", "run")
    drawn = succeed("sample", "run", "-n", "3")
    Path("far/away").mkdir(parents=True)
    for name in ("run", "points.csv", "other.csv"):
        Path(name).rename(Path("far/away", name))
    Path("far/run").mkdir()
    Path("far/away/run").rename("far/run")
    assert succeed("sample", "far/run", "-n", "3") == drawn
    assert "samples.png" in succeed("plot", "far/run")
    line = refuse("train", "--resume", "far/run", "--steps", "65", "--no-figures")
    assert line == (
        "Error: far/run needs its target to go on, points.csv, and it is not here: give it, "
        "swref train FILE --resume far/run\n"
    )
    assert "have changed since" in refuse("train", "far/away/other.csv", "--resume", "far/run", "--no-figures")
    assert "no such file" in refuse("train", "--config", "far/run/config.toml", "--out", "again")
    succeed("train", "far/away/points.csv", "--config", "far/run/config.toml", "--out", "again", "--no-figures")
    assert_same_run(Path("far/run"), Path("again"))
    result = invoke("train", "far/away/other.csv", "--config", "far/run/config.toml", "--no-figures")
    assert "holds other data than the run of far/run/config.toml: this is no replay of it" in result.stderr
    Path("points.csv").write_bytes(Path("far/away/other.csv").read_bytes())
    assert "target points.csv holds other data" in refuse("train", "--config", "far/run/config.toml", "--out", "c")
    succeed("train", "far/away/points.csv", "--resume", "far/run", "--steps", "65", "--no-figures")


def test_the_numpy_backend_trains_without_numba():
    """Oracle: sys.modules; from the first step to the distances at the end nothing asks for another backend."""
    script = f"""
import sys
sys.modules["numba"] = None
from swref.commands import main
from swref.runs import evaluation
evaluation.DIRECTIONS = 20
main(["train", "penguins", "--backend", "numpy", *{TINY!r}], standalone_mode=False)
"""
    result = run_python(script, timeout=120)
    assert result.returncode == 0, result.stderr
    assert "generated to held-out data" in result.stdout


def test_a_batch_larger_than_the_data_is_allowed(short_evaluation):
    np.save("few.npy", np.random.default_rng(0).standard_normal((6, 2)))
    succeed("train", "few.npy", "--batch", "50", "--steps", "20", "--no-figures")


TABLE = "kind;a;b\r\nx;0,5;1.234,5\r\nx;1,5;2.345,5\r\ny;NA;3\r\ny;2,5;4\r\ny;4,5;4\r\n"


def test_what_was_guessed_about_a_table_is_said_and_recorded(short_evaluation):
    """Oracle: the reading written here; a replay by the config, and one with every option given, train alike."""
    write("data.txt", TABLE.encode("utf-16"))
    first = invoke("train", "data.txt", *TINY, "--out", "first")
    assert first.exit_code == 0, first.output
    assert first.stderr.splitlines()[:4] == [
        "data.txt: commas are decimal marks: '0,5' is 0.5 (else --decimal .)",
        "data.txt: column 'kind' left out: text",
        "data.txt: 1 of 5 rows left out: missing values ('NA') in column 'a'",
        "data.txt: column 'b': '1.234,5' is 1234.5, with thousands separators (else --decimal .)",
    ]
    config = RunFolder(Path("first")).config()
    assert config.columns == ("a", "b")
    assert (config.sep, config.decimal, config.header, config.encoding) == (";", ",", "yes", "utf-16")
    again = invoke("train", "data.txt", "--config", "first/config.toml", "--no-figures", "--out", "again")
    assert "Note" not in again.stderr
    options = ["--sep", ";", "--decimal", ",", "--header", "--encoding", "utf-16", "--columns", "a,b"]
    succeed("train", "data.txt", *TINY, *options, "--out", "given")
    for name in ("again", "given"):
        assert RunFolder(Path(name)).config() == config
        assert_same_run(Path("first"), Path(name))
    succeed("train", "--resume", "first", "--steps", "70", "--no-figures")


def test_rows_with_missing_values_can_be_refused():
    write("data.txt", TABLE)
    assert "line 4, column 'a': missing value 'NA'" in refuse("train", "data.txt", "--missing", "error")
    assert "missing must be one of drop, any, error" in refuse("train", "data.txt", "--missing", "impute")
    assert "sep is for tables of text" in refuse("train", "moons", "--sep", ";")


def test_a_header_that_is_data(short_evaluation):
    write("years.csv", "1960,1961,1962\n" + 3 * "4.1,4.0,3.9\n5.1,4.5,2.9\n")
    result = invoke("train", "years.csv", *TINY, "--out", "run")
    assert "the first row is taken for names: '1960', '1961', '1962' (else --no-header)" in result.stderr
    assert RunFolder(Path("run")).config().columns == ("1960", "1961", "1962")
    succeed("train", "years.csv", *TINY, "--no-header", "--out", "data")
    config = RunFolder(Path("data")).config()
    assert (config.header, config.columns) == ("no", ("0", "1", "2"))


@pytest.mark.parametrize("name", ["$name$.csv", "mass, kg.csv"])
def test_names_are_no_formulas_and_may_hold_commas(short_evaluation, name):
    write(name, '"mass, kg",$b$,c\n' + "0.5,0.6,1\n1.5,1.6,2\n2.5,0.1,5\n0.2,0.3,4\n")
    out = succeed("train", name, *TINY[:-1], "--columns", "mass, kg,$b$", "--out", "run", "--json")
    assert json.loads(out)["config"]["columns"] == ["mass, kg", "$b$"]


def test_a_name_that_looks_like_a_formula_is_drawn_as_it_is():
    """Oracle: the run ends with its JSON and its figures, and without a word of warning."""
    write("$\\bad$.csv", "大,$\\y$\n1,2\n3,4\n5,1\n2,2\n7,3\n")
    result = invoke("train", "$\\bad$.csv", "--steps", "5", "--json")
    assert result.exit_code == 0, result.output
    assert all(Path(path).stat().st_size > 1000 for path in json.loads(result.stdout)["figures"])
    assert "Warning" not in result.stderr
