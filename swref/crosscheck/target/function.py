"""The user's own loss: a function with a declared convention."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any, Final

import numpy as np

from swref.checks import one_of
from swref.crosscheck.adapter import Adapter, Evaluation
from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.observation import TargetError

LIBRARIES: Final = ("torch", "jax")
GRADIENTS: Final = ("none", "function", *LIBRARIES)
WEIGHT_NAMES: Final = (("x_weights", "y_weights"), ("a", "b"), ("wx", "wy"))


class FunctionAdapter(Adapter):
    """A function f(x, y, theta), or f(x, y) if it draws its own directions, called with what else it accepts.

    The order is passed as `p` and weights as x_weights, y_weights (or a, b, or wx, wy) where its signature has such
    names; cases that need what it does not accept are skipped. A `seed` that it accepts is passed too.
    `gradient`: "none" it returns the value; "function" it returns (value, dx), (value, dx, dy) or an Evaluation, which
    may hold gradients in theta and the weights, too; "torch" and "jax" it takes tensors of that library and is
    differentiated.

    >>> mean_gap = FunctionAdapter(lambda x, y, theta: np.mean((x - y) ** 2), Convention(), "none")
    >>> from swref.crosscheck.catalog import find
    >>> float(mean_gap.evaluate(find("one-point-p2").inputs, False).value)
    12.5
    >>> mean_gap.cannot(find("order-3-8x2-float64").inputs)
    'no argument p'
    """

    def __init__(self, function: Callable[..., Any], convention: Convention, gradient: str = "none", name: str = ""):
        self.function, self.convention = function, convention
        self.gradient = one_of("gradient", gradient, GRADIENTS)
        self.name = name or getattr(function, "__name__", type(function).__name__)
        self.has_gradient = self.gradient != "none"
        self.compiles = self.gradient == "jax"
        takes = _arguments(function)
        self.takes_p, self.takes_seed = takes("p"), takes("seed")
        self.weights = next((pair for pair in WEIGHT_NAMES if all(map(takes, pair))), None)
        self._seed: int | None = 0

    def cannot(self, inputs: Inputs) -> str | None:
        """What the signature lacks for these inputs."""
        if inputs.p != 2 and not self.takes_p:
            return "no argument p"
        if not inputs.uniform and self.weights is None:
            return "no arguments for weights"
        return super().cannot(inputs)

    def seed(self, seed: int) -> None:
        """NumPy's global generator, torch's for a torch function, and the argument `seed`."""
        super().seed(seed)
        self._seed = seed
        if self.gradient == "torch":
            self._library().seed(seed)

    def unseed(self) -> None:
        """The argument `seed` is left out."""
        self._seed = None

    def _options(self, inputs: Inputs, weights: Iterable[Any]) -> dict[str, Any]:
        options: dict[str, Any] = {"p": inputs.p} if self.takes_p else {}
        if self.convention.own_directions and self.takes_seed and self._seed is not None:
            options["seed"] = self._seed
        if not inputs.uniform and self.weights is not None:
            options |= dict(zip(self.weights, weights, strict=True))
        return options

    def evaluate(self, inputs: Inputs, gradient: bool) -> Evaluation:
        """Call the function, or differentiate it."""
        theta = self.convention.theta(inputs.theta)
        if self.gradient in LIBRARIES:
            differentiated: Evaluation = self._library().differentiate(self._loss(inputs), inputs, theta, gradient)
            return differentiated
        given = () if self.convention.own_directions else (theta,)
        answer = self.function(
            inputs.x, inputs.y, *given, **self._options(inputs, (inputs.x_weights, inputs.y_weights))
        )
        if not np.array_equal(theta, self.convention.theta(inputs.theta), equal_nan=True):
            raise TargetError("the target changed its argument theta in place")
        if self.gradient == "none":
            return Evaluation(answer)
        if not isinstance(answer, Evaluation) and (not isinstance(answer, tuple) or len(answer) not in (2, 3)):
            raise TargetError(f"the function must return (value, dx) or (value, dx, dy), got {type(answer).__name__}")
        return Evaluation(*answer)

    def in_arguments(self, inputs: Inputs) -> Evaluation:
        """All gradients that the function returns, or those of the library that differentiates."""
        if self.gradient not in LIBRARIES:
            return self.evaluate(inputs, True)
        theta = self.convention.theta(inputs.theta)
        differentiated: Evaluation = self._library().in_arguments(self._loss(inputs), inputs, theta)
        return differentiated

    def ways(self, inputs: Inputs, in_y: bool) -> dict[str, Callable[[], Evaluation]]:
        """Those of the library that differentiates."""
        if self.gradient not in LIBRARIES:
            return {}
        found: dict[str, Callable[[], Evaluation]] = self._library().ways(
            self._loss(inputs), inputs, self.convention.theta(inputs.theta), in_y
        )
        return found

    def _loss(self, inputs: Inputs) -> Callable[..., Any]:
        """The function of arrays of the library, with its options filled in; it must not change the weights."""
        library = self._library()
        weights = (inputs.x_weights, inputs.y_weights)

        def loss(x: Any, y: Any, theta: Any, *others: Any) -> Any:
            given = () if self.convention.own_directions else (theta,)
            pair = others or [None if w is None else library.array(w, inputs.dtype) for w in weights]
            value = self.function(x, y, *given, **self._options(inputs, pair))
            for name, w, array in zip(self.weights or (), weights, pair, strict=False):
                if w is not None and library.changed(array, w):
                    raise TargetError(f"the target changed its argument {name} in place")
            return value

        return loss

    def _library(self) -> ModuleType:
        """The adapter of the library that differentiates, with its array and differentiate."""
        return importlib.import_module(f"swref.crosscheck.target.adapters.{self.gradient}")


def _arguments(function: Callable[..., Any]) -> Callable[[str], bool]:
    """Whether a function takes an argument of a name; no name where Python does not know its signature (builtins)."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return lambda name: False
    if any(q.kind is inspect.Parameter.VAR_KEYWORD for q in parameters.values()):
        return lambda name: True
    return lambda name: name in parameters and parameters[name].kind is not inspect.Parameter.POSITIONAL_ONLY
