"""SGD and the noised projected scheme, against the algorithm written out again and against what the paper says."""

from __future__ import annotations

import importlib
import itertools
import math
from types import SimpleNamespace

import numpy as np
import pytest

from swref.directions import directions
from swref.draws import Draws
from swref.errors import DivergenceError, InputError, InputTypeError
from swref.measures import Discrete, Gaussian, Shape
from swref.networks import MLP, Particles
from swref.sgd import project_on_ball, sgd
from swref.sliced import sw_loss
from swref.spec import sw_loss_and_grad
from tests.support import tol

NET = MLP((2, 8, 2))
SOURCE = Gaussian([0.0, 0.0], np.eye(2))
TARGET = Shape("moons")
U0 = NET.init(0)
BASE = {"step": 0.1, "batch": 16, "steps": 70}


def run(u0=U0, net=NET, **changes):
    return list(sgd(net, SOURCE, TARGET, u0, **(BASE | changes)))


def written_out(u, *, steps, alpha=0.1, L=1, a=0.0, r=math.inf, p=2.0, factor=lambda t: 1.0):
    """The algorithm again, line by line, with the NumPy specification and the draws of the same keys."""
    draws = Draws(SOURCE, TARGET, 16, L, 0, len(u) if a else 0)
    for t in range(steps):
        x, y, theta, xi = draws(t)
        out, cache = NET.forward(u, x)
        loss, (dout,) = sw_loss_and_grad(out, y, theta, p)
        phi = NET.backward(cache, dout)
        v = u - alpha * factor(t) * phi + (alpha * factor(t) * a * xi if a else 0.0)
        norm = np.linalg.norm(v)
        u = v if norm <= r else v * (r / norm)
        yield u, loss, phi


@pytest.mark.parametrize(
    ("changes", "again"),
    [
        ({}, {}),
        ({"directions": 5}, {"L": 5}),
        ({"noise": 0.3}, {"a": 0.3}),
        ({"noise": 0.3, "radius": 2.5}, {"a": 0.3, "r": 2.5}),
        ({"p": 1.0}, {"p": 1.0}),
        ({"p": 3.5, "step": 0.01}, {"p": 3.5, "alpha": 0.01}),
        ({"schedule": lambda t: 1 / (1 + t / 10)}, {"factor": lambda t: 1 / (1 + t / 10)}),
        ({"schedule": "linear"}, {"factor": lambda t: (70 - t) / 70}),
        ({"schedule": "constant"}, {}),
    ],
)
@pytest.mark.parametrize("backend", ["numpy", "cpu"])
def test_iterates_are_those_of_the_algorithm_written_out(changes, again, backend):
    u0 = project_on_ball(U0, again.get("r", math.inf))
    expected = list(written_out(u0, steps=70, **again))
    got = run(u0, backend=backend, **changes)
    assert [iterate.t for iterate in got] == list(range(1, 71))
    for iterate, (u, loss, phi) in zip(got, expected, strict=True):
        # Rounding differences of 70 steps of a smooth map may grow a little; they stay far below the steps themselves.
        np.testing.assert_allclose(iterate.u, u, rtol=0, atol=tol(np.float64, 70 * 16) * np.linalg.norm(u))
        assert iterate.loss == pytest.approx(loss, rel=tol(np.float64, 70 * 16), abs=1e-14)
        np.testing.assert_allclose(iterate.phi, phi, rtol=0, atol=10 * tol(np.float64, 70 * 16))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("radius", [0.1, 1.0, 3.0, 1 / 3])
def test_the_projected_scheme_never_leaves_the_ball(dtype, radius):
    """|u| <= r exactly, by the norm that a reader would compute, in float64 from the stored entries."""
    u0 = project_on_ball(U0.astype(dtype), radius)
    for iterate in run(u0, noise=3.0, radius=radius, steps=150):
        assert iterate.u.dtype == dtype
        assert float(np.linalg.norm(iterate.u)) <= radius


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("radius", [0.1, 1 / 3, 7.3])
def test_projection_lands_in_the_ball_and_is_idempotent(dtype, radius):
    rng = np.random.default_rng(1)
    for scale in (0.5, 1.0, 1.0 + 1e-7, 20.0):
        for d in (1, 3, 500):
            v = rng.standard_normal(d)
            u = (v / np.linalg.norm(v) * radius * scale).astype(dtype)
            once = project_on_ball(u, radius)
            assert float(np.linalg.norm(once)) <= radius
            assert np.array_equal(project_on_ball(once, radius), once)
            if scale > 1:
                cosine = float(once.astype(float) @ u.astype(float)) / (np.linalg.norm(once) * np.linalg.norm(u))
                assert cosine == pytest.approx(1.0, rel=tol(dtype, d))
                assert np.linalg.norm(once) == pytest.approx(radius, rel=tol(dtype, d))


