"""Settings: what they refuse, what --full changes, and how they are written."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from swref import experiments
from swref.errors import InputError, InputTypeError
from swref.experiments.flow import Config as FlowConfig
from swref.experiments.frame import folder as runner
from swref.experiments.frame.settings import Settings, quick
from swref.runs.fields import field_types, read_toml, typed


def test_settings_refuse_what_is_wrong_and_name_it():
    with pytest.raises(InputError, match=r"configuration key must be one of .*, got 'repeat'; did you mean 'repeats'"):
        FlowConfig.of({"repeat": 3})
    with pytest.raises(InputError, match="noise must be >= 0, got -1"):
        FlowConfig(noise=-1.0)
    with pytest.raises(InputError, match="alphas must hold at least one value"):
        FlowConfig(alphas=())
    with pytest.raises(InputTypeError, match="repeats must be an integer"):
        FlowConfig(repeats=2.5)


def test_settings_survive_toml(tmp_path):
    """TOML is read back by the standard library: every field of every experiment, infinite ones too."""
    for name in experiments.EXPERIMENTS:
        for mode in runner.MODES:
            config = runner.settings(name, mode)
            path = tmp_path / f"{name}-{mode}.toml"
            path.write_text(config.to_toml())
            assert type(config).of(read_toml(path)) == config


def test_what_full_changes_stands_on_the_field():
    """Oracle: the fields themselves."""

    @dataclass(frozen=True)
    class Config(Settings):
        steps: int = quick(10, full=1000)
        radii: tuple[float, ...] = quick((1.0,), full=(1.0, 2.0))
        alpha: float = 0.1

    assert (Config().steps, Config().radii) == (10, (1.0,))
    assert Config.full() == {"steps": 1000, "radii": (1.0, 2.0)}
    assert Config.of(Config.full(), {"steps": 7}) == Config(steps=7, radii=(1.0, 2.0))


@pytest.mark.parametrize("first", ["", "from __future__ import annotations\n"])
def test_settings_are_typed_whether_or_not_annotations_are_postponed(tmp_path, monkeypatch, first):
    """Oracle: the same class, read by Python in both ways."""
    name = f"recipe_{len(first)}"
    (tmp_path / f"{name}.py").write_text(
        f"{first}from dataclasses import dataclass\n\nfrom swref.experiments.frame.settings import Settings\n\n\n"
        "@dataclass(frozen=True)\nclass Config(Settings):\n    alphas: tuple[float, ...] = (1, 2)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    Config = __import__(name).Config
    assert field_types(Config) == {"seed": int, "alphas": tuple[float, ...]}
    assert [type(alpha) for alpha in Config().alphas] == [float, float]
    with pytest.raises(InputTypeError, match=r"alphas\[1\] must be a (real )?number"):
        Config(alphas=(1, "a"))


def test_a_type_that_no_config_can_hold_is_named():
    with pytest.raises(TypeError, match="table has a type that no configuration can hold"):
        typed("table", {}, dict[str, int])
