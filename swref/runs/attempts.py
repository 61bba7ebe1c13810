"""Training with a step that was chosen: where it diverges, half of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from swref.errors import DivergenceError
from swref.runs.choice import Choice
from swref.runs.folder import RunFolder
from swref.runs.progress import Progress
from swref.runs.training import Summary, train

HALVINGS = 5


def train_chosen(
    choice: Choice, path: Path, progress: Progress | None = None, tell: Callable[[str], None] | None = None
) -> Summary:
    """Run `choice` in a new or empty folder `path`; a step that was chosen is halved, at most HALVINGS times, where the
    run diverges, and the run begins anew. A step that was given stays what it is.

    `tell(line)` is called as in `train`, for what was chosen and for each halving. Errors as there.
    """
    say = tell or (lambda _: None)

    def began() -> None:
        if choice.notes:
            say(f"chosen: {', '.join(choice.notes)}")

    problem, folder = choice.problem, RunFolder(path)
    left = HALVINGS
    while True:
        first = left == HALVINGS
        try:
            return train(problem, path, progress, tell=tell if first else None, started=began if first else None)
        except DivergenceError as error:
            if "step" not in choice.fields or left == 0:
                raise
            left, step = left - 1, problem.config.step / 2
            say(f"diverged with the step {problem.config.step:g} ({str(error).partition(';')[0]}): again with {step:g}")
            folder.discard()
            problem = problem.under(replace(problem.config, step=step))
