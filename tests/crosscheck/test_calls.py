"""Code around a right formula: state, buffers, arguments changed in place, automatic differentiation half right."""

from __future__ import annotations

import numpy as np
import pytest

import swref
from swref.crosscheck import cases, check, find
from tests.crosscheck.test_own_cases import own_cases

CLOUD = find("calls-cloud")
LINE = find("calls-line")


def right(x, y, theta, x_weights=None, y_weights=None):
    return swref.sw_loss_and_grad(x, y, theta, x_weights=x_weights, y_weights=y_weights, wrt=("x", "y"))


def pairs(x, y, theta, x_weights=None, y_weights=None):
    """(value, dx, dy) flat, as a function of one's own returns it."""
    value, (dx, dy) = right(x, y, theta, x_weights, y_weights)
    return value, dx, dy


@pytest.mark.parametrize("case", cases("calls"), ids=lambda case: case.name)
def test_right_code_passes(case):
    """Also what caches by its arguments' numbers."""
    outcome = check(pairs, case, gradient="function")
    assert not outcome.skipped
    assert outcome, outcome
    assert check(lambda *given: [pairs(*given)[0]], case)


def into(buffer, array):
    buffer[: len(array)] = array
    return buffer[: len(array)]


def stateful():
    """Wrong in calls after the first: what each keeps, and what is said of it."""
    memory, room, count = {}, np.empty((64, 3)), []

    def caches_by_shape(x, y, theta):
        memory.setdefault(y.shape, y.copy())
        return pairs(x, memory[y.shape], theta)

    def reuses_a_buffer(x, y, theta):
        value, dx, dy = pairs(x, y, theta)
        return value, into(room, dx), dy

    def drifts(x, y, theta):
        count.append(1)
        value, dx, dy = pairs(x, y, theta)
        return value * (1 + 2.0**-52 * (len(count) > 30)), dx, dy

    return [
        (caches_by_shape, "other points of the same shape: returned"),
        (reuses_a_buffer, "gradient dx that it returned was changed by the next call"),
        (drifts, "of the same points returns another value than the first"),
    ]


@pytest.mark.parametrize(("loss", "said"), stateful(), ids=lambda value: getattr(value, "__name__", ""))
def test_state_between_calls(loss, said):
    """Oracle: the answer, and the bits of the first call."""
    outcome = check(loss, CLOUD, gradient="function")
    assert not outcome
    assert said in str(outcome)


def test_losses_with_their_own_directions_are_asked_again_on_the_line():
    def own(x, y):
        theta = np.random.choice([-1.0, 1.0], (4, 1))  # noqa: NPY002  as such losses do
        return pairs(x, y, theta)

    kept = []

    def keeps(x, y):
        kept.append(y.copy())
        return own(x, kept[0])

    assert check(own, LINE, directions="own", gradient="function")
    assert not check(keeps, LINE, directions="own", gradient="function")


@pytest.mark.parametrize("case", own_cases(), ids=lambda case: case.name)
def test_what_spoils_every_array_it_is_given_spoils_no_case(case):
    """Oracle: the question before, for every kind of case and every array in it."""
    net = getattr(case, "net", None)
    described = net and net.to_dict()
    before = [array.copy() for array in arrays_of(case.question())]

    def spoils(x, y, theta=None):
        for array in (x, y, theta):
            if array is not None:
                array.setflags(write=True)
                array[...] = np.nan
        return 1.0, np.ones(x.shape)

    for directions in ("ld", "own"):
        check(spoils, case, gradient="function", directions=directions)
    for old, new in zip(before, arrays_of(case.question()), strict=True):
        np.testing.assert_array_equal(old, new)
    assert (net and net.to_dict()) == described


def arrays_of(question):
    own = [array for inputs in question.inputs for array in inputs.arrays().values()]
    return [*own, *question.arrays.values()]


def test_a_change_of_transposed_directions_is_seen():
    def spoils(x, y, theta):
        value = swref.sw_loss(x, y, theta.T.copy())
        theta += 1.0
        return value

    assert "changed its argument theta in place" in str(check(spoils, find("cloud-8x2-float64"), directions="dl"))