def test_the_whole_vector_is_projected():
    """One step from u0: u^1 is parallel to the unprojected step in all its entries, biases and layers alike."""
    free = run(steps=1, noise=5.0)[0].u
    radius = 0.5 * np.linalg.norm(free)
    u0 = project_on_ball(U0, radius)
    free_from_u0 = run(u0, steps=1, noise=20.0)[0].u
    bound = run(u0, steps=1, noise=20.0, radius=radius)[0].u
    assert np.linalg.norm(free_from_u0) > radius
    np.testing.assert_allclose(bound / free_from_u0, radius / np.linalg.norm(free_from_u0), rtol=tol(np.float64, 50))


def test_noise_enters_as_alpha_a_xi():
    """One step with and without noise differs by alpha a xi, xi the standard normal draw of that step."""
    for alpha, a in ((0.1, 0.3), (0.02, 5.0)):
        quiet, loud = run(step=alpha, steps=1)[0].u, run(step=alpha, noise=a, steps=1)[0].u
        xi = Draws(SOURCE, TARGET, 16, 1, 0, len(U0))(0).xi
        np.testing.assert_allclose(loud - quiet, alpha * a * xi, rtol=0, atol=tol(np.float64) * np.abs(loud).max())


def test_phi_is_the_gradient_of_the_batch_loss():
    """Oracle: central differences of the batch loss in u, along five directions."""
    first = run(steps=1, directions=4)[0]
    x, y, theta, _ = Draws(SOURCE, TARGET, 16, 4, 0)(0)
    rng = np.random.default_rng(0)
    h = 1e-6
    for v in rng.standard_normal((5, len(U0))):
        up, down = (sw_loss(NET.forward(U0 + s * h * v, x)[0], y, theta) for s in (1, -1))
        assert first.phi @ v == pytest.approx((up - down) / (2 * h), rel=1e-5, abs=1e-8)


def test_a_small_step_decreases_the_expected_loss():
    """The loss over fresh batches falls by alpha |grad F|^2, to first order, when the gradient is well averaged."""
    theta = directions(0, 64, 2, "grid")
    fresh = Draws(SOURCE, TARGET, 64, 1, seed=99)
    batches = [fresh(t)[:2] for t in range(100)]

    def expected_loss(u):
        return np.mean([sw_loss(NET.forward(u, x)[0], y, theta) for x, y in batches])

    after = run(step=0.05, batch=2000, directions=64, steps=1)[0]
    fall, first_order = expected_loss(U0) - expected_loss(after.u), 0.05 * after.phi @ after.phi
    assert 0.5 * first_order < fall < 1.5 * first_order


def excess_losses(**changes):
    """Mean losses of the first 50 and the last 200 steps above that of two batches of the target, the floor."""
    net = MLP((2, 32, 2))
    options = {"step": 0.1, "batch": 64, "steps": 1000} | changes
    losses = [iterate.loss for iterate in sgd(net, SOURCE, TARGET, net.init(0), **options)]
    pairs = Draws(TARGET, TARGET, 64, 1, 0)
    floor = np.mean([sw_loss(*pairs(t)[:3]) for t in range(1000)])
    return np.mean(losses[:50]) - floor, np.mean(losses[-200:]) - floor


def test_training_brings_the_generator_near_the_target():
    first, last = excess_losses(steps=3000)
    assert last < 0.3 * first


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("start", [1, 37, 64, 65])
def test_a_run_continued_from_any_step_has_equal_bits(dtype, start):
    """Oracle: the run without a break."""
    options = {"noise": 0.2, "radius": 3.0, "directions": 2}
    u0 = project_on_ball(U0.astype(dtype), 3.0)
    whole = run(u0, **options)
    rest = run(whole[start - 1].u, start=start, **options)
    assert [iterate.t for iterate in rest] == list(range(start + 1, 71))
    for again, first in zip(rest, whole[start:], strict=True):
        assert np.array_equal(again.u, first.u)
        assert np.array_equal(again.phi, first.phi)
        assert again.loss == first.loss


