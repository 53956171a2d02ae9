"""The last step of Learn, the chapter's eight tables: printed figures, ours for the same recipe, and which findings hold."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from collab.data.catalogue import CATALOGUE, Entry
from collab.errors import RunError
from collab.lessons.chapter import DATA, PRINTED_SECONDS, ROWS, SEEDS
from collab.lessons.chapter_summary import Summary
from collab.models import PRESET_TITLES
from collab.services.chapter_runs import mean_baselines, runs_of
from collab.services.run_record import RunRecord
from collab.ui.charts import formats
from collab.ui.charts.palette import palette
from collab.ui.charts.style import PLAIN
from collab.ui.frame import cached, link
from collab.ui.frame.in_use import use_data
from collab.ui.frame.page import Page
from collab.ui.learn.step import Door, Step
from collab.ui.learn.tables_figures import final_figure, show_epoch_table, show_final_table, show_findings, summaries_of
from collab.ui.learn.tables_training import show_training


def draw(page: Page) -> None:
    here = page.data.name == DATA
    records = cached.runs().records() if here else []
    runs = {row.key: runs_of(row, records) for row in ROWS}
    try:
        summaries = summaries_of(ROWS, records)
    except RunError:
        st.rerun()  # another session has just deleted a run
    if not here:
        _say_only_the_print(page.data)
    picture, side = st.columns([2.6, 1], gap="large")
    picture.plotly_chart(
        final_figure(summaries, mean_baselines(run for of_row in runs.values() for run in of_row), palette()),
        config=PLAIN,
        key="final_losses",
        alt="The final valid loss of the eight rows, printed and ours with its spread; the table below holds the same",
    )
    with side:
        if here:
            in_numbers = _in_numbers(summaries)
            st.markdown(f"**{in_numbers[0].upper()}{in_numbers[1:]}.**")
            show_training(ROWS)
        st.caption(
            "**◇** printed, on a pale bar that reaches 0.02 to either side: so near is a reproduction.  \n"
            "**●** ours, the mean of three seeds ± their standard deviation.  \n"
            "**○** ours, with films that nobody rated in training left near zero, as in the chapter."
        )
        st.caption(
            f"The recipe: batches of 64, five epochs of one-cycle up to 5e-3, items are titles, 20 % held out at random; seeds "
            f"{', '.join(map(str, SEEDS))}, each for the model and for the split. The chapter’s rows share one split, which is "
            f"not known. Its epochs took {PRINTED_SECONDS[0]} to {PRINTED_SECONDS[1]} s. The run in the sidebar counts only "
            "where it is one of these trainings."
        )
    st.subheader("What the chapter finds", anchor=False)
    show_findings(summaries)
    st.subheader("After the last epoch", anchor=False)
    show_final_table(summaries)
    st.subheader("Epoch by epoch", anchor=False)
    by_name = {each.row.short: each for each in summaries}
    chosen = st.selectbox(
        "Row", list(by_name), key="row", bind="query-params", help="Which of the chapter’s tables is shown."
    )
    _show_row(by_name[chosen], runs[by_name[chosen].row.key], here=here)


def _say_only_the_print(data: Entry) -> None:
    """Why nothing is compared on the data set in use, and a button that chooses the chapter's own."""
    line, button = st.columns([5, 1], vertical_alignment="center")
    wanted = link.own("data") == DATA
    why = "is not at hand" if wanted else "is not the data set in use"
    line.info(
        f"The printed figures are of {CATALOGUE[DATA].title}, which {why}; those of {formats.plain(data.title.lower())} cannot "
        "be compared with them. So only the print is shown.",
        icon=":material/info:",
    )
    if not wanted and button.button("Use it", key="use_chapter_data", width="stretch"):
        use_data(DATA)
        st.rerun()


def _in_numbers(summaries: Sequence[Summary]) -> str:
    """The number of rows for each verdict, in words."""
    verdicts = [each.verdict for each in summaries]
    counted = {word: verdicts.count(word) for word in dict.fromkeys(verdicts)}
    return ", ".join(f"{number} {word}" for word, number in counted.items())


def _show_row(summary: Summary, runs: Sequence[RunRecord], *, here: bool) -> None:
    """One table of the chapter, the reason for its verdict, and links to our runs."""
    show_epoch_table(summary)
    if here:
        st.markdown(f"**{summary.row.title}: {summary.verdict}.** {summary.reason} {summary.row.note}".rstrip())
        st.caption(f"Ours is `{summary.row.model}`, preset *{PRESET_TITLES[summary.row.preset]}*.")
    with st.container(horizontal=True):
        for run in runs:
            st.page_link(
                "pages/train.py",
                label=f"Seed {run.split_seed}: {formats.loss(run.valid['mse'])}",
                icon=":material/show_chart:",
                query_params={"data": run.data, "run": run.id},
                help="Opens this run, with its curve, on the page Train.",
            )


STEP = Step(
    slug="tables",
    title="The chapter’s tables",
    insight="The eight tables that the chapter prints, beside ours for the same recipe: which figures and findings can be "
    "reproduced?",
    draw=draw,
    needs_run=False,
    door=Door("pages/runs.py", "every training that is kept, this recipe’s among them"),
)
