"""Runs: a training run is a folder that replays, resumes and explains itself."""

from swref.runs.attempts import train_chosen
from swref.runs.choice import Choice, chosen
from swref.runs.config import TrainConfig
from swref.runs.evaluation import HeldOutDistances
from swref.runs.folder import RunFolder, claimed_folder, next_folder
from swref.runs.problem import Problem
from swref.runs.run import Generated, Run
from swref.runs.training import Summary, open_run, replayed, resume, train

__all__ = [
    "Choice",
    "Generated",
    "HeldOutDistances",
    "Problem",
    "Run",
    "RunFolder",
    "Summary",
    "TrainConfig",
    "chosen",
    "claimed_folder",
    "next_folder",
    "open_run",
    "replayed",
    "resume",
    "train",
    "train_chosen",
]