def test_the_same_seed_gives_the_same_bits_and_another_seed_others():
    one, two, other = run(), run(), run(seed=1)
    assert all(np.array_equal(a.u, b.u) for a, b in zip(one, two, strict=True))
    assert not np.array_equal(one[0].u, other[0].u)


def test_iterates_are_copies_and_u0_is_left_alone():
    u0 = U0.copy()
    expected = [iterate.u for iterate in run(steps=5)]
    for iterate, u in zip(sgd(NET, SOURCE, TARGET, u0, **(BASE | {"steps": 5})), expected, strict=True):
        assert np.array_equal(iterate.u, u)
        iterate.u[:] = np.nan
    assert np.array_equal(u0, U0)


def test_float32_runs_stay_float32_and_near_float64():
    """Oracle: the float64 run on the same draws; 70 steps keep a float32 run within float32 rounding of it."""
    single, double = run(U0.astype(np.float32)), run()
    for a, b in zip(single, double, strict=True):
        assert a.u.dtype == a.phi.dtype == np.float32
        assert np.linalg.norm(a.u - b.u) <= 10 * tol(np.float32, 70 * 16) * np.linalg.norm(b.u)


@pytest.mark.parametrize("scheme", ["orthogonal", "sobol", "grid"])
def test_other_direction_schemes_train_too(scheme):
    first, last = excess_losses(scheme=scheme, directions=2)
    assert last < 0.5 * first


@pytest.mark.parametrize(("entry", "dtype"), [(3e38, np.float32), (1.7e308, np.float64)])
@pytest.mark.parametrize("radius", [1.0, 1e30, 5e38])
def test_a_vector_whose_squares_overflow_is_projected_on_the_radius(radius, entry, dtype):
    """Oracle: equal entries, r/sqrt(3) each. The norm of the second is beyond every float."""
    u = np.full(3, entry, dtype)
    want = np.full(3, min(entry, radius / math.sqrt(3)))
    np.testing.assert_allclose(project_on_ball(u, radius), want, rtol=1e-6)


@pytest.mark.parametrize("backend", ["numpy", "cpu"])
def test_a_finite_mean_over_directions_whose_sum_overflows_is_no_divergence(backend):
    """Oracle: homogeneity, the loss of points 2^512 times smaller."""
    net, unit = Particles(1, 2), np.array([1.0, 0.0])
    small, large = (
        next(
            sgd(net, Discrete(net.indices()), Discrete([[0.0, 0.0]]), scale * unit, step=1e-9, batch=1, steps=1,
                directions=8, backend=backend)
        ).loss
        for scale in (0.8, 0.8 * 2.0**512)
    )  # fmt: skip
    assert large / 2.0**1000 == small * 2.0**24


