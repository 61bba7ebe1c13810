"""Targets: functions, programs, libraries, and the process that shields the suite from them."""

from __future__ import annotations

import io
import os
import shutil
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import swref
from swref.crosscheck import Case, NetworkCase, Target, cases, check, find, run
from swref.crosscheck.target import adapters, load, names
from swref.crosscheck.target.backend import SwrefAdapter
from swref.crosscheck.target.forwards import forward
from swref.crosscheck.target.isolation import IsolatedTarget
from swref.crosscheck.target.worker import read_frame, write_frame
from swref.errors import DataError, InputError
from tests.support import run_python, tol

ROOT = Path(__file__).resolve().parent.parent.parent

POINTS = [case for case in cases() if isinstance(case, Case)]


def test_every_optional_library_may_be_missing():
    """With nothing importable but NumPy, an adapter is a line, not an error."""
    script = "\n".join(
        [
            "import sys",
            "for name in ('torch', 'jax', 'ot', 'ott'): sys.modules[name] = None",
            "from swref.crosscheck.adapter import MissingLibrary",
            "from swref.crosscheck.target import NAMES, Target, load, names",
            "for name in names()[len(NAMES):]:",
            "    try: load(Target(name))",
            "    except MissingLibrary as error: print(error)",
        ]
    )
    lines = run_python(script, timeout=60).stdout.splitlines()
    assert len(lines) == 9
    assert "ot is not installed: pip install POT" in lines
    assert {line.partition(": pip install ")[2] for line in lines} == {"torch", "jax", "POT"}  # OTT asks for JAX first


@pytest.mark.parametrize(
    ("name", "gradient", "status", "detail"),
    [
        ("raises", "none", "error", "RuntimeError: no such thing"),
        pytest.param("hangs", "none", "timeout", "no answer within 1 s", marks=pytest.mark.slow),
        ("dies", "none", "crash", "exit code 7"),
        ("prints", "none", "pass", ""),
        ("wrong_shape", "none", "invalid", "one number, got shape (3,)"),
        ("wrong_type", "none", "invalid", "got str"),
        ("is_complex", "none", "invalid", "dtype complex128"),
        ("nan", "none", "invalid", "returned nan"),
        ("transposed_gradient", "function", "invalid", "dx must have shape (8, 2), got (2, 8)"),
        ("half_gradient", "function", "invalid", "dx came as float32"),
        ("no_pair", "function", "invalid", "must return (value, dx)"),
    ],
)
def test_bad_targets_are_reported_as_what_they_are(bad_targets, name, gradient, status, detail):
    """Two cases each: the suite goes on after the first."""
    chosen = [find("cloud-8x2-float64"), find("cloud-64x3-float64")]
    report = run(Target(f"{bad_targets}:{name}", gradient=gradient), chosen, seconds=1.0)
    assert report.status == "ran"
    level = "gradient" if gradient == "function" else "value"
    found = [v for v in report.judgements if v.level == level]
    assert [v.status for v in found] == [status, status]
    assert detail in next(v.detail for v in found if v.case == "cloud-8x2-float64")


def test_a_target_that_cannot_be_loaded(bad_targets, tmp_path):
    assert "bad_targets.py must be one of" in run(Target(f"{bad_targets}:raise")).detail
    (tmp_path / "broken.py").write_text("1 / 0")
    report = run(Target(f"{tmp_path / 'broken.py'}:f"))
    assert (report.status, report.ok) == ("unusable", False)
    assert report.detail.startswith("ZeroDivisionError")
    assert "No module named" in run(Target("no_such_module_anywhere:f")).detail


@pytest.mark.slow
def test_a_target_that_keeps_hanging_is_given_up(bad_targets):
    chosen = [case for case in POINTS if "closed-form" in case.tags and case.inputs.p == 2]
    report = run(Target(f"{bad_targets}:hangs"), chosen, seconds=0.2)
    statuses = [v.status for v in report.judgements if v.level == "value"]
    assert statuses[:3] == ["timeout"] * 3
    assert "timeout" not in statuses[3:]
    assert not report.ok


def quick_sw(x, y, theta, p=2.0):
    return np.mean(np.abs(np.sort(x @ theta.T, axis=0) - np.sort(y @ theta.T, axis=0)) ** p)


