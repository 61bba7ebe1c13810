"""The frame of the experiments: settings, statistics, records, the pool, folders, pages and the command."""

from __future__ import annotations

import io
import itertools
import json
import math
import multiprocessing
import os
import re
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from swref import experiments
from swref.commands import main
from swref.commands.progress import PartsBar
from swref.errors import InputError, InputTypeError, RunError, SwrefError
from swref.experiments.critical import Config as CriticalConfig
from swref.experiments.flow import Config as FlowConfig
from swref.experiments.frame import folder as runner
from swref.experiments.frame.pool import Pool
from swref.experiments.frame.record import Record
from swref.experiments.frame.samples import Sample
from swref.experiments.frame.seeds import derived_seed
from swref.experiments.frame.settings import Settings
from swref.experiments.frame.statistics import Estimate, bootstrap, paired_difference, power_law, wilson
from swref.experiments.frame.tables import Table
from swref.experiments.frame.verdict import Verdict, above, below, within
from swref.plots import formula_svg
from tests.support import run_python

NAMES = list(experiments.EXPERIMENTS)
TINY = {
    "points": 4,
    "hidden": 2,
    "batch": 2,
    "alphas": (0.5, 0.25),
    "variant_alphas": (0.5, 0.25),
    "repeats": 3,
    "variant_repeats": 2,
    "k_max": 2,
    "etas": (0.3, 0.4, 0.5),
}


def test_settings_refuse_what_is_wrong_and_name_it():
    with pytest.raises(InputError, match=r"configuration key must be one of .*, got 'repeat'; did you mean 'repeats'"):
        FlowConfig.of({"repeat": 3})
    with pytest.raises(InputError, match="noise must be >= 0, got -1"):
        FlowConfig(noise=-1.0)
    with pytest.raises(InputError, match="alphas must hold at least one value"):
        FlowConfig(alphas=())
    with pytest.raises(InputTypeError, match="repeats must be an integer"):
        FlowConfig(repeats=2.5)


@pytest.mark.parametrize(
    ("config", "values", "words"),
    [
        (FlowConfig, {"alphas": (0.0, 0.1)}, "alphas must be at least two different numbers > 0"),
        (FlowConfig, {"variant_alphas": (0.1, 0.1)}, "variant_alphas must be at least two different"),
        (FlowConfig, {"repeats": 1}, "repeats must be >= 2"),
        (FlowConfig, {"k_max": 0}, "k_max must be >= 1"),
        (FlowConfig, {"etas": tuple(range(1, 9))}, "etas must be at most 7 numbers, got 8"),
        (FlowConfig, {"k_max": 1}, r"etas must be above 2\^-k_max \+ delta = 0.501"),
        (FlowConfig, {"share_below": 7.0}, "share_below must be between 0 and 1, got 7"),
        (FlowConfig, {"start_norm": 20.0}, r"radius must be at least start_norm \+ start_radius = 20.1, got 2.15"),
        (CriticalConfig, {"radii": (5.0,)}, r"radii must be two numbers in \]0, 7.5\]"),
        (CriticalConfig, {"radii": (5.0, 9.0)}, r"radii must be two numbers in \]0, 7.5\]"),
        (CriticalConfig, {"late": 0}, "late must be >= 1"),
        (CriticalConfig, {"tolerance": 0.0}, "tolerance must be > 0"),
        (CriticalConfig, {"horizon": 0.5}, "horizon must be >= 12"),
        (CriticalConfig, {"horizon": math.inf}, "horizon must be finite"),
    ],
)
def test_recipes_refuse_what_they_cannot_run(config, values, words):
    with pytest.raises(InputError, match=words):
        config(**values)


def test_settings_survive_toml(tmp_path):
    """TOML is read back by the standard library: every field of every experiment, infinite ones too."""
    from swref.runs.fields import read_toml

    for name in NAMES:
        for mode in runner.MODES:
            config = runner.settings(name, mode)
            path = tmp_path / f"{name}-{mode}.toml"
            path.write_text(config.to_toml())
            assert type(config).of(read_toml(path)) == config


def test_wilson_solves_the_score_equation():
    """Oracle: the ends are where the score test of the share is rejected at exactly the level 0.05."""
    estimate = wilson(7, 40)
    for end in (estimate.low, estimate.high):
        z = (7 / 40 - end) / math.sqrt(end * (1 - end) / 40)
        assert abs(abs(z) - 1.959963984540054) < 1e-9
    assert (wilson(0, 10).low, wilson(10, 10).high) == (0.0, 1.0)
    assert wilson(0, 73).high < 0.05 < wilson(0, 72).high  # the number of repeats that --full rests on


