"""All kinds of jobs. A new kind is a function in its own module and a line here."""

from __future__ import annotations

from collab.services.environment import Environment
from collab.services.jobs import Kind, Lane
from collab.services.trainings import FIRST_RUNS, TRAINING, TRIALS, Training

TSNE = Lane("t-SNE", is_killed=True, silent_seconds=300.0)
NETWORK = Lane("network", niceness=0, is_killed=True, silent_seconds=120.0)
# they take seconds while somebody watches: they neither wait behind the trainings nor load torch anew every time
MEASURES = Lane(
    "measures",
    modules=("collab.services.measures",),
    linger_seconds=120.0,
    is_killed=True,
    silent_seconds=600.0,
)


def all_kinds(environment: Environment) -> tuple[Kind, ...]:
    """The kinds of jobs of a server."""
    train, home = "collab.services.training_job:train", {"home": environment.home, "stores": {}}
    return (
        Training("training", train, TRAINING, n_kept=50, is_lasting=True, adopts=True, **home),
        Training("first run", train, FIRST_RUNS, is_lasting=True, **home),
        Training("trial", train, TRIALS, n_kept=0, is_kept=False, **home),
        Kind("t-SNE", "collab.services.tsne:compute", TSNE),
        Kind("download", "collab.services.downloads:fetch", NETWORK, is_lasting=True),
        Kind("range test", "collab.services.measures:try_rates", MEASURES, n_kept=32),
        Kind("films left out", "collab.services.measures:leave_items_out", MEASURES),
    )