def test_a_gradient_whose_squares_overflow_is_no_divergence():
    """Oracle: the numbers are finite. |phi| = 4e33 in float32, whose square is none."""
    net = Particles(1, 1)
    far = Discrete([[1e34]])
    first = next(sgd(net, Discrete(net.indices()), far, np.zeros(1, np.float32), step=1e-30, batch=1, steps=1))
    assert np.isfinite(first.phi).all()
    assert abs(float(first.phi[0])) == pytest.approx(2e34, rel=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_divergence_names_step_loss_norms_and_advice(dtype):
    """A linear network with a huge step overflows within a few steps; every iterate before that is good."""
    net = MLP((2, 8, 2), activation="identity")
    iterates = sgd(net, SOURCE, TARGET, net.init(0, dtype=dtype), **(BASE | {"step": 1e10}))
    good = []
    message = r"^training diverged at step (\d+): loss \S+, \|u\| \S+, \|phi\| \S+; try a smaller step, a projection"
    with pytest.raises(DivergenceError, match=message) as caught:
        good.extend(iterates)
    assert good
    assert f"at step {good[-1].t + 1}:" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert all(np.isfinite(iterate.u).all() and math.isfinite(iterate.loss) for iterate in good)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"step": 0.0}, "step must be > 0"),
        ({"step": -1.0}, "step must be > 0"),
        ({"step": math.nan}, "step must be finite"),
        ({"step": math.inf}, "step must be finite"),
        ({"batch": 0}, "batch must be >= 1"),
        ({"steps": -1}, "steps must be >= 0"),
        ({"directions": 0}, "directions must be >= 1"),
        ({"noise": -0.1}, "noise must be >= 0"),
        ({"radius": 0.0}, "radius must be > 0"),
        ({"radius": -2.0}, "radius must be > 0"),
        ({"radius": 0.01}, "u0 must lie in the ball of radius 0.01"),
        ({"p": 0.5}, "p must be >= 1"),
        ({"seed": -1}, "seed must be >= 0"),
        ({"start": -1}, "start must be >= 0"),
        ({"backend": "gpu"}, "backend must be one of"),
        ({"scheme": "unifrom"}, "did you mean 'uniform'"),
        ({"u0": U0[:-1]}, "u0 must have shape"),
        ({"u0": np.full_like(U0, np.nan)}, "u0 must be finite"),
    ],
)
def test_bad_values_are_refused_at_the_call(changes, message):
    """At the call, not at the first iterate."""
    arguments = BASE | {"u0": U0} | changes
    with pytest.raises(InputError, match=message):
        sgd(NET, SOURCE, TARGET, arguments.pop("u0"), **arguments)


@pytest.mark.parametrize(
    "changes", [{"step": "0.1"}, {"batch": 2.5}, {"steps": True}, {"seed": None}, {"u0": U0.astype(complex)}]
)
def test_bad_types_are_refused_at_the_call(changes):
    arguments = BASE | {"u0": U0} | changes
    name = next(iter(changes))
    with pytest.raises(InputTypeError, match=rf"^{name} must be"):
        sgd(NET, SOURCE, TARGET, arguments.pop("u0"), **arguments)


def test_measures_must_fit_the_network():
    cube = Discrete(np.eye(3))
    with pytest.raises(InputError, match="source must have dimension 2"):
        sgd(NET, cube, TARGET, U0, **BASE)
    with pytest.raises(InputError, match="target must have dimension 2"):
        sgd(NET, SOURCE, cube, U0, **BASE)
    with pytest.raises(InputTypeError, match="target must be a measure"):
        sgd(NET, SOURCE, "moons", U0, **BASE)


def test_the_loop_is_lazy():
    """A run of 10^9 steps costs nothing until its iterates are asked for."""
    iterates = sgd(NET, SOURCE, TARGET, U0, **(BASE | {"steps": 10**9}))
    assert [iterate.t for iterate in itertools.islice(iterates, 3)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("value", "error", "line"),
    [
        ("0.1", InputTypeError, r"^schedule\(2\) must be a number, got '0.1'$"),
        (math.nan, InputError, r"^schedule\(2\) must be finite, got nan$"),
        (None, InputTypeError, r"^schedule\(2\) must be a number, got None$"),
    ],
)
def test_a_schedule_that_gives_no_number_is_named(value, error, line):
    """And not taken for a divergence, which a smaller step would mend."""
    iterates = sgd(
        Particles(1, 1), Discrete([[0.0]]), Discrete([[1.0]]), np.zeros(1), step=0.1, batch=1, steps=5,
        schedule=lambda t: value if t == 2 else 1.0,
    )  # fmt: skip
    with pytest.raises(error, match=line):
        list(iterates)


def test_auto_follows_the_array_where_the_iterate_lives(monkeypatch):
    """Oracle: which backend is asked for; an iterate on a GPU must not go to the kernels of the CPU."""
    module = importlib.import_module("swref.sgd")  # `swref.sgd` is the function
    asked = []
    monkeypatch.setattr(module, "is_on_device", lambda u: True)
    monkeypatch.setattr(module, "loss_and_gradient_in_x", lambda backend, p: asked.append(backend))
    net, law = MLP((2, 2)), Gaussian([0, 0], np.eye(2))
    module.sgd(net, law, law, net.init(0), step=0.1, batch=4, steps=1)
    assert asked == ["auto", "cuda"]


class OnGpu(np.ndarray):
    """In the place of CuPy's: computes as NumPy's, and counts how often a number of it is waited for."""

    reads = 0

    def __float__(self):
        OnGpu.reads += 1
        return float(np.asarray(self))