def test_bootstrap_interval_of_a_normal_mean_is_near_the_exact_one():
    """Oracle: mean +- 1.96 s/sqrt(R), to 10 % of its width at R = 400."""
    samples = np.random.default_rng(0).standard_normal(400)
    estimate = bootstrap(samples, seed=1)
    half = 1.96 * samples.std(ddof=1) / 20
    assert estimate.value == samples.mean()
    assert abs(estimate.low - (samples.mean() - half)) < 0.2 * half
    assert abs(estimate.high - (samples.mean() + half)) < 0.2 * half
    assert bootstrap(samples, seed=1) == estimate
    assert paired_difference(samples + 1.0, samples, seed=2).value == pytest.approx(1.0)
    with pytest.raises(InputError, match="at least 2"):
        bootstrap([1.0], seed=0)


def test_power_law_finds_the_exponent_through_noise():
    """Oracle: samples x^0.5 e^xi with known exponent."""
    rng = np.random.default_rng(3)
    x = np.array([0.01, 0.03, 0.1, 0.3])
    samples = x**0.5 * np.exp(0.1 * rng.standard_normal((200, 4)))
    estimate = power_law(x, samples, seed=0)
    assert estimate.low < 0.5 < estimate.high
    assert estimate.high - estimate.low < 0.05


def test_derived_seeds_differ():
    keys = [key for k in range(4) for key in itertools.product(range(5), repeat=k)]
    seeds = {derived_seed(s, *key) for s in (0, 1, 2**32) for key in keys}
    assert len(seeds) == 3 * len(keys)


@pytest.mark.parametrize(
    ("low", "high", "outcome"), [(1.1, 1.3, "agree"), (0.7, 0.9, "disagree"), (0.9, 1.1, "undecided")]
)
def test_verdicts_are_decided_by_the_whole_interval(low, high, outcome):
    estimate = Estimate((low + high) / 2, low, high, "given")
    mirrored = Estimate(-(low + high) / 2, -high, -low, "given")
    assert above("c", estimate, 1.0).outcome == outcome
    assert below("c", mirrored, -1.0).outcome == outcome
    assert within("c", estimate, 1.0, 9.0).outcome == outcome
    bounded = below("c", mirrored, -1.0, upper_bound=True).outcome
    assert bounded == ("agree" if outcome == "agree" else "undecided")


def test_records_are_read_as_they_were_written(tmp_path):
    estimate = Estimate(1.0, -math.inf, math.inf, "m")
    verdict = Verdict("", estimate, "k", "undecided", {}, "c", "s", "seen")
    table = Table.of_rows("T", {"scheme": "", "s": "s", "value": "1"}, [("a", 1.0, 0.1), ("b", 2.0, math.nan)])
    sample = Sample(np.eye(2), {"r": ("1", "none"), "a": (0.5, math.inf)})
    record = Record(
        [verdict], {"t": table}, ["t"], {"s": sample}, {"E": np.eye(3)}, {"n": 3, "slope": estimate},
        {"radius": math.inf, "seed": 0}, "sum", ["note"],
    )  # fmt: skip
    record.write(tmp_path)
    again = Record.read(tmp_path)
    assert again.config == {"radius": math.inf, "seed": 0}
    assert list(again.verdicts) == [verdict]
    assert (again.summary, again.shown, again.notes) == ("sum", ["t"], ["note"])
    assert again.facts == {"n": 3, "slope": estimate}
    assert again.tables["t"].column("scheme").tolist() == ["a", "b"]
    np.testing.assert_array_equal(again.tables["t"].column("value"), table.column("value"))
    np.testing.assert_array_equal(again.samples["s"].values, np.eye(2))
    assert again.samples["s"].axes == sample.axes
    np.testing.assert_array_equal(again.arrays["E"], np.eye(3))
    assert (tmp_path / "t.csv").read_text().splitlines()[0] == "scheme,s [s],value [1]"
    described = json.loads((tmp_path / "record.json").read_text())
    (tmp_path / "record.json").write_text(json.dumps({**described, "format": 1}))
    with pytest.raises(RunError, match=r"of format 1, and this version of swref reads 2: remove the folder"):
        Record.read(tmp_path)
    (tmp_path / "record.json").write_text(json.dumps(described))
    (tmp_path / "record.npz").write_bytes(b"PK")
    with pytest.raises(RunError, match="damaged or cut short"):
        Record.read(tmp_path)


def test_tables_refuse_columns_of_different_lengths():
    with pytest.raises(InputError, match="one length"):
        Table("T", {"a": ("1", [1.0]), "b": ("1", [1.0, 2.0])})


