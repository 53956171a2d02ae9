"""The process that computes one t-SNE: reads rows from a file, says how far it is, and writes the places of the rows.

    python -m collab.services.tsne_process ROWS.npy PLACES.npy DIMENSIONS PERPLEXITY SEED

Every line on standard output that begins with "[t-SNE] Iteration" is scikit-learn's own report, each 50 of `N_ITERATIONS`
iterations. It ends with whoever started it: when its standard input closes.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from pathlib import Path

import numpy as np

N_ITERATIONS = 1000
NICENESS = 10


def main() -> None:
    """Compute what the arguments ask for."""
    rows, places, dimensions, perplexity, seed = sys.argv[1:]
    threading.Thread(target=_end_with_the_starter, daemon=True).start()
    with contextlib.suppress(AttributeError, OSError):
        os.nice(NICENESS)
    from sklearn.manifold import TSNE  # after the watcher: a starter that goes during the import is noticed

    sys.stdout.reconfigure(line_buffering=True)
    matrix = np.load(rows, allow_pickle=False)
    found = TSNE(
        n_components=int(dimensions),
        perplexity=float(perplexity),
        init="pca",
        max_iter=N_ITERATIONS,
        random_state=int(seed),
        verbose=2,
        n_jobs=1,
    ).fit_transform(matrix)
    unfinished = Path(f"{places}.partial")
    with unfinished.open("wb") as file:
        np.save(file, np.asarray(found, dtype=np.float32), allow_pickle=False)
    unfinished.replace(places)


def _end_with_the_starter() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    main()