@pytest.fixture(params=["CuPy", "launches"])
def gpu(request, monkeypatch):
    """A run with a `u0` of NumPy's and backend "cuda" computes on OnGpu, or by what is to be launches.

    Gives how many steps every read, and every copy, is of.
    """
    module, reads = importlib.import_module("swref.sgd"), []
    of_backend = module.loss_and_gradient_in_x
    there = SimpleNamespace(asarray=lambda a: np.array(a).view(OnGpu), stack=np.stack)

    def loss_and_gradient_in_x(backend, p):
        def function(x, y, theta):
            assert {type(v) for v in (y, theta)} == {OnGpu}  # whatever the network makes of x
            loss, (dx,) = sw_loss_and_grad(*map(np.asarray, (x, y, theta)), p)
            return np.array(loss).view(OnGpu), dx.view(OnGpu)

        return function if backend == "cuda" else of_backend(backend, p)

    def measured(steps):
        reads.append(len(steps))
        return np.array([[np.asarray(loss), *(np.vdot(v, v) for v in vectors)] for loss, *vectors in steps])

    def returned(array):
        reads.append(f"copied {len(array)}")
        return np.array(array)

    def steps(u, given):
        made = []
        for x, y, theta, xi, (alpha, noise) in given:
            out, cache = NET.forward(u, x)
            loss, (dout,) = sw_loss_and_grad(out, y, theta, 2.0)
            phi = NET.backward(cache, dout)
            u = u - u.dtype.type(alpha) * phi
            u = u if xi is None else u + u.dtype.type(noise) * xi
            made.append((u, phi, loss))
        us, phis, losses = (np.array(part) for part in zip(*made, strict=True))
        returned(us), returned(phis)
        return us, phis, measured(list(zip(losses, phis, us, strict=True)))

    launched = SimpleNamespace(steps=steps) if request.param == "launches" else None
    monkeypatch.setattr(module, "_launched", lambda *_: launched)
    monkeypatch.setattr(module, "computing_library", lambda u, on_gpu: (there, returned) if on_gpu else (np, None))
    monkeypatch.setattr(module, "loss_and_gradient_in_x", loss_and_gradient_in_x)
    monkeypatch.setattr("swref.kernels.cuda.steps.measured", measured)
    monkeypatch.setattr(OnGpu, "reads", 0)
    return reads


def until(iterates):
    """The iterates, and the error that ended them."""
    done = []
    try:
        done.extend(iterates)
    except (DivergenceError, InputTypeError) as error:
        return done, str(error)
    return done, ""


@pytest.mark.filterwarnings("ignore:(overflow|invalid value) encountered:RuntimeWarning")
@pytest.mark.parametrize(
    ("changes", "read"),
    [
        ({"noise": 0.1}, [16, 16, 16, 16, 6]),
        ({"steps": 3}, [3]),
        ({"noise": 3.0, "radius": 3.0, "steps": 5}, [1] * 5),
        ({"step": 1e120, "steps": 20}, [16]),
        ({"schedule": lambda t: 1.0 if t < 18 else "no number"}, [16, 2]),
    ],
    ids=["noised", "few", "projected", "diverging", "no number"],
)
def test_a_run_on_a_gpu_is_waited_for_once_in_many_steps(changes, read, gpu):
    """Oracle: the run on NumPy, bit for bit, up to the same error at the same step."""
    want, message = until(sgd(NET, SOURCE, TARGET, U0, **(BASE | changes), backend="numpy"))
    got, same = until(sgd(NET, SOURCE, TARGET, U0, **(BASE | changes), backend="cuda"))
    assert same == message
    assert sorted(gpu, key=str) == sorted([*read, *2 * [f"copied {k}" for k in read]], key=str)
    assert [a.t for a in got] == [a.t for a in want]
    for a, b in zip(want, got, strict=True):
        assert (a.loss, a.u.tobytes(), a.phi.tobytes()) == (b.loss, b.u.tobytes(), b.phi.tobytes())
        assert type(b.u) is np.ndarray
        assert b.u.base is None  # and not a part of what is held of many steps
        assert isinstance(b.loss, float)
    if "radius" not in changes and not message:
        assert OnGpu.reads == 0
