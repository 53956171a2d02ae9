"""t-SNE as a job: scikit-learn cannot be interrupted and would slow every page down, so each one has its own process."""

from __future__ import annotations

import contextlib
import io
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from collab.errors import SettingError

if TYPE_CHECKING:  # its process need load neither torch nor pandas
    from collab.services.job_queue import Job
    from collab.services.jobs import Jobs
    from collab.services.worker import AtWork

LEAST_ROWS, MOST_ROWS = 10, 5000  # more would take minutes
N_ITERATIONS = 1000
SEED = 0
ROWS, PLACES = "rows.npy", "places.npy"
KIND = "t-SNE"
_ITERATION = re.compile(r"\[t-SNE\] Iteration (\d+)")


def start(jobs: Jobs, of: dict[str, Any], matrix: np.ndarray, *, owner: str, session: str, again: bool = False) -> Job:
    """Submit a job for the t-SNE of the rows of `matrix`, `again` if one is done. `of` says what the rows are, and gives the
    number of "dimensions" and the "perplexity", roughly the effective number of neighbours of a row.

    Raises SettingError for too few or too many rows, and StorageError if the job cannot be recorded.

    scikit-learn's t-SNE, initialised with the principal components, `N_ITERATIONS` iterations, seeded. The perplexity is lowered
    unless there are three times as many other rows.
    """
    if not LEAST_ROWS <= len(matrix) <= MOST_ROWS:
        raise SettingError(
            f"t-SNE takes {LEAST_ROWS} to {MOST_ROWS:,} films, here are {len(matrix):,}; show more or fewer films"
        )
    rows = io.BytesIO()
    np.save(rows, np.asarray(matrix, dtype=np.float32), allow_pickle=False)
    return jobs.submit(KIND, of, owner=owner, session=session, files={ROWS: rows.getvalue()}, again=again)


def places(jobs: Jobs, job: Job) -> np.ndarray:
    """The coordinates of the rows, (n, dimensions). Raises ValueError if they cannot be read."""
    try:
        with open(jobs.queue.folder / job.id / PLACES, "rb") as file:
            return np.load(file, allow_pickle=False)
    except Exception as reason:  # a damaged file can raise almost anything
        raise ValueError(f"{PLACES} of t-SNE {job.id} cannot be read ({reason})") from reason


def compute(request: dict[str, Any], at_work: AtWork) -> None:
    """Compute the t-SNE of the rows in the job's folder, and write the coordinates beside them."""
    from sklearn.manifold import TSNE  # only in the worker

    matrix = np.load(at_work.folder / ROWS, allow_pickle=False)
    with contextlib.redirect_stdout(_Reports(at_work)):
        found = TSNE(
            n_components=request["dimensions"],
            perplexity=min(request["perplexity"], (len(matrix) - 1) / 3),
            init="pca",
            max_iter=N_ITERATIONS,
            random_state=SEED,
            verbose=2,
            n_jobs=1,
        ).fit_transform(matrix)
    unfinished = Path(f"{at_work.folder / PLACES}.tmp")
    with unfinished.open("wb") as file:
        np.save(file, np.asarray(found, dtype=np.float32), allow_pickle=False)
    os.replace(unfinished, at_work.folder / PLACES)


class _Reports(io.TextIOBase):
    """Reads the progress from what scikit-learn prints."""

    def __init__(self, at_work: AtWork) -> None:
        self._at_work = at_work

    def write(self, text: str) -> int:
        if found := _ITERATION.match(text):
            self._at_work.report(min(1.0, int(found[1]) / N_ITERATIONS))
        return len(text)
