"""swref distance: the library's loss over the same directions, its mean, root and standard error."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from swref.directions import directions
from swref.inference import two_sample_test
from swref.measures import load_measure
from swref.randomness import stream
from swref.sliced import sw_loss_and_grad, sw_losses
from tests.commands.support import invoke, refuse, succeed, write
from tests.support import run_python, tol


def test_distance_loads_neither_scipy_nor_matplotlib():
    script = (
        "import sys\nfrom swref.commands import main\n"
        "main(['distance', 'moons', 'circles'], standalone_mode=False)\n"
        "print([m for m in ('scipy.stats', 'scipy.special', 'matplotlib') if m in sys.modules])"
    )
    assert run_python(script, timeout=120).stdout.endswith("[]\n")


def test_distance_pairs_columns_by_name():
    """Oracle: the same points with the columns of b in the order of a."""
    write("a.csv", "x,y,z\n1,20,300\n2,10,500\n")
    write("b.csv", "z,y,x\n400,15,1\n200,30,3\n")
    write("c.csv", "x,y,z\n1,15,400\n3,30,200\n")
    values = [json.loads(succeed("distance", "a.csv", other, "--json"))["value"] for other in ("b.csv", "c.csv")]
    assert values[0] == values[1]
    by_index = json.loads(succeed("distance", "a.csv", "b.csv", "--columns", "0,1,2", "--json"))["value"]
    assert by_index != pytest.approx(values[0], rel=0.01)
    write("d.csv", "x,y,w\n1,15,400\n3,30,200\n")
    assert "got x, y, z and x, y, w" in refuse("distance", "a.csv", "d.csv")
    succeed("distance", "a.csv", "d.csv", "--columns", "x, y")
    write("e.csv", "x,x,y\n1,15,400\n")
    write("f.csv", "x,y,x\n1,15,400\n")
    assert "got x, x, y and x, y, x" in refuse("distance", "e.csv", "f.csv")


def test_distance_is_that_of_the_library():
    """Oracle: sw_losses on the same points and directions, their mean, its root, and their standard error."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((30, 3)), rng.standard_normal((20, 3)) + 1
    np.save("x.npy", x)
    np.save("y.npy", y)
    out = json.loads(succeed("distance", "x.npy", "y.npy", "--p", "1.5", "--directions", "50", "--seed", "4", "--json"))
    losses = sw_losses(x, y, directions(stream(4, "directions"), 50, 3), p=1.5)
    assert out["value"] == pytest.approx(losses.mean(), rel=tol(np.float64, 50))
    assert out["standard_error"] == pytest.approx(losses.std(ddof=1) / 50**0.5, rel=tol(np.float64, 50))
    assert out["distance"] == pytest.approx(losses.mean() ** (1 / 1.5), rel=tol(np.float64, 50))
    assert (out["n"], out["m"], out["dim"], out["scheme"]) == (30, 20, 3, "uniform")


def test_distance_of_the_same_data_is_zero_and_shows_its_error():
    text = succeed("distance", "penguins", "penguins")
    assert re.match(r"SW_p\^p +0 +\(standard error 0 of the directions, 0 with that of the samples; p = 2, L = 1", text)
    assert "\nSW_p    0 " in text
    assert "test of one law: p-value 1 +- 0 (999 permutations, 100 directions)" in text


def test_dependent_directions_have_no_standard_error():
    arguments = ["distance", "moons", "circles", "--scheme", "grid", "--directions", "16"]
    assert json.loads(succeed(*arguments, "--json"))["standard_error"] is None
    assert "the directions are dependent" in succeed(*arguments)
    assert "one direction has no spread" in succeed("distance", "moons", "circles", "--directions", "1")


@pytest.mark.parametrize("file", ["g.npy", "g.csv"])
def test_gradient_file(file):
    succeed("distance", "penguins", "penguins", "--columns", "0,2", "--gradient", file)
    rng = np.random.default_rng(0)
    np.save("x.npy", rng.standard_normal((6, 2)))
    np.save("y.npy", rng.standard_normal((6, 2)))
    succeed("distance", "x.npy", "y.npy", "--gradient", file, "--directions", "9")
    gradient = np.load(file) if file.endswith("npy") else load_measure(file).points
    theta = directions(stream(0, "directions"), 9, 2)
    expected = sw_loss_and_grad(np.load("x.npy"), np.load("y.npy"), theta)[1]
    np.testing.assert_allclose(gradient, expected, rtol=tol(np.float64, 9), atol=1e-15)


def test_numpy_backend_gives_the_same_distance():
    values = [json.loads(succeed("distance", "moons", "circles", "--backend", b, "--json")) for b in ("numpy", "cpu")]
    assert values[0]["value"] == pytest.approx(values[1]["value"], rel=tol(np.float64, 1000))


def test_not_enough_memory_is_one_line(monkeypatch):
    def too_large(*arguments, **options):
        raise MemoryError("Unable to allocate 9 PiB")

    monkeypatch.setattr("swref.distance.distance_between", too_large)
    assert refuse("distance", "moons", "circles", code=1) == "Error: not enough memory: Unable to allocate 9 PiB\n"


