"""The sealed rows of a run: their figure, which is the one to quote, or the button for the only check on them."""

from __future__ import annotations

import streamlit as st

from collab.errors import CollabError
from collab.services.run_record import RunRecord
from collab.services.sealed import check_sealed
from collab.ui.charts import formats
from collab.ui.frame import cached

WHY_COUNT = "The best of many looks better than it is: part of its lead is luck on these very ratings."


def figure_to_quote(record: RunRecord) -> str:
    """The MSE on the sealed rows beside both baselines there, in words."""
    model, biases, mean = (record.sealed[name]["mse"] for name in ("model", "biases_only", "global_mean"))
    return (
        f"To quote: MSE **{formats.loss(model)}** on {formats.count(record.n_sealed)} sealed ratings, which neither trained nor "
        f"chose it. On the same ratings biases only reach {formats.loss(biases)}, the global mean {formats.loss(mean)}."
    )


def show_sealed(record: RunRecord) -> None:
    """How a run was chosen, and its figure on the sealed rows; nothing for a run without either."""
    chosen = (
        f"Chosen when {formats.counted(record.n_tried, 'setting')} had been tried on the same held-out ratings. {WHY_COUNT}"
        if record.n_tried
        else ""
    )
    if record.sealed:
        st.markdown(f"{figure_to_quote(record)} {chosen}")
        return
    if chosen:
        st.markdown(chosen)
    if not record.n_sealed or not record.has_weights:
        return
    if record.sealed_seen:
        st.caption("Its sealed ratings were looked at for another setting: they are no longer unseen.")
        return
    st.button(
        f"Check on {formats.count(record.n_sealed)} sealed ratings",
        key="check_sealed",
        icon=":material/lock_open:",
        on_click=_check,
        args=(record.id,),
        help="Ratings that neither trained nor chose this run. Look when all is chosen: their figure is the one to quote.",
    )
    if refused := st.session_state.pop("_train_sealed_refused", None):
        st.error(refused, icon=":material/error:")


def _check(run_id: str) -> None:
    try:
        check_sealed(run_id, cached.runs(), cached.environment())
    except CollabError as reason:
        st.session_state["_train_sealed_refused"] = formats.plain(str(reason))
    else:
        cached.trained_run.clear(run_id)
