"""Step: only what is a parameter does the optimiser see; so an embedding can be had from a plain parameter tensor."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from collab.chapter import DATA, HOLDOUT, ROWS
from collab.errors import RunError
from collab.ideas.parameters import BATCH_USERS, KINDS, N_FACTORS, N_USERS, OneStep, one_step
from collab.models import preset_of
from collab.services.runs import RunRecord
from collab.services.training_job import plan
from collab.ui import cached, words
from collab.ui.as_table import as_table
from collab.ui.charts import PLAIN, styled
from collab.ui.page import Page
from collab.ui.queueing import queue, say_refusal
from collab.ui.theme import Palette, palette
from collab.ui.visitor import visitor
from collab.ui.walk import Door, Question, Step, Topic

ONE_STEP, TWO_TRAININGS = "one step", "two trainings"
EPOCHS = (1, 2, 3, 4, 5)
NAMES = {"dot-bias": "embeddings", "dot-bias-plain": "own parameters"}
COMPARED = tuple(NAMES)
WATCH_SECONDS = 0.5
PRINTED = {row.key: row.printed_valid for row in ROWS if row.key in COMPARED}
CHANGE_BY_CHANGE = """
| from `nn.Embedding` to an own parameter | does it change the result? |
| --- | --- |
| **Start.** The layer draws from a normal distribution of deviation 1; the chapter and `dot-bias` draw with 0.01, cut at two \
deviations, `dot-bias-plain` with 0.01, not cut. | 1 for 0.01 would. The cut hardly: it makes the deviation 0.0088. |
| **Look-up.** `users(index)` becomes `users[index]`. | No: the same rows. |
| **Biases.** A table (n, 1) becomes a vector (n). | No, once the shapes fit. |
| **Known to the optimiser.** `users.weight` becomes `users`, wrapped in `nn.Parameter`. | Without the wrapping it would \
stay as it was. |
| **Gradient.** Both have one as large as the table, nought in rows that were not looked up. A layer with `sparse=True` \
keeps the touched rows alone, as `dot-bias` here does in tables of 20,000 rows and more. | Only the speed. |
| **Weight decay** acts on every factor and every bias in both. | No. It would if one spared the biases. |
| **Adam** moves and decays untouched rows in both, by their momentum. | No. But `SparseAdam` leaves them alone, which is \
another method. |

The chapter prints a final loss of 0.8290 for own parameters and 0.8225 for embeddings, one run of each. On the same recipe ours
end at 0.8166 and 0.8178, the means of seeds 0, 1 and 2 on MovieLens 100K: they differ by less than one seed from the next,
which is about 0.003.
"""


def plans_of(data: str, seed: int) -> list[RunRecord]:
    """The two trainings by the chapter's recipe, on embeddings and on plain parameters."""
    return [
        plan(
            name,
            dataclasses.replace(preset_of(name, "chapter"), seed=seed),
            data,
            HOLDOUT,
            seed,
            preset="chapter",
            starter=visitor(),
        )
        for name in COMPARED
    ]


def run_of(planned: RunRecord, known: Iterable[RunRecord]) -> RunRecord | None:
    """The newest of the `known` runs, newest first, that trains what is planned and has ended well or is under way."""
    traits = ("model", "settings", "data", "holdout", "split_seed", "items_by")
    for record in known:
        alike = all(getattr(record, trait) == getattr(planned, trait) for trait in traits)
        if alike and (record.busy or (record.state == "finished" and record.has_weights)):
            return record
    return None


def step_figure(step: OneStep, palette: Palette) -> go.Figure:
    """The table of users before and after one step, as numbers; what has changed stands out."""
    figure = go.Figure()
    shift = N_FACTORS + 0.7
    for place, table in enumerate((step.before, step.after)):
        for changed in (False, True):
            rows = np.flatnonzero(step.changed == changed)
            x, y = (each.ravel() for each in np.meshgrid(np.arange(N_FACTORS) + place * shift, rows))
            figure.add_scatter(
                x=x.tolist(),
                y=y.tolist(),
                text=[f"{number:+.2f}".replace("-", "−") for number in table[rows].ravel()],
                mode="text",
                textfont={
                    "color": palette.chosen if changed and place else palette.ink if changed else palette.muted,
                    "size": 13,
                },
                hoverinfo="skip",
            )
        left = place * shift - 0.5
        figure.add_shape(
            type="rect", x0=left, x1=left + N_FACTORS, y0=-0.5, y1=N_USERS - 0.5, line={"color": palette.grid}
        )
        figure.add_annotation(
            x=left + N_FACTORS / 2,
            y=-1,
            text=("users before", "users after one step")[place],
            showarrow=False,
            font={"color": palette.muted, "size": 13},
        )
    for user in BATCH_USERS:
        figure.add_annotation(
            x=N_FACTORS - 0.15, y=user, text="→", showarrow=False, font={"color": palette.muted, "size": 15}
        )
    figure.update_xaxes(visible=False, range=[-0.7, shift + N_FACTORS - 0.3])
    figure.update_yaxes(visible=False, range=[N_USERS - 0.3, -1.5])
    return styled(figure, palette, 230, left=0).update_layout(margin={"l": 0, "r": 0, "t": 0, "b": 0})