def test_conventions_of_a_users_function():
    case = find("order-3-8x2-float64")
    n, L = case.inputs.n, case.inputs.L
    assert check(lambda x, y, theta, p: quick_sw(x, y, theta, p) ** (1 / p), case, returns="sw")
    assert check(lambda x, y, theta, p: quick_sw(x, y, theta.T, p), case, directions="dl")
    assert check(lambda x, y, theta, p: n * quick_sw(x, y, theta, p), case, points="sum")
    assert check(lambda x, y, theta, p: L * quick_sw(x, y, theta, p), case, slices="sum")
    assert not check(lambda x, y, theta, p: quick_sw(x, y, theta, p) ** (1 / p), case)
    roots = [quick_sw(case.inputs.x, case.inputs.y, row[None], 3.0) ** (1 / 3) for row in case.inputs.theta]
    assert check(lambda x, y, theta, p: np.mean(roots), case, returns="mean")
    with pytest.raises(InputError, match=r"returns must be one of sw_pp, sw, mean, got 'root'"):
        check(quick_sw, case, returns="root")


def test_what_a_signature_lacks_is_skipped():
    assert check(lambda x, y, theta: 0.0, find("order-3-8x2-float64")).skipped
    assert check(quick_sw, find("weights-random")).skipped
    assert check(swref.sw_loss, find("weights-random"))


def same_in_torch_and_jax(x, y, theta, p=2.0):
    """Methods and operators that both libraries have."""
    px, py = theta @ x.T, theta @ y.T
    if hasattr(px, "detach"):
        px, py = px.sort(dim=1).values, py.sort(dim=1).values
    else:
        px, py = px.sort(axis=1), py.sort(axis=1)
    return (abs(px - py) ** p).mean()


@pytest.mark.parametrize("library", ["torch", "jax"])
@pytest.mark.parametrize("name", ["cloud-8x2-float64", "cloud-8x2-float32", "duplicates", "layout-reversed"])
def test_differentiated_functions(library, name):
    pytest.importorskip(library)
    outcome = check(same_in_torch_and_jax, find(name), gradient=library)
    assert outcome, outcome
    assert [v.status for v in outcome.judgements] == ["pass", "pass"]
    assert not check(lambda x, y, theta: 2 * same_in_torch_and_jax(x, y, theta), find(name), gradient=library)


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_program_in_c(tmp_path):
    """The worked example of the documentation: compiled, and right on every case that it takes."""
    program = tmp_path / "sw"
    source = ROOT / "docs" / "crosscheck_example.c"
    subprocess.run(["cc", "-O2", "-o", str(program), str(source), "-lm"], check=True, timeout=60)
    chosen = [c for c in POINTS if not {"large", "half"} & set(c.tags)]
    report = run(Target(f"command:{program}", gradient="function"), chosen)
    assert [str(v) for v in report.judgements if not v.ok] == []
    assert report.counts["pass"] > 200


@pytest.mark.parametrize(
    ("script", "detail"),
    [
        ("import sys; sys.exit('broken')", "exit code 1: broken"),
        ("import sys; sys.exit('a\\nb\\nc\\nd')", "exit code 1: b / c / d"),
        ("print()", "the program must write an .npz"),
        ("import sys, numpy; numpy.savez(sys.argv[2], v=1)", "must write the array value, got v"),
    ],
)
def test_program_that_fails(tmp_path, script, detail):
    path = tmp_path / "program.py"
    path.write_text(script)
    report = run(Target(f"command:{sys.executable} {path}", gradient="none"), [find("cloud-8x2-float64")])
    assert detail in report.judgements[0].detail


def test_an_adapter_is_one_file(tmp_path, monkeypatch):
    """A file beside the adapters is a target by its name, and nothing else is written anywhere."""
    (tmp_path / "my_library.py").write_text(
        "from swref.crosscheck import Adapter, Evaluation\n"
        "import swref\n"
        "class Mine(Adapter):\n"
        "    has_gradient = False\n"
        "    def evaluate(self, inputs, gradient):\n"
        "        return Evaluation(swref.sw_loss(inputs.x, inputs.y, inputs.theta, p=inputs.p))\n"
    )
    monkeypatch.setattr(adapters, "__path__", [*adapters.__path__, str(tmp_path)])
    assert "my-library" in names()
    adapter = load(Target("my-library"))
    assert adapter.name == "my-library"
    assert check(adapter, find("order-3-8x2-float64"))


