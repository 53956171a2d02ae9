"""How far two runs agree: the figures, and what they mean for these two."""

from __future__ import annotations

import streamlit as st

from collab.models import epoch_word_of
from collab.models.embedding_net import EmbeddingNet
from collab.services.repeats import differ_only_in_seed
from collab.services.run_record import RunRecord
from collab.ui.charts import formats
from collab.ui.frame.run_words import alike_in_words, differing
from collab.ui.map.two_runs_cached import TwoRuns

MEANING = (
    "Turning users and films together changes no prediction, so the seed decides which way they lie: **a place or an axis of one "
    "run cannot be compared with another run’s before one is turned onto the other.** Which films are near each other needs no "
    "turning, and is what the seeds of one model should agree on."
)


def agreement(two: TwoRuns, most_drawn: int) -> None:
    """The three figures of two runs: what turning does not explain, neighbours kept, and the number of films compared."""
    turned, straight, shuffled = two.disparities
    k = two.kept.k
    kept = k * float(two.kept.share.mean())
    unexplained, neighbours, n_items = st.columns(3)
    unexplained.metric(
        "Not explained by turning",
        formats.percent(turned),
        help="Disparity: the share of one run’s variance that the other leaves unexplained after the best shift, turn or mirror "
        "image, and scale. 0 %: the same space, only turned.",
    )
    unexplained.caption(
        f"Without turning {formats.percent(straight)}; turned, films shuffled {formats.percent(shuffled)}."
    )
    neighbours.metric(
        f"Neighbours kept of {k}",
        f"{kept:.1f}",
        help=f"The mean over these films: how many of a film’s {k} nearest (by {two.nearest_by}, among these films) "
        "are the same in both runs. No turning changes it.",
    )
    neighbours.caption(f"By chance {k * two.kept.chance:.2f}.")
    n_items.metric("Films compared", formats.count(len(two.items)))
    drawn = f" The {formats.count(most_drawn)} most rated are drawn." if len(two.items) > most_drawn else ""
    n_items.caption(f"{two.minimum} training ratings or more in both runs.{drawn}")


def show_meaning(two: TwoRuns) -> None:
    """What the figures mean for these two runs, and how the runs differ."""
    st.markdown(_meaning(two))
    records = [two.first.record, two.second.record]
    frame = differing(records)
    if frame.empty:
        st.caption(alike_in_words(records))
    else:
        settings = "; ".join(
            f"{formats.plain(label)} {formats.plain(row['A'])} and {formats.plain(row['B'])}"
            for label, row in frame.iterrows()
        )
        st.caption(f"What differs, A and B: {settings}.")


def _meaning(two: TwoRuns) -> str:
    text = MEANING
    if differ_only_in_seed(two.first.record, two.second.record):
        text += " These two differ in the seed alone: a neighbour that is not kept was chosen by chance."
    for letter, record in (("A", two.first.record), ("B", two.second.record)):
        if record.state != "finished":
            text += f" **{letter} {_ended(record)}**: what differs may come of that, whatever the seeds."
    if two.first.record.fingerprint != two.second.record.fingerprint:
        text += " **The two were trained on different states of the data set**: what differs may come of that."
    if isinstance(two.first.model, EmbeddingNet) or isinstance(two.second.model, EmbeddingNet):
        text += (
            " The layers of a net undo any stretching as well, so seeds may change more in it than a turn takes back."
        )
    return text


def _ended(record: RunRecord) -> str:
    """How and when an unfinished run ended."""
    how = {"stopped": "was stopped early", "interrupted": "was interrupted"}.get(record.state, record.state)
    n_epochs = record.settings.get("epochs")
    if n_epochs is None:
        return how
    return f"{how}, after {record.epochs_done} of {formats.counted(n_epochs, epoch_word_of(record.model))}"
