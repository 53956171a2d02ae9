"""t-SNE on the film map: started on request, with its progress and a button to stop it until the result is shown."""

from __future__ import annotations

import numpy as np

from collab.services import tsne
from collab.ui.frame import cached
from collab.ui.frame.visitor import visitor
from collab.ui.frame.watch import result_of, session
from collab.ui.map import cached as map_cached


def tsne_places(run_id: str, n_items: int, with_bias: bool, n_axes: int, perplexity: int) -> np.ndarray | None:
    """The coordinates (n, n_axes) of the `n_items` most rated films, at most `MOST_ROWS`; None until they are computed.

    Draws the progress, or why it ended, where it is called.
    """
    n_items, jobs = min(n_items, tsne.MOST_ROWS), cached.jobs()
    of = {"run": run_id, "films": n_items, "bias": with_bias, "dimensions": n_axes, "perplexity": perplexity}
    return result_of(
        tsne.KIND,
        of,
        "Computing t-SNE",
        key="tsne",
        read=lambda job: tsne.places(jobs, job),
        submit=lambda again: tsne.start(
            jobs,
            of,
            map_cached.matrix_of(run_id, n_items, with_bias),
            owner=visitor(),
            session=session(),
            again=again,
        ),
        button="Compute t-SNE",
        instead="the principal components",
    )
