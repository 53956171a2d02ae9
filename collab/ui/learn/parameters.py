"""Step: the optimiser sees only parameters, so a plain parameter tensor can replace an embedding."""

from __future__ import annotations

import inspect

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from collab.lessons.chapter import ROWS
from collab.lessons.parameters import BATCH_USERS, KINDS, N_FACTORS, N_USERS, OneStep, one_step
from collab.ui.charts import formats
from collab.ui.charts.palette import Palette, palette
from collab.ui.charts.style import PLAIN, styled
from collab.ui.frame.page import Page
from collab.ui.learn.step import Door, Question, Step, Topic, go_to
from collab.ui.widgets.tables import as_table

BY_HAND = next(row.short for row in ROWS if row.model == "dot-bias-plain")  # a row of the chapter's tables
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


def step_figure(step: OneStep, palette: Palette) -> go.Figure:
    """The user table before and after one step, as numbers; changed rows stand out."""
    figure = go.Figure()
    shift = N_FACTORS + 0.7
    for place, table in enumerate((step.before, step.after)):
        for changed in (False, True):
            rows = np.flatnonzero(step.changed == changed)
            x, y = (each.ravel() for each in np.meshgrid(np.arange(N_FACTORS) + place * shift, rows))
            figure.add_scatter(
                x=x.tolist(),
                y=y.tolist(),
                text=[formats.signed(number) for number in table[rows].ravel()],
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


def step_table(step: OneStep) -> pd.DataFrame:
    """The user table before and after one step, one row per user, and whether the row has changed."""
    table = pd.DataFrame({"user": range(N_USERS), "in the batch": [user in BATCH_USERS for user in range(N_USERS)]})
    for when, numbers in (("before", step.before), ("after", step.after)):
        for place in range(N_FACTORS):
            table[f"factor {place + 1} {when}"] = numbers[:, place].astype(np.float64).round(2)
    return table.assign(changed=step.changed)


def draw(page: Page) -> None:
    picture, controls = st.columns([3, 1], gap="medium")
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
    if controls.button(
        "Whole trainings: the chapter’s rows",
        key="both_trainings",
        type="tertiary",
        icon=":material/table_chart:",
        help="The model on embeddings and out of plain parameters, five epochs each, as printed and as trained here.",
    ):
        go_to("tables")
        st.switch_page("pages/learn.py", query_params={"step": "tables", "row": BY_HAND})
    with picture:
        st.plotly_chart(
            step_figure(step, palette()),
            config=PLAIN,
            key="one_step",
            alt=f"The table of users before and after one step; {int(step.changed.sum())} of {N_USERS} rows have changed",
        )
        as_table("one_step_table", "The users before and after one step", lambda: step_table(step))
        st.code(inspect.getsource(KINDS[kind]).rstrip(), language="python")


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
    def __init__(self, n_users, n_items, n_factors=50):
        super().__init__()
        self.users = nn.Parameter(torch.randn(n_users, n_factors) * 0.01)
        self.films = nn.Parameter(torch.randn(n_items, n_factors) * 0.01)

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