def torch_losses():
    """Right values in torch with one thing wrong, and what is said of it."""
    torch = pytest.importorskip("torch")

    def sw(x, y, theta):
        return ((theta @ x.T).sort(dim=1).values - (theta @ y.T).sort(dim=1).values).square().mean()

    class NoCotangent(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y, theta):
            value, dx, dy = pairs(x.detach().numpy(), y.detach().numpy(), theta.numpy())
            ctx.saved = torch.tensor(dx), torch.tensor(dy)
            return torch.tensor(value, dtype=torch.float64)

        @staticmethod
        def backward(ctx, cotangent):
            return (*ctx.saved, None)

    class NeedsBoth(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y, theta):
            ctx.saved = pairs(x.detach().numpy(), y.detach().numpy(), theta.numpy())
            return torch.tensor(ctx.saved[0], dtype=torch.float64)

        @staticmethod
        def backward(ctx, cotangent):
            if not all(ctx.needs_input_grad[:2]):
                raise RuntimeError("y must require a gradient")
            return (*(cotangent * torch.tensor(g) for g in ctx.saved[1:]), None)

    def centres(x, y, theta):
        value = sw(x, y, theta)
        with torch.no_grad():
            y -= y.mean(dim=0)
        return value

    def turns(x, y, theta):
        value = sw(x, y, theta)
        theta.data.mul_(2.0)
        return value

    def needs_grad(x, y, theta):
        if not x.requires_grad and not y.requires_grad:
            raise RuntimeError("nothing to differentiate")
        return sw(x, y, theta)

    def by_grad_mode(x, y, theta):
        return sw(x, y, theta) * (1.0 if torch.is_grad_enabled() else 2.0)

    return [
        (sw, ""),
        (lambda x, y, theta: sw(x, y, theta).reshape(1), ""),
        (lambda x, y, theta: [sw(x, y, theta)], ""),
        (lambda x, y, theta: sw(x, y.detach(), theta), ""),
        (lambda x, y, theta: NoCotangent.apply(x, y, theta), "under (4 * value).backward(): "),
        (lambda x, y, theta: NeedsBoth.apply(x, y, theta), "with y detached: RuntimeError"),
        (centres, "the target changed its argument y in place"),
        (turns, "the target changed its argument theta in place"),
        (needs_grad, "without a gradient: RuntimeError"),
        (by_grad_mode, "under torch.no_grad(): returned"),
    ]


@pytest.mark.parametrize("k", range(10))
def test_autograd_in_torch(k):
    """Oracle: the gradients of the specification, and the value without any."""
    loss, said = torch_losses()[k]
    outcome = check(loss, CLOUD, gradient="torch")
    assert bool(outcome) == (said == ""), outcome
    assert said in str(outcome)


def test_weights_changed_in_torch():
    torch = pytest.importorskip("torch")

    def sw(x, y, theta, x_weights=None, y_weights=None):
        value, dx, _ = pairs(
            x.detach().numpy(), y.detach().numpy(), theta.numpy(), x_weights.numpy(), y_weights.numpy()
        )
        x_weights.data.mul_(2.0)
        return torch.tensor(value, dtype=torch.float64) + (torch.tensor(dx) * (x - x.detach())).sum()

    assert "changed its argument x_weights in place" in str(check(sw, find("weights-random"), gradient="torch"))


@pytest.mark.slow
def test_autograd_in_jax():
    """Oracle: the gradients of the specification; a derivative of one's own that forgets the cotangent, or y."""
    jax = pytest.importorskip("jax")
    import jax.numpy as jnp

    def sw(x, y, theta):
        return jnp.mean((jnp.sort(theta @ x.T, axis=1) - jnp.sort(theta @ y.T, axis=1)) ** 2)

    forgets = jax.custom_vjp(sw)
    forgets.defvjp(
        lambda x, y, theta: (sw(x, y, theta), (x, y, theta)),
        lambda saved, cotangent: jax.grad(sw, argnums=(0, 1, 2))(*saved),
    )
    assert check(sw, CLOUD, gradient="jax")
    assert check(lambda *given: sw(*given).reshape(1), CLOUD, gradient="jax")
    assert check(lambda *given: [sw(*given)], CLOUD, gradient="jax")
    assert "of 4 * value: dx" in str(check(forgets, CLOUD, gradient="jax"))
    assert check(forgets, find("cloud-64x3-float64"), gradient="jax")