def test_the_names_of_the_targets():
    """Oracle: those of the documentation."""
    documented = [
        "cpu",
        "cuda",
        "jax",
        "numpy",
        "ott",
        "pot",
        "pot-jax",
        "pot-torch",
        "swref-jax",
        "swref-torch",
        "torch",
    ]
    documented += ["torch-compile"]
    assert sorted(names()) == documented


@pytest.mark.slow
def test_a_target_that_does_not_read_is_a_timeout(tmp_path):
    """It stops its own process once it has answered: a question larger than a pipe's buffer could wait for ever."""
    (tmp_path / "stops.py").write_text(
        "import os, signal, threading\n"
        "def sw(x, y, theta):\n"
        "    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGSTOP)).start()\n"
        "    return 12.5\n"
    )
    small = find("one-point-p2")
    with IsolatedTarget(Target(f"{tmp_path / 'stops.py'}:sw"), seconds=1.0) as target:
        assert target.observe(small.question()).status == "ok"
        time.sleep(0.5)
        assert target.observe(find("large-70000x2-float64").question()).detail == "no answer within 1 s"
        assert target.observe(small.question()).status == "ok"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not say what a process holds")
def test_a_target_that_takes_too_much_memory_is_ended(tmp_path):
    """Oracle: 0.5 GiB in pieces of 64 MiB, under a limit of 0.25; the next case gets a process of its own."""
    (tmp_path / "grows.py").write_text(
        "import numpy as np, time\n"
        "def sw(x, y, theta):\n"
        "    held = []\n"
        "    while len(x) == 8 and len(held) < 8:\n"
        "        held.append(np.ones(2**23))\n"
        "        time.sleep(0.1)\n"
        "    return 12.5\n"
    )
    asked = [find(name) for name in ("cloud-8x2-float64", "one-point-p2")]
    report = run(Target(f"{tmp_path / 'grows.py'}:sw"), asked, memory=0.25, levels=["value"])
    details = {j.case: (j.status, j.detail) for j in report.judgements}
    crash = ("crash", "the process died (it took more than 0.25 GiB of memory)")
    assert details == {"cloud-8x2-float64": crash, "one-point-p2": ("pass", "")}


def test_messages_are_whole_or_refused():
    """Oracle: what was written; a message cut at every place is refused."""
    stream = io.BytesIO()
    write_frame(stream, {"case": "a"}, {"x": np.arange(3.0)})
    whole = stream.getvalue()
    header, arrays = read_frame(io.BytesIO(whole))
    assert (header, arrays["x"].tolist()) == ({"case": "a"}, [0.0, 1.0, 2.0])
    with pytest.raises(EOFError):
        read_frame(io.BytesIO(b""))
    for length in range(1, len(whole), 7):
        with pytest.raises(DataError):
            read_frame(io.BytesIO(whole[:length]))


def test_what_the_backends_return():
    """Oracle: swref.spec, and no cuda where there is none."""
    inputs = find("weights-random").inputs
    want, (dx,) = swref.spec.sw_loss_and_grad(
        inputs.x, inputs.y, inputs.theta, inputs.p, inputs.x_weights, inputs.y_weights
    )
    answer = SwrefAdapter("cpu").evaluate(inputs, True)
    assert answer.value == pytest.approx(want, rel=tol(np.float64, 64))
    np.testing.assert_allclose(answer.dx, dx, rtol=1e-12, atol=1e-16)


def test_networks_in_another_library():
    """Oracle: the networks themselves; NumPy spells the names that torch and JAX do."""
    for case in cases():
        if isinstance(case, NetworkCase) and "float64" in case.tags:
            got = forward(case.net, case.u, case.inputs.x, np)
            np.testing.assert_allclose(got, case.net.forward(case.u, case.inputs.x)[0], rtol=1e-12, atol=1e-14)


