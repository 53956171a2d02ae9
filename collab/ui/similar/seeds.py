"""How stable neighbours are over seeds: marks from runs that differ in the seed alone, and a button to train more."""

from __future__ import annotations

import contextlib
import dataclasses

import streamlit as st

from collab.errors import RunError
from collab.explore.similarity import TOP, Options, mean_overlap, similar_items, times_found
from collab.services.repeats import plan_repeats, same_but_seed, why_not_repeated, with_own_rows
from collab.services.run_files import TrainedRun
from collab.ui.charts import formats
from collab.ui.frame import cached
from collab.ui.frame.queueing import queue, say_refusal
from collab.ui.frame.visitor import visitor
from collab.ui.frame.watch import watch
from collab.ui.similar.figures import seed_marks
from collab.ui.similar.lists import Listing

N_SEEDS = 5  # this run included


@dataclasses.dataclass(frozen=True)
class Seeds:
    """What runs with other seeds say about a film's neighbours: the number of runs, this one included; the mean share that two of
    their lists of ten have in common; the ids of those still training; how many could be trained to make five, and why none can
    where some are lacking."""

    n_seeds: int
    overlap: float
    busy: tuple[str, ...]
    n_lacking: int
    why_none: str = ""


def marked_by_seeds(run: TrainedRun, film: int, options: Options, listing: Listing) -> tuple[Listing, Seeds]:
    """The listing with a dot per seed beside each film and a column `seeds`, where other seeds have been trained."""
    others = same_but_seed(run.record, cached.runs().records())
    ended = [each for each in others if not each.busy][: N_SEEDS - 1]
    busy = tuple(each.id for each in others if each.busy)
    n_lacking = N_SEEDS - 1 - len(ended) if not busy else 0
    why_none = why_not_repeated(run.record, cached.environment()) if n_lacking else ""
    if why_none:
        n_lacking = 0
    if not ended:
        return listing, Seeds(1, float("nan"), busy, n_lacking, why_none)
    lists = [_nearest_in(run.id, run, film, options)]
    for each in ended:
        with contextlib.suppress(RunError):  # somebody has just deleted it, or its files are damaged
            lists.append(_nearest_in(each.id, run, film, options))
    found = times_found(listing.table["item_index"].to_numpy(), lists)
    marked = dataclasses.replace(
        listing,
        table=listing.table.assign(seeds=found),
        notes=[seed_marks(int(times), len(lists)) for times in found],
    )
    return marked, Seeds(len(lists), mean_overlap(lists), busy, n_lacking, why_none)


def _nearest_in(run_id: str, run: TrainedRun, film: int, options: Options) -> list[int]:
    """The nearest films in a run on the same rows: its films have the same item indices and counts."""
    space = cached.run_film_space(run_id)
    table = similar_items(space, run.items, film, options, TOP)
    return table["item_index"].tolist()


def show_seeds(run: TrainedRun, seeds: Seeds) -> None:
    """Draw what the marks mean, and the button that trains more seeds or their progress."""
    if seeds.n_seeds > 1:
        st.caption(
            f"{seed_marks(seeds.n_seeds - 1, seeds.n_seeds)}: in {seeds.n_seeds - 1} of {seeds.n_seeds} trainings, alike but for "
            f"their seed, the film is among the {TOP} nearest. Two of these lists share "
            f"{formats.percent(seeds.overlap)} of their films on average."
        )
    if seeds.busy:
        watch(seeds.busy, "Training another seed")
    elif seeds.n_lacking:
        st.button(
            f"Train {formats.counted(seeds.n_lacking, 'more seed')}",
            key="train_seeds",
            icon=":material/repeat:",
            on_click=_train,
            args=(run,),
            help="Queues the same training with other seeds; then every neighbour says how many of them find it too.",
        )
    say_refusal()
    if seeds.why_none:
        st.caption(f"No other seed of this run can be trained: {seeds.why_none}.")


def _train(run: TrainedRun) -> None:
    """Queue as many as are lacking now: the button may have been pressed twice."""
    store = cached.runs()
    known = store.records()
    n = N_SEEDS - 1 - len(same_but_seed(run.record, known))
    queue(lambda: plan_repeats(with_own_rows(run.record, store), known, starter=visitor(), n=n))