def test_a_power_beyond_the_range_of_floats_has_a_distance():
    """Oracle: two points on the line, 54 apart."""
    write("a.csv", "x\n54\n")
    write("b.csv", "x\n0\n")
    output = succeed("distance", "a.csv", "b.csv", "--p", "200")
    assert "SW_p^p  inf   (no standard error: the power is beyond the range of floats" in output
    assert "SW_p    54 " in output
    record = json.loads(succeed("distance", "a.csv", "b.csv", "--p", "200", "--json"))
    assert (record["value"], record["standard_error"]) == (None, None)
    assert record["distance"] == pytest.approx(54, rel=1e-14)


def test_the_test_is_that_of_the_library():
    """Oracle: two_sample_test with the options of the command."""
    rng = np.random.default_rng(0)
    np.save("x.npy", rng.standard_normal((30, 3)))
    np.save("y.npy", rng.standard_normal((20, 3)) * 5)
    options = ("--p", "1.5", "--seed", "4", "--standardize", "global", "--permutations", "99", "--json")
    record = json.loads(succeed("distance", "x.npy", "y.npy", *options))
    test = two_sample_test(
        np.load("x.npy"), np.load("y.npy"), p=1.5, seed=4, standardize="global", permutations=99
    ).to_dict()
    assert record["test"] == json.loads(json.dumps(test))
    assert record["distance"] == pytest.approx(test["distance"], rel=0.05)  # over ten times as many directions


def test_the_lines_say_which_uncertainty_is_which():
    text = succeed("distance", "moons", "circles", "--permutations", "99")
    for pattern in (
        r"standard error 0\.\d+ of the directions, 0\.\d+ with that of the samples",
        r"less what sampling adds: SW_p\^p 0\.\d+ between the laws",
        r"two halves of A: SW_p 0\.\d+; of B: 0\.\d+",
        r"if both were of one law: SW_p 0\.\d+, in 5 of 100 cases above 0\.\d+",
        r"test of one law: p-value 0\.01 \+- 0\.0\d+ \(99 permutations, 100 directions\)",
    ):
        assert re.search(pattern, text), text
    assert "test" not in succeed("distance", "moons", "circles", "--permutations", "0")
    assert "what sampling adds is not taken off: only for p = 2" in succeed("distance", "moons", "circles", "--p", "1")


def test_columns_that_one_table_lacks_numbers_in_are_left_out_of_both():
    """Oracle: the distance of the columns by hand. A constant column counts: it may be another constant there."""
    write("a.csv", ",x,y,z,w\n0,1,2,5,1\n1,3,4,5,2\n2,5,7,5,4\n")
    write("b.csv", ",x,y,z,w\n7,1,2,6,a\n8,3,4,6,b\n9,5,7,6,c\n")
    result = invoke("distance", "a.csv", "b.csv", "--json", "--directions", "2")
    assert result.stderr.splitlines() == [
        "a.csv: column 0 (counted from 0) left out: the index (else --columns)",
        "a.csv: column 'w' left out, as in b.csv",
        "b.csv: column 0 (counted from 0) left out: the index (else --columns)",
        "b.csv: column 'w' left out: text",
    ]
    assert json.loads(result.stdout)["notes"] == result.stderr.splitlines()
    write("c.csv", "x,y,z\n1,2,5\n3,4,5\n5,7,5\n")
    write("d.csv", "x,y,z\n1,2,6\n3,4,6\n5,7,6\n")
    same = invoke("distance", "c.csv", "d.csv", "--json", "--directions", "2")
    assert json.loads(result.stdout)["value"] == json.loads(same.stdout)["value"] > 0
    assert same.stderr == ""


def test_the_flags_of_tables():
    write("a.csv", "a;b\n0,5;1\n1,5;2\n")
    write("b.csv", "a;b\n5;1\n15;2\n")
    assert "SW_p    0 " not in succeed("distance", "a.csv", "b.csv", "--permutations", "0")
    write("c.txt", "0.5 1\n1.5 2\n")
    assert "SW_p    0 " in succeed("distance", "a.csv", "c.txt", "--permutations", "0")
    assert "no column of numbers" in refuse("distance", "a.csv", "c.txt", "--sep", "|")


@pytest.mark.slow
def test_distance_keeps_large_files_on_disk(monkeypatch):
    """Oracle: the same data held in memory."""
    from swref.distributed import named

    rng = np.random.default_rng(0)
    np.save("a.npy", rng.normal(size=(900, 2)))
    np.save("b.npy", rng.normal(size=(800, 2)) + 1)
    arguments = ("distance", "a.npy", "b.npy", "--directions", "50")
    held = json.loads(succeed(*arguments, "--json"))
    exact = json.loads(succeed(*arguments, "--tier", "exact", "--json"))
    assert held["value"] == exact["value"] == exact["lower"] == exact["upper"]
    assert held["standard_error"] == exact["standard_error"]
    monkeypatch.setattr(named, "free_memory", lambda: 200_000)
    found = json.loads(succeed(*arguments, "--json"))
    assert found["lower"] <= held["value"] <= found["upper"]
    assert found["tier"] == "certified"
    result = invoke(*arguments, "--tolerance", "1e-12")
    assert result.stderr.startswith(
        "--tier certified, for the data are 2.72e-05 GB as numbers, more than an eighth of the"
    )
    assert re.search("between [0-9.]+ and [0-9.]+, proven", result.stdout)
    assert "which is more than 1e-12 of it apart" in result.stdout