def ended(pid: int) -> bool:
    """Whether there is no such process but perhaps its name, which nobody has asked for yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def until(find):
    """What find() gives once it raises no more."""
    for _ in range(300):
        try:
            return find()
        except (OSError, ValueError):
            time.sleep(0.1)
    return find()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds children in /proc")
@pytest.mark.parametrize("end", ["time.sleep(60)", pytest.param("os._exit(3)", marks=pytest.mark.slow)])
def test_what_a_target_leaves_behind_is_ended_and_holds_nobody_up(tmp_path, end):
    """A child in a session of its own, and one of a parent that is gone: both keep the worker's pipes, for a minute."""
    (tmp_path / "leaves.py").write_text(
        "import os, pathlib, time\n"
        "def child(name):\n"
        f"    path = pathlib.Path({str(tmp_path)!r}, name)\n"
        "    path.with_suffix('.new').write_text(str(os.getpid()))\n"
        "    path.with_suffix('.new').rename(path)\n"
        "    time.sleep(60)\n"
        "    os._exit(0)\n"
        "def sw(x, y, theta):\n"
        "    if os.fork() == 0:\n"
        "        os.setsid()\n"
        "        if os.fork() == 0:\n"
        "            child('orphan')\n"
        "        os._exit(0)\n"
        "    if os.fork() == 0:\n"
        "        os.setsid()\n"
        "        child('session')\n"
        f"    while len(list(pathlib.Path({str(tmp_path)!r}).glob('*n'))) < 2:\n"
        "        time.sleep(0.01)\n"
        f"    {end}\n"
    )
    start = time.monotonic()
    report = run(Target(f"{tmp_path / 'leaves.py'}:sw"), [find("one-point-p2")], seconds=1.0)
    assert {j.status for j in report.judgements} == {"timeout"}
    assert time.monotonic() - start < 30
    for name in ("orphan", "session"):
        until(lambda name=name: ended(int((tmp_path / name).read_text())) or int("x"))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds the worker in /proc")
def test_ctrl_c_while_a_target_is_loaded_leaves_no_worker(tmp_path):
    (tmp_path / "slow.py").write_text(
        f"import os, pathlib, signal, time\npathlib.Path({str(tmp_path / 'worker')!r}).write_text(str(os.getpid()))\n"
        "os.kill(os.getppid(), signal.SIGINT)\ntime.sleep(60)\n"
    )
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # under nohup it is ignored
    try:
        with pytest.raises(KeyboardInterrupt):
            run(Target(f"{tmp_path / 'slow.py'}:sw"), [find("one-point-p2")])
    finally:
        signal.signal(signal.SIGINT, before)
    assert ended(int((tmp_path / "worker").read_text()))


GARBAGE = {
    "no message": b"hello\n" * 10,
    "lengths without end": struct.pack("<QQ", 1 << 62, 0),
    "no archive": struct.pack("<QQ", 2, 3) + b"{}abc",
    "no object": struct.pack("<QQ", 2, 0) + b"[]",
    "no detail": struct.pack("<QQ", 14, 0) + b'{"status": 99}',
    "other fields": struct.pack("<QQ", 37, 0) + b'{"status": "ok", "detail": "", "a":1}',
    "no text": struct.pack("<QQ", 5, 0) + b"\xff" * 5,
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_in_place_of_an_answer_is_a_crash(tmp_path, name, capfd):
    """A target that writes where the answers go; nothing of it, nor of our threads, reaches the terminal."""
    (tmp_path / "writes.py").write_text(
        "import os\n"
        "def sw(x, y, theta):\n"
        "    for fd in range(3, 20):\n"
        "        try:\n"
        f"            os.write(fd, {GARBAGE[name]!r} * 8)\n"
        "        except OSError:\n"
        "            pass\n"
        "    os._exit(3)\n"
    )
    report = run(Target(f"{tmp_path / 'writes.py'}:sw"), [find("one-point-p2")], seconds=20.0)
    assert {j.status for j in report.judgements} == {"crash"}
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_no_worker_outlives_the_suite(tmp_path, number):
    (tmp_path / "waits.py").write_text(
        "import os, pathlib, time\n"
        f"pathlib.Path({str(tmp_path / 'worker')!r}).write_text(str(os.getpid()))\n"
        "def sw(x, y, theta):\n"
        "    time.sleep(60)\n"
    )
    suite = subprocess.Popen(
        [sys.executable, str(ROOT / "cli.py"), "crosscheck", f"{tmp_path / 'waits.py'}:sw", "--case", "one-point-p2"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )  # fmt: skip
    pid = until(lambda: int((tmp_path / "worker").read_text() or "x"))
    suite.send_signal(number)
    assert suite.wait(timeout=30) == (-9 if number == signal.SIGKILL else 128 + number)
    until(lambda: ended(pid) or int("x"))