def part(x: float, folder: str | None = None) -> dict[str, np.ndarray]:
    """A part that notes its call."""
    if folder is not None:
        Path(folder, f"called-{x:g}-{os.getpid()}-{np.random.default_rng().integers(2**60)}").touch()
    if x < 0:
        raise ValueError("negative")
    if x > 100:
        os._exit(3)
    rng = np.random.default_rng(int(x))
    return {"y": rng.standard_normal((40, 40)) @ rng.standard_normal(40), "x": x}


@pytest.mark.parametrize("workers", [1, 2])
def test_parts_are_kept_and_not_computed_again(tmp_path, workers):
    calls, kept = tmp_path / "calls", tmp_path / "parts"
    calls.mkdir()
    arguments = [(float(x), str(calls)) for x in (1, 2, 3, -1)]
    with pytest.raises(ValueError, match="negative"), Pool(workers, kept) as pool:
        pool.map("stage", part, arguments)
    done = len(list(kept.iterdir()))
    arguments[3] = (4.0, str(calls))
    told = []
    with Pool(workers, kept, lambda *progress: told.append(progress)) as pool:
        parts = pool.map("stage", part, arguments)
    assert told[0] == ("stage", done, 4)
    assert told[-1] == ("stage", 4, 4)
    assert len(list(kept.iterdir())) == 4
    for x, found in zip((1.0, 2.0, 3.0, 4.0), parts, strict=True):
        np.testing.assert_array_equal(found["y"], part(x)["y"])
    if workers == 1:
        assert sorted(path.name.split("-")[1] for path in calls.iterdir() if path.name[7] != "-") == list("1234")


def test_a_worker_that_is_killed_is_one_clear_error(tmp_path):
    with pytest.raises(RunError, match="worker process was killed"), Pool(2, tmp_path) as pool:
        pool.map("stage", part, [(1.0,), (200.0,)])


class Stubborn(Exception):
    """Does not survive pickling: it takes two arguments and keeps one."""

    def __init__(self, a: str, b: str):
        super().__init__(a + b)


def failing(x: float) -> dict[str, float]:
    if x == 0:
        raise Stubborn("no ", "way")
    time.sleep(0.2)
    return {"x": x}


def test_what_a_worker_raises_is_told_and_what_others_finish_is_kept(tmp_path):
    bystander = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60,))
    bystander.start()
    with pytest.raises(SwrefError, match="Stubborn: no way"), Pool(2, tmp_path) as pool:
        pool.map("stage", failing, [(1.0,), (0.0,), (2.0,)])
    assert (tmp_path / "stage-00000.npz").exists()
    assert bystander.is_alive()
    bystander.kill()
    bystander.join()


def test_a_damaged_part_is_computed_again(tmp_path):
    (tmp_path / "stage-00000.npz").write_bytes(b"PK\x03\x04 cut")
    with Pool(1, tmp_path) as pool:
        (found,) = pool.map("stage", part, [(1.0,)])
    np.testing.assert_array_equal(found["y"], part(1.0)["y"])


def test_an_interrupted_experiment_goes_on_to_the_same_record(tmp_path):
    """Oracle: the record of a run without interruption, byte for byte; two workers against one."""
    config = FlowConfig(**TINY)
    whole = runner.run("flow", config, tmp_path / "whole", workers=2)

    def interrupt(stage: str, done: int, total: int) -> None:
        if (stage, done) == ("noised-and-projected", 1):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runner.run("flow", config, tmp_path / "cut", progress=interrupt)
    assert len(list((tmp_path / "cut" / "parts").iterdir())) == 4
    stages = []
    again = runner.run("flow", config, tmp_path / "cut", progress=lambda *told: stages.append(told))
    assert stages[0] == ("plain", 3, 3)
    assert whole.fresh
    assert again.fresh
    for name in ("record.json", "record.npz", "verdict.json", "repeats.csv", "figures/distance.svg"):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
    assert not (tmp_path / "cut" / "parts").exists()
    (tmp_path / "cut" / "run.json").write_text("damaged")
    assert not runner.run("flow", config, tmp_path / "cut").fresh
    with pytest.raises(RunError, match="config or version: seed is 0 there and 1 here"):
        runner.run("flow", FlowConfig(**TINY, seed=1), tmp_path / "cut")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    with pytest.raises(RunError, match="must be new or empty"):
        runner.run("flow", config, tmp_path / "other")