def curves_figure(
    curves: Mapping[str, Sequence[float]],
    printed: Mapping[str, Sequence[float]],
    palette: Palette,
    *,
    synthetic: bool = False,
) -> go.Figure:
    """The valid loss of both models after each epoch, and the chapter's `printed` ones where they are of the same data."""
    figure = go.Figure()
    for name in COMPARED:
        dash = "solid" if name == "dot-bias" else "dot"
        if name in printed:
            figure.add_scatter(
                x=EPOCHS,
                y=printed[name],
                mode="lines+markers",
                line={"color": palette.muted, "width": 1.5, "dash": dash},
                marker={"symbol": "diamond-open", "size": 8},
                hovertemplate=f"printed, {NAMES[name]}: %{{y:.4f}}<extra></extra>",
            )
        if name in curves:
            figure.add_scatter(
                x=EPOCHS,
                y=curves[name],
                mode="lines+markers",
                line={"color": palette.valid, "width": 2.5, "dash": dash},
                marker={"size": 7},
                hovertemplate=f"{NAMES[name]}: %{{y:.4f}}<extra></extra>",
            )
    lines = [("—— embeddings", palette.ink), ("···· own parameters", palette.ink)]
    lines += [("◇ as printed in the chapter", palette.muted)] if printed else []
    for place, (text, colour) in enumerate(lines):
        figure.add_annotation(
            x=1,
            y=1 - 0.075 * (place + synthetic),
            xref="paper",
            yref="paper",
            xanchor="right",
            yanchor="top",
            text=text,
            showarrow=False,
            font={"color": colour, "size": 13},
        )
    figure.update_xaxes(title="epoch", dtick=1, range=[0.8, 5.2])
    figure.update_yaxes(title="valid loss (MSE)", tickformat=".2f")
    if not curves and not printed:
        figure.update_yaxes(range=[0.8, 1.2])
    return styled(figure, palette, 380, synthetic=synthetic, left=64)


def step_table(step: OneStep) -> pd.DataFrame:
    """The table of users before and after one step, a row a user, and whether the row has changed."""
    table = pd.DataFrame({"user": range(N_USERS), "in the batch": [user in BATCH_USERS for user in range(N_USERS)]})
    for when, numbers in (("before", step.before), ("after", step.after)):
        for place in range(N_FACTORS):
            table[f"factor {place + 1} {when}"] = numbers[:, place].astype(np.float64).round(2)
    return table.assign(changed=step.changed)


def curves_table(curves: Mapping[str, Sequence[float]], printed: Mapping[str, Sequence[float]]) -> pd.DataFrame:
    """Valid loss (MSE) after each epoch: of both models as far as they are trained, and the `printed` ones."""
    table = pd.DataFrame({"epoch": EPOCHS})
    for told, by_model in (("", curves), (", printed", printed)):
        for name in COMPARED:
            if name in by_model:
                losses = pd.Series(by_model[name], dtype=float).reindex(range(len(EPOCHS)))
                table[f"{NAMES[name]}{told} (MSE)"] = losses.round(4)
    return table


def _show_step(picture: DeltaGenerator, controls: DeltaGenerator) -> None:
    kind = controls.radio(
        "The users are kept in",
        list(KINDS),
        key="kept_in",
        bind="query-params",
        help="How the model holds its table of users; that of the films is an nn.Embedding each time.",
    )
    step = one_step(kind)
    listed = "  \n".join(f"`{name}` {shape}" for name, shape in step.parameters)
    controls.markdown(f"`model.parameters()` lists  \n{listed}")
    controls.metric("Rows of users changed", f"{int(step.changed.sum())} of {N_USERS}")
    controls.caption("Arrows: the users whose ratings are in the batch.")
    with picture:
        st.plotly_chart(
            step_figure(step, palette()),
            config=PLAIN,
            key="one_step",
            alt=f"The table of users before and after one step; {int(step.changed.sum())} of {N_USERS} rows have changed",
        )
        as_table("one_step_table", "The users before and after one step", lambda: step_table(step))
        st.code(inspect.getsource(KINDS[kind]).rstrip(), language="python")


