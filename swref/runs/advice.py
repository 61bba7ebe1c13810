"""What the numbers of a finished run mean in words, and what to change where they are poor."""

from __future__ import annotations

from swref.measures.reading import listing
from swref.runs.config import TrainConfig
from swref.runs.evaluation import LEAST_ROWS, HeldOutDistances

GOOD, FAIR = 1.1, 1.6  # generated over resampled
FAR, NEAR, BELOW = 2.0, 1.3, 0.8  # the last loss over the loss that sampling leaves
MAPPED = 0.9  # of the distance of ranks, once ties are mapped
CORRELATED = 2.0  # the error of the correlations over that of the halves


def advice(distances: HeldOutDistances, loss: float, floor: float, config: TrainConfig) -> list[str]:
    """The verdict in one line, after lines on what the distances are of. loss: the mean of the last steps.

    The ratio read is that to the resampled training points, of ranks where a heavy tail decides the other. The signs
    are those that went with a remedy on tables tried.
    """
    found = []
    if distances.rows < LEAST_ROWS:
        return [
            f"{distances.rows} rows are too few to say how good the generator is: {LEAST_ROWS} are needed for a ratio"
        ]
    if distances.sampled:
        part = f"{distances.points} points of each half of the {distances.rows}, at random"
        found.append(f"the distances are of {part}: an error below what so many leave is not seen")
    if distances.heavy:
        found.append(f"heavy tails in {listing(distances.heavy)}: one value decides the distance; read the ranks")
    if distances.rank_mapped is not None and distances.rank_mapped < MAPPED * distances.rank_generated:
        before, after = (d / distances.rank_resampled for d in (distances.rank_generated, distances.rank_mapped))
        found.append(f"columns repeat values: --ties map brings the ratio of ranks from {before:.2f} to {after:.2f}")
    ratio = distances.rank_ratio if distances.heavy else distances.ratio_to_resampled
    if ratio is None:
        return [*found, "no ratio: the training points, resampled, are the held-out data"]
    if ratio <= GOOD:
        return [*found, f"good: as near to the held-out data as the training points resampled ({ratio:.2f} times)"]
    word = "fair" if ratio <= FAIR else "poor"
    said = f"{word}: {ratio:.2f} times as far from the held-out data as the training points resampled"
    return [*found, f"{said}; {_remedy(distances, loss / floor if floor > 0 else FAR, config)}"]


def _remedy(distances: HeldOutDistances, over_floor: float, config: TrainConfig) -> str:
    if distances.heavy and not distances.images and "log" not in config.transform:
        return f"learn logarithms (--transform) of {listing(distances.heavy)}, shifted above 0 where they are not"
    columns, inputs = distances.columns, config.source.partition(":")[2]
    off = columns.correlation_error > CORRELATED * columns.correlation_error_halves
    if off and inputs.isdigit() and int(inputs) < len(columns.worst):
        return (
            f"correlations are off, and {config.source} has fewer dimensions than the data: leave --source to be chosen"
        )
    if over_floor > FAR:
        if config.schedule == "constant":
            return "the loss is far from what sampling leaves: leave --source, --directions and --step to be chosen"
        return "the loss is far from what sampling leaves: try --minutes 2, or a larger network or source"
    if over_floor > NEAR:
        return "the loss still falls: try more steps (--minutes 2)"
    if off:
        return "correlations are off: try --minutes 2, or a larger network or source"
    if over_floor < BELOW:
        return "outliers set the loss that sampling leaves: look at the columns' extremes"
    return "the loss of a batch is what sampling leaves: try --minutes 2; if more steps change nothing, more data"