def test_the_page_is_one_file_without_network(tmp_path):
    outcome = runner.run("flow", FlowConfig(**TINY), tmp_path / "a", command="swref experiment flow --quick")
    text = outcome.page.read_text()
    shown = re.sub(r'"data:image/[^"]*"', '""', text)
    assert not re.search(r"<script|<link|https?:|src=\"[^\"]", shown)
    for words in ("swref experiment flow --quick", outcome.record.summary[:40], "fixed before the run", "alpha_0"):
        assert words in shown
    for line in outcome.record.verdicts:
        assert line.outcome in shown
    verdict = json.loads((tmp_path / "a" / "verdict.json").read_text())
    assert {"claim", "statistic", "estimate", "criterion", "outcome", "seen"} <= set(verdict["verdicts"][0])


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_is_complete(name):
    recipe = experiments.load(name)
    full = recipe.settings("full")
    assert isinstance(full, Settings)
    assert full != recipe.settings("quick")
    assert recipe.words.question
    assert recipe.words.method
    for formula in recipe.words.formulas:
        assert formula_svg(formula.tex).startswith(b"<?xml")


def test_the_command_lists_and_refuses(tmp_path):
    run = CliRunner().invoke
    for name, text in (
        ("other.toml", 'experiment = "critical"'),
        ("format.toml", "format = 99"),
        ("site/index.html", "mine"),
        ("one/config.toml", ""),
        ("some/practice/mine", ""),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(text)
    listed = run(main, ["experiment", "list"])
    assert listed.exit_code == 0
    assert [line.split()[0] for line in listed.output.splitlines()] == NAMES
    assert json.loads(run(main, ["experiment", "list", "--json"]).output)["experiments"].keys() == set(NAMES)
    for arguments, words in (
        (["flwo"], "did you mean 'flow'"),
        (["flow", "--workers", "0"], "--workers must be >= 1, got 0"),
        (["flow", "--seed", "-1"], "--seed must be >= 0, got -1"),
        (["flow", "--config", str(tmp_path / "none.toml")], "cannot be read"),
        (["all", "--config", str(tmp_path / "other.toml")], "--config is for one experiment, not for all"),
        (["flow", "--quick", "--full"], "--quick and --full exclude each other"),
        (["flow", "--out", str(tmp_path / "site")], "must be new or empty, or hold this same experiment"),
        (["all", "--out", str(tmp_path / "some")], "must be new or empty, or hold this same experiment"),
        (["flow", "--config", str(tmp_path / "other.toml")], "--config must be of experiment 'flow', got 'critical'"),
        (["flow", "--config", str(tmp_path / "format.toml")], "--config must be of format 1, got 99"),
        (["all", "--out", str(tmp_path / "site")], "is not an index of experiments and would be overwritten"),
        (["all", "--out", str(tmp_path / "one")], "holds one experiment"),
    ):
        result = run(main, ["experiment", *arguments])
        assert result.exit_code == 2, result.output
        assert words in result.output
        assert "Traceback" not in result.output


def test_the_command_runs_from_a_config_file(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(FlowConfig(**TINY).to_toml())
    result = CliRunner().invoke(
        main,
        ["experiment", "flow", "--config", str(path), "--out", str(tmp_path / "out"), "--workers", "1", "--json"],
    )
    assert result.exit_code == 0, result.output
    document = json.loads(result.output)
    assert document["experiment"] == "flow"
    assert len(document["verdicts"]) == 4
    assert Path(document["page"]).is_file()


def test_all_writes_an_index(tmp_path):
    from swref.experiments.frame.overview import write_index

    outcome = runner.run("flow", FlowConfig(**TINY), tmp_path / "flow")
    index = write_index(tmp_path, [outcome]).read_text()
    assert 'href="flow/index.html"' in index
    assert outcome.record.summary[:40] in index


@pytest.mark.slow
def test_all_experiments_run_quickly_from_the_command_line(tmp_path):
    """As a user runs them, in one process each experiment after the other: pages, figures, verdicts and the index."""
    arguments = ["experiment", "all", "--quick", "--out", str(tmp_path)]
    script = f"from swref.commands import main\nif __name__ == '__main__':\n    main({arguments!r}, prog_name='swref')"
    result = run_python(script, timeout=900)
    assert result.returncode == 0, result.stderr
    index = (tmp_path / "index.html").read_text()
    for name in NAMES:
        folder = tmp_path / name
        assert f'href="{name}/index.html"' in index
        verdicts = json.loads((folder / "verdict.json").read_text())["verdicts"]
        assert verdicts, name
        assert {verdict["outcome"] for verdict in verdicts} <= {"agree", "disagree", "undecided"}
        assert {path.suffix for path in (folder / "figures").iterdir()} == {".png", ".svg"}
        assert json.loads((folder / "run.json").read_text())["seconds"] < 180, name  # 60 on an idle machine


def test_a_closed_terminal_ends_no_work():
    class Closed(io.StringIO):
        def isatty(self) -> bool:
            return True

        def write(self, _: str) -> int:
            raise OSError(5, "Input/output error")

    with PartsBar("flow", Closed()) as bar:
        bar("plain", 0, 2)
        bar("plain", 1, 2)
        assert not bar.shown
