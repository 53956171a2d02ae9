"""The picture, the tables and the findings in the step on the chapter's tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from collab.errors import RunError
from collab.lessons.chapter import NEAR, TIE, Row
from collab.lessons.chapter_findings import findings, printed_noise, ties
from collab.lessons.chapter_summary import Summary, Untrained, epoch_table, final_table
from collab.services.chapter_runs import runs_of, summary_of
from collab.services.run_record import RunRecord
from collab.ui.charts import formats
from collab.ui.charts.palette import Palette
from collab.ui.charts.style import styled
from collab.ui.learn import cached as learn_cached
from collab.ui.widgets.tables import show_table

HEIGHT = 460


def summaries_of(rows: Sequence[Row], records: Sequence[RunRecord]) -> list[Summary]:
    """Every row with our runs of it. Raises RunError where one has just been deleted."""
    return [summary_of(row, runs_of(row, records), learn_cached.chapter_curve, _untrained) for row in rows]


def _untrained(run_id: str) -> Untrained | None:
    try:
        return learn_cached.chapter_untrained(run_id)
    except RunError:
        return None  # the data set is missing or has changed: the row's reason does without it


# --- the picture -----------------------------------------------------------------------------------------------------------


def final_figure(summaries: Sequence[Summary], baselines: dict[str, float], palette: Palette) -> go.Figure:
    """The final valid loss of every row, printed and ours with its spread, first row on top; a pale bar is printed ± 0.02.

    `baselines` are the MSE of "global_mean" and "biases_only"; empty where nothing is trained.
    """
    places = list(range(len(summaries), 0, -1))
    printed = [each.row.printed_valid[-1] for each in summaries]
    trained = [(place, each) for place, each in zip(places, summaries, strict=True) if each.curves]
    figure = go.Figure()
    for place, loss in zip(places, printed, strict=True):
        figure.add_shape(
            type="rect",
            x0=loss - NEAR,
            x1=loss + NEAR,
            y0=place - 0.3,
            y1=place + 0.3,
            fillcolor=palette.grid,
            opacity=0.6,
            line_width=0,
            layer="below",
        )
    figure.add_scatter(
        x=[each.final for _, each in trained],
        y=[place for place, _ in trained],
        mode="markers",
        error_x={
            "array": [np.nan_to_num(each.spread("valid")[-1]) for _, each in trained],
            "color": palette.valid,
            "thickness": 2,
            "width": 5,
        },
        marker={"size": 12, "color": palette.valid},
        hovertext=[
            f"{each.row.title} · ours {formats.loss(each.final)} ± {formats.loss(each.spread('valid')[-1])} · "
            f"{formats.signed(each.difference, 4)} against the print"
            for _, each in trained
        ],
        hoverinfo="text",
    )
    left = [(place, each) for place, each in trained if each.untrained]
    figure.add_scatter(
        x=[each.final_untrained for _, each in left],
        y=[place for place, _ in left],
        mode="markers",
        marker={"size": 11, "color": palette.valid, "symbol": "circle-open", "line": {"width": 2}},
        hovertext=[
            f"{each.row.title} · ours {formats.loss(each.final_untrained)} with films without a training rating left near "
            "zero, as in the chapter"
            for _, each in left
        ],
        hoverinfo="text",
    )
    figure.add_scatter(
        x=printed,
        y=places,
        mode="markers",
        marker={"size": 13, "color": palette.observed, "symbol": "diamond-open", "line": {"width": 2}},
        hovertext=[f"{each.row.title} · printed {formats.loss(each.row.printed_valid[-1])}" for each in summaries],
        hoverinfo="text",
    )
    ends = [loss + sign * NEAR for loss in printed for sign in (-1, 1)]
    ends += [each.final + sign * np.nan_to_num(each.spread("valid")[-1]) for _, each in trained for sign in (-1, 1)]
    _baselines(figure, baselines, palette)
    styled(figure, palette, HEIGHT, left=0)
    figure.update_layout(margin_t=44)
    figure.update_xaxes(
        range=[min(ends) - 0.004, max(ends) + 0.004],
        title="held-out MSE after the last epoch (stars²)",
        tickformat=".2f",
        dtick=0.02,
    )
    figure.update_yaxes(
        tickvals=places,
        ticktext=[each.row.short for each in summaries],
        range=[0.4, len(summaries) + 0.6],
        showgrid=False,
        zeroline=False,
        automargin=True,
        tickfont_color=palette.ink,
    )
    return figure


def _baselines(figure: go.Figure, baselines: dict[str, float], palette: Palette) -> None:
    """Biases only as a dashed line, and an arrow to the global mean, which is far to the right of all rows."""
    label = {"yref": "paper", "y": 1, "yanchor": "bottom", "showarrow": False, "font_color": palette.muted}
    if "biases_only" in baselines:
        biases = baselines["biases_only"]
        figure.add_vline(x=biases, line={"color": palette.muted, "dash": "dash", "width": 1.5})
        figure.add_annotation(x=biases, xanchor="right", text=f"biases only {formats.loss(biases)}", **label)
    if "global_mean" in baselines:
        text = f"global mean {formats.loss(baselines['global_mean'])} →"
        figure.add_annotation(x=1, xref="paper", xanchor="right", yshift=16, text=text, **label)


# --- the tables ------------------------------------------------------------------------------------------------------------

LOSS, GAP = "%.4f", "%+.4f"


def show_final_table(summaries: Sequence[Summary]) -> None:
    """The eight final figures."""
    number = st.column_config.NumberColumn
    show_table(
        final_table(summaries),
        key="final_table",
        alt="The eight rows: final valid loss printed and ours",
        height=36 + 35 * len(summaries) + 2,
        column_config={
            "row": st.column_config.TextColumn("Row of the chapter", width=190),
            "printed": number("Printed", format=LOSS, width=75, help="Valid loss after the fifth epoch, stars²."),
            "ours": number("Ours", format=LOSS, width=75, help="The mean of the three seeds."),
            "spread": number("±", format=LOSS, width=75, help="Standard deviation over the three seeds."),
            "difference": number("Difference", format=GAP, width=85, help="Ours minus printed; below zero is better."),
            "near_zero": number(
                "Left near zero",
                format=LOSS,
                width=95,
                help="Ours, if films that nobody rated in training stay near zero, as in the chapter.",
            ),
            "verdict": st.column_config.TextColumn(
                "Verdict",
                width=110,
                help=f"“reproduced”: within {NEAR} of the print, and over-fitting where the print does. “explained”: not so "
                "near, and the reason, under the row’s own table, accounts for it.",
            ),
            "printed_train": number("Printed train", format=LOSS, width=95, help="Train loss at the end."),
            "train": number("Our train", format=LOSS, width=85, help="The same running mean, see below."),
            "epoch_seconds": number(
                "Epoch, s", format="%.2f", width=75, help="Seconds an epoch takes here; the chapter’s took 6 to 15."
            ),
        },
    )


def show_epoch_table(summary: Summary) -> None:
    """The five epochs of one row."""
    number = st.column_config.NumberColumn
    columns: dict[str, object] = {"epoch": number("Epoch", width=55)}
    for kind in ("valid", "train"):
        columns |= {
            f"{kind}_printed": number(f"Printed {kind}", format=LOSS, width=95),
            f"{kind}_ours": number(f"Our {kind}", format=LOSS, width=85, help="The mean of the three seeds."),
            f"{kind}_spread": number("±", format=LOSS, width=75, help="Standard deviation over the three seeds."),
            f"{kind}_difference": number("Difference", format=GAP, width=85, help="Ours minus printed."),
        }
    columns["train_over_epoch"] = number(
        "Train, whole epoch", format=LOSS, width=120, help="The mean over all batches, as the other pages show it."
    )
    show_table(
        epoch_table(summary),
        key="epoch_table",
        alt=f"{summary.row.title}: losses after each epoch, printed and ours",
        column_order=list(columns),
        column_config=columns,
    )
    st.caption(
        "The chapter’s library does not print an epoch’s mean train loss but a running mean, in which each batch has 2 % and "
        "all before it the rest. “Our train” is counted in the same way; the last column is the mean over the whole epoch."
    )


def show_findings(summaries: Sequence[Summary]) -> None:
    """What the chapter concludes, and whether it holds on our figures."""
    for finding in findings(summaries):
        state = {True: ":green-badge[holds]", False: ":red-badge[does not hold]", None: ":gray-badge[not trained yet]"}
        ours = f" Ours: {finding.ours}." if finding.ours else ""
        st.markdown(f"{state[finding.holds]} {finding.statement}  \n:small[Printed: {finding.printed}.{ours}]")
    printed, ours = ties(summaries)
    st.markdown(
        f":gray-badge[ties] Gaps under {TIE} say nothing: the print’s own three rows of one model lie "
        f"{printed_noise():.4f} apart.  \n:small[Printed: {printed}." + (f" Ours: {ours}.]" if ours else "]")
    )
