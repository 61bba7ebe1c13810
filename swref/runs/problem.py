"""From a configuration to the objects that it names: measures, units, network, initial parameters."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from swref.directions import directions
from swref.measures import Discrete, Measure, Standardize, load_measure, standardized
from swref.networks import MLP
from swref.randomness import stream
from swref.runs.config import TrainConfig
from swref.sgd import Iterate, project_on_ball, sgd

CONTINUOUS_POINTS = 4000  # drawn from a continuous target, for its units and its evaluation


@dataclass(frozen=True)
class Problem:
    """What a run trains on. All measures but `source` are in the network's units; `units` leads there from the data's.

    >>> problem = Problem.of(TrainConfig())
    >>> problem.net.sizes, problem.train.points.shape
    ((4, 64, 64, 4), (171, 4))
    """

    config: TrainConfig
    source: Measure
    target: Measure  # what SGD draws from: `train`, or a continuous law itself
    whole: Discrete  # all the data, or points drawn from a continuous law
    train: Discrete  # the share of `whole` that SGD may see
    held_out: Discrete  # the rest
    units: Standardize
    names: tuple[str, ...] | None
    net: MLP

    @classmethod
    def of(cls, config: TrainConfig) -> Problem:
        """Load, split, standardise. Raises what loading raises."""
        measure = load_measure(config.target, list(config.columns) or None, label="target")
        source = load_measure(config.source, label="source")
        rng = stream(config.seed, "split")
        finite = isinstance(measure, Discrete)
        whole = measure if isinstance(measure, Discrete) else Discrete(measure.sample(rng, CONTINUOUS_POINTS))
        train, held_out = whole.split(1 - config.holdout, rng)
        units = Standardize.named(config.standardize, train.points, train.weights)
        directions(0, 1, measure.dim, config.scheme)  # raises where the scheme has no such dimension
        return cls(
            config=config,
            source=source,
            target=standardized(train if finite else measure, units),
            whole=standardized(whole, units),
            train=standardized(train, units),
            held_out=standardized(held_out, units),
            units=units,
            names=getattr(measure, "names", None),
            net=MLP((source.dim, *config.hidden, measure.dim), config.activation),
        )

    def initial(self) -> np.ndarray:
        """u0 [d_u], drawn from the config's initial law; with a projection, moved into the ball B(0, r)."""
        config = self.config
        radius = config.init_radius if config.init == "ball" else None
        u0 = self.net.init(stream(config.seed, "init"), config.init, radius, dtype=config.dtype)
        return u0 if math.isinf(config.radius) else project_on_ball(u0, config.radius)

    def iterates(self, u0: np.ndarray, start: int = 0) -> Iterator[Iterate]:
        """The run of the config, from its iterate u0 [d_u] at step `start`; see swref.sgd."""
        config = self.config
        return sgd(
            self.net,
            self.source,
            self.target,
            u0,
            step=config.step,
            batch=config.batch,
            steps=config.steps,
            directions=config.directions,
            noise=config.noise,
            radius=config.radius,
            p=config.p,
            seed=config.seed,
            backend=config.backend,
            scheme=config.scheme,
            schedule=config.schedule(),
            start=start,
        )

    def generate(self, u: np.ndarray, rng: np.random.Generator, n: int) -> np.ndarray:
        """n points T(u, x) [n, d] of the generator, in the network's units."""
        return self.net.forward(u, self.source.sample(rng, n).astype(u.dtype))[0]

    def data_digest(self) -> str:
        """SHA-256 of the data and laws: a run is resumed only on the same."""
        description = [self.source.to_dict(), self.target.to_dict(), self.units.to_dict()]
        return hashlib.sha256(json.dumps(description, sort_keys=True).encode()).hexdigest()
