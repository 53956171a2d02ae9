"""t-SNE on the film map: begun when asked for, shown when it is there, with its progress and a way to stop it until then."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import streamlit as st

from collab.services.tsne import DONE, MOST_ROWS, WAITING
from collab.ui import map_cache, words

POLL_SECONDS = 0.5


def tsne_places(run_id: str, n_films: int, with_bias: bool, n_axes: int, perplexity: int) -> np.ndarray | None:
    """The places (n, n_axes) of the `n_films` most rated films, at most `MOST_ROWS`; None until they are known.

    Draws how far it is, or why it ended, where it is called.
    """
    n_films = min(n_films, MOST_ROWS)
    key = (run_id, n_films, with_bias, n_axes, perplexity)
    desk, state = map_cache.tsne_desk(), st.session_state
    if state.get("_tsne") not in (None, key):
        desk.stop(state["_tsne"])  # nobody waits for it here any more

    def start() -> None:
        state["_tsne"] = key
        desk.start(key, map_cache.matrix_of(run_id, n_films, with_bias), n_axes, perplexity)

    if desk.get(key) is None or (state.get("_tsne") != key and desk.get(key).state != DONE):
        start()
    state["_tsne"] = key
    found = desk.get(key)
    if found.state == DONE:
        return found.places
    if found.busy:
        st.fragment(_show_progress, run_every=POLL_SECONDS)(key)
    else:
        why = words.sentence(found.message or "t-SNE was stopped")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"{why} The map shows the principal components.")
            st.button("Compute t-SNE", key="tsne_start", on_click=start)
    return None


def _show_progress(key: Hashable) -> None:
    found = map_cache.tsne_desk().get(key)
    if found is None or not found.busy:
        st.rerun()
    what = "t-SNE waits for its turn" if found.state == WAITING else f"t-SNE: {words.percent(found.share)}"
    st.progress(found.share, text=f"{what}; until then the principal components")
    if st.button("Stop", key="tsne_stop", help="Stops t-SNE; the map stays with the principal components."):
        map_cache.tsne_desk().stop(key)
        st.rerun()