def _show_trainings(picture: DeltaGenerator, controls: DeltaGenerator, page: Page) -> None:
    seed = controls.segmented_control(
        "Seed",
        [0, 1, 2],
        default=0,
        required=True,
        key="both_seed",
        bind="query-params",
        help="Another seed holds other ratings out and starts from other random numbers.",
    )
    store = cached.jobs().store
    planned = plans_of(page.data.name, seed)
    records = store.records()
    runs = {each.model: run_of(each, records) for each in planned}
    missing = [each for each in planned if runs[each.model] is None]
    busy = tuple((run.id, run.state) for run in runs.values() if run is not None and run.busy)
    curves = {
        name: tuple(store.progress(run.id).history.valid_loss)
        for name, run in runs.items()
        if run is not None and not run.busy
    }
    with controls:
        if busy:
            st.fragment(_watch, run_every=WATCH_SECONDS)(busy)
        elif missing:
            st.button(
                "Train both" if len(missing) == 2 else "Train the other",
                key="train_both",
                type="primary",
                on_click=queue,
                args=(lambda: missing,),
                help="The chapter’s recipe, five epochs in batches of 64, once on embeddings and once on plain parameters. "
                "Both stand among the past runs afterwards.",
            )
            st.caption("About five seconds, where nothing else is trained.")
        say_refusal()
        for name, curve in curves.items():
            st.metric(f"Valid loss, {NAMES[name]}", words.loss(curve[-1]))
    printed = PRINTED if page.data.name == DATA else {}
    picture.plotly_chart(
        curves_figure(curves, printed, palette(), synthetic=page.data.synthetic),
        config=PLAIN,
        key="two_trainings",
        alt="Valid loss after each epoch of the model on embeddings and of the one on plain parameters",
    )
    with picture:
        as_table("two_trainings_table", "Valid loss after each epoch", lambda: curves_table(curves, printed))


def _watch(busy: Sequence[tuple[str, str]]) -> None:
    """How far the two trainings are; draws the page anew when one of them has begun or ended."""
    store = cached.jobs().store
    try:
        share = 0.0
        for run_id, state in busy:
            progress = store.progress(run_id)
            if progress.record.state != state:
                st.rerun()
            share += progress.share
    except RunError:
        st.rerun()  # it was taken off the queue
    st.progress((share + len(COMPARED) - len(busy)) / len(COMPARED), text="Training both")


def draw(page: Page) -> None:
    picture, controls = st.columns([3, 1], gap="medium")
    view = controls.segmented_control(
        "Show",
        [ONE_STEP, TWO_TRAININGS],
        default=ONE_STEP,
        required=True,
        key="parameters_view",
        bind="query-params",
        help="What a single step changes in a tiny model, or whole trainings on embeddings and on plain parameters.",
    )
    if view == ONE_STEP:
        _show_step(picture.container(), controls)
    else:
        _show_trainings(picture.container(), controls, page)


STEP = Step(
    slug="parameters",
    title="Parameters the optimiser sees",
    insight="An optimiser changes what `parameters()` lists, and nothing else. A parameter tensor and square brackets are "
    "**all there is** to an embedding.",
    draw=draw,
    door=Door("pages/train.py", "the model out of four parameter tensors", {"model": "dot-bias-plain"}),
    questions=(
        Question(
            13,
            "What is a class?",
            "A plan by which objects are made that hold data and the functions (methods) that work on them. `__init__` runs "
            "when one is made, and `self` is that one. A model in PyTorch is a class that inherits from `nn.Module`, which "
            "adds what every model needs: above all, it collects the parameters.",
        ),
        Question(
            14,
            "What does `x[:, 0]` give?",
            "The first column of `x`, all rows of it. In the chapter a batch has two columns, so `x[:, 0]` holds the users of "
            "the batch and `x[:, 1]` its films.",
        ),
        Question(
            15,
            "The dot-product model, written by oneself",
            """
```python
class DotProduct(nn.Module):
    def __init__(self, n_users, n_films, n_factors=50):
        super().__init__()
        self.users = nn.Parameter(torch.randn(n_users, n_factors) * 0.01)
        self.films = nn.Parameter(torch.randn(n_films, n_factors) * 0.01)

    def forward(self, x):
        return (self.users[x[:, 0]] * self.films[x[:, 1]]).sum(dim=1)
```
Row by row the factors of a user and of a film are multiplied and added up; `dim=1` adds along the factors, so that one number a
rating is left. With biases and a range it is the model `dot-bias-plain` of the Train page.
""",
        ),
    ),
    topics=(
        Topic(
            "from embeddings to own parameters, change by change",
            CHANGE_BY_CHANGE,
        ),
    ),
)
