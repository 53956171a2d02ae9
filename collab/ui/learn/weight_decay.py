"""Step: what weight decay does to a weight, how it differs from a penalty under Adam, and how it reduces over-fitting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots
from streamlit.delta_generator import DeltaGenerator

from collab.data.splitting import split_by
from collab.errors import CollabError
from collab.lessons import decay_curves
from collab.lessons.decay_curves import DECAYS, DecayCurve
from collab.lessons.weight_decay import (
    adam_with_decay,
    adam_with_penalty,
    pulls,
    room,
    sgd_with_decay,
    sgd_with_penalty,
)
from collab.services.run_rows import load_encoded
from collab.training.one_thread import one_thread
from collab.ui.charts import formats
from collab.ui.charts.palette import Palette, palette
from collab.ui.charts.style import PLAIN, mark_synthetic, styled
from collab.ui.frame import cached
from collab.ui.frame.page import Page
from collab.ui.learn.step import Door, Question, Step
from collab.ui.widgets.controls import choose
from collab.ui.widgets.tables import as_table

CANYON, RULE, OVERFIT = "Canyon", "Update rule", "Over-fitting"
CHAPTER_CANYONS = (1, 2, 5, 10, 50)
PLACES = np.linspace(-2, 2, 201)
RATE, N_STEPS = 0.01, 300
PULLS = (0.1, 0.3, 1.0, 3.0, 10.0)
NOTABLE_RISE = 0.005  # a rise of the held-out loss that is more than noise


def canyon_figure(a: float, palette: Palette) -> go.Figure:
    """The chapter's parabolas a·x² in grey, labelled on their right arm, and the chosen one."""
    figure = go.Figure()
    for each in CHAPTER_CANYONS:
        figure.add_scatter(
            x=PLACES, y=each * PLACES**2, mode="lines", line={"color": palette.muted, "width": 1}, hoverinfo="skip"
        )
        height = 4.7 if each > 1 else 3.7
        figure.add_annotation(
            x=(height / each) ** 0.5,
            y=height,
            text=f"{each}",
            showarrow=False,
            xanchor="left",
            xshift=5,
            font={"color": palette.muted},
        )
    figure.add_scatter(
        x=PLACES,
        y=a * PLACES**2,
        mode="lines",
        line={"color": palette.chosen, "width": 3},
        hovertemplate="x %{x:.2f} · height %{y:.2f}<extra></extra>",
    )
    half = room(a, 1.0) / 2
    figure.add_scatter(x=[-half, half], y=[1, 1], mode="lines+markers", line={"color": palette.chosen, "dash": "dot"})
    figure.update_xaxes(title="x: a weight", range=[-2, 2])
    figure.update_yaxes(title="a·x²: what it adds to the loss", range=[0, 5])
    return styled(figure, palette, 360)


def paths_figure(paths: Mapping[str, Sequence[float]], palette: Palette) -> go.Figure:
    """One weight, step by step; `paths` by name: under SGD with penalty and with decay, then the same under Adam."""
    figure = make_subplots(cols=2, shared_yaxes=True, horizontal_spacing=0.08)
    for number, (name, path) in enumerate(paths.items()):
        thick = number % 2 == 0  # the penalty, under the dashes of decay
        figure.add_scatter(
            x=list(range(len(path))),
            y=list(path),
            mode="lines",
            name=name,
            line={"color": palette.train, "width": 5}
            if thick
            else {"color": palette.chosen, "width": 2.5, "dash": "dash"},
            opacity=0.5 if thick else 1,
            hovertemplate=f"{name} · step %{{x}} · weight %{{y:.3f}}<extra></extra>",
            row=1,
            col=number // 2 + 1,
        )
    for col, title in enumerate(("Plain SGD", "Adam"), 1):
        figure.add_annotation(
            x=1, y=1, xref="x domain" if col == 1 else "x2 domain", yref="paper", text=f"<b>{title}</b>",
            showarrow=False, xanchor="right", yanchor="top", font={"color": palette.ink, "size": 14},
        )  # fmt: skip
    figure.update_xaxes(title="step", tickvals=[0, N_STEPS // 2, N_STEPS])
    figure.update_yaxes(range=[-0.15, 1.1])
    figure.update_yaxes(title="the weight", col=1)
    return styled(figure, palette, 340)


def curves_figure(curves: Sequence[DecayCurve], chosen: float, palette: Palette, synthetic: bool) -> go.Figure:
    """Training and held-out loss by epoch; the curve of the `chosen` decay stands out."""
    figure = make_subplots(cols=2, horizontal_spacing=0.1, column_widths=[0.4, 0.6])
    for curve in sorted(curves, key=lambda each: each.weight_decay == chosen):  # the chosen one on top
        is_chosen = curve.weight_decay == chosen
        for col, losses, colour in ((1, curve.train, palette.train), (2, curve.valid, palette.valid)):
            figure.add_scatter(
                x=list(range(1, len(losses) + 1)),
                y=losses,
                mode="lines+markers" if is_chosen else "lines",
                line={"color": colour if is_chosen else palette.muted, "width": 3.5 if is_chosen else 1.2},
                hovertemplate=f"decay {curve.weight_decay:g} · epoch %{{x}} · MSE %{{y:.4f}}<extra></extra>",
                row=1,
                col=col,
            )
        figure.add_annotation(
            x=len(curve.valid), y=curve.valid[-1], xref="x2", yref="y2", text=f"{curve.weight_decay:g}",
            showarrow=False, xanchor="left", xshift=7, font={"color": palette.valid if is_chosen else palette.muted},
        )  # fmt: skip
    for col, title, colour in ((1, "Training", palette.train), (2, "Held out", palette.valid)):
        figure.add_annotation(
            x=0.98, y=1, xref="x domain" if col == 1 else "x2 domain", yref="paper", text=f"<b>{title}</b>",
            showarrow=False, xanchor="right", yanchor="top", font={"color": colour, "size": 14},
        )  # fmt: skip
    figure.update_xaxes(title="epoch", dtick=1, range=[0.8, 5.2], col=1)
    figure.update_xaxes(title="epoch", dtick=1, range=[0.8, 5.7], col=2)
    figure.update_yaxes(title="MSE", col=1)
    later = [loss for curve in curves for loss in curve.valid[1:]]  # the first epoch's would flatten the turn
    reach = max(later) - min(later)
    figure.update_yaxes(range=[min(later) - 0.1 * reach, max(later) + 0.25 * reach], col=2)
    styled(figure, palette, 340)
    if synthetic:
        mark_synthetic(figure, palette).layout.annotations[-1].update(x=0, y=0, xanchor="left", yanchor="bottom")
    return figure


def canyon_table(a: float) -> pd.DataFrame:
    """The heights of the parabolas, one column each, at weights 0.2 apart."""
    places = PLACES[::10]
    steep = dict.fromkeys([a, *map(float, CHAPTER_CANYONS)])
    return pd.DataFrame({"x": places.round(1), **{f"{each:g}·x²": (each * places**2).round(3) for each in steep}})


def paths_table(paths: Mapping[str, Sequence[float]]) -> pd.DataFrame:
    """The weight after every step, one column per update rule."""
    named = {f"{name} (weight)": np.round(path, 4) for name, path in paths.items()}
    return pd.DataFrame({"step": range(len(next(iter(paths.values())))), **named})


def losses_table(curves: Sequence[DecayCurve]) -> pd.DataFrame:
    """Loss by epoch of every curve, the smallest decay first."""
    rows = [
        (curve.weight_decay, epoch, round(train, 4), round(valid, 4))
        for curve in sorted(curves, key=lambda each: each.weight_decay)
        for epoch, (train, valid) in enumerate(zip(curve.train, curve.valid, strict=True), 1)
    ]
    return pd.DataFrame(rows, columns=["weight decay", "epoch", "training (MSE)", "held out (MSE)"])


@st.cache_data(show_spinner=False, max_entries=32)
def trained_curve(data: str, weight_decay: float) -> DecayCurve:
    """The chapter's recipe on a random 80 % of a data set, once for all sessions. Raises CollabError without the data."""
    dataset, ratings = load_encoded(data, cached.environment())
    split = split_by("random:0.2", dataset, 0)
    with one_thread():
        return decay_curves.decay_curve(ratings.take(split.train), ratings.take(split.valid), weight_decay)


def draw(page: Page) -> None:
    view = choose("View", [CANYON, RULE, OVERFIT], key="decay_view", label_visibility="collapsed")
    picture, controls = st.columns([3, 1], gap="medium")
    {CANYON: _canyon, RULE: _rule, OVERFIT: _overfit}[view](page, picture, controls)


def _canyon(page: Page, picture: DeltaGenerator, controls: DeltaGenerator) -> None:
    with controls:
        a = st.slider(
            "a: how steep",
            0.5,
            50.0,
            5.0,
            0.5,
            key="decay_a",
            bind="query-params",
            help="The factor of the square. Weight decay is such a factor: the larger, the sooner a large weight costs much.",
        )
        st.metric("Room below a height of 1", f"{room(a, 1.0):.2f}")
        st.metric("Slope at x = 0.5", f"{2 * a * 0.5:.1f}")
        st.caption("Grey: a = 1, 2, 5, 10 and 50. The larger a is, the narrower the canyon.")
    picture.plotly_chart(
        canyon_figure(a, palette()),
        config=PLAIN,
        key="decay_canyon",
        alt=f"The parabola {a:g}·x² among those of 1, 2, 5, 10 and 50: the larger the factor, the narrower",
    )
    with picture:
        as_table("canyon_table", "What a weight adds to the loss, by its size", lambda: canyon_table(a))


def _rule(page: Page, picture: DeltaGenerator, controls: DeltaGenerator) -> None:
    with controls:
        decay = st.slider(
            "Weight decay wd",
            0.0,
            1.0,
            0.5,
            0.05,
            key="decay_wd",
            bind="query-params",
            help="How much of Σw² is added to the loss. Higher: every step takes a larger share of the weight.",
        )
        size = st.select_slider(
            "Gradient of a batch, ±",
            PULLS,
            1.0,
            key="decay_pull",
            bind="query-params",
            help="The batches pull the weight up and down in turn: on the whole the data do not want it. Larger: stronger pulls.",
        )
        gradients = pulls(size, N_STEPS)
        ways = {
            "penalty, SGD": sgd_with_penalty,
            "decay, SGD": sgd_with_decay,
            "penalty, Adam": adam_with_penalty,
            "decay, Adam": adam_with_decay,
        }
        paths = {name: way(1.0, gradients, RATE, decay) for name, way in ways.items()}
        st.metric("Left under Adam with the penalty", f"{paths['penalty, Adam'][-1]:.2f}")
        st.metric("Left with decay aside (AdamW)", f"{paths['decay, Adam'][-1]:.2f}")
    with picture:
        st.plotly_chart(
            paths_figure(paths, palette()),
            config=PLAIN,
            key="decay_paths",
            alt=f"One weight over {N_STEPS} steps: under SGD penalty and decay give one line, under Adam two",
        )
        as_table("paths_table", "The weight after every step", lambda: paths_table(paths))
        st.caption(
            "**Thick, the penalty**: w ← w − rate·(g + 2·wd·w). **Dashed, decay aside**: w ← (1 − 2·rate·wd)·w − rate·g. "
            "Under plain SGD they are one line. Adam divides the bracket by the usual size of the gradients, and the penalty "
            "with it; decay aside stays what it is."
        )


def _overfit(page: Page, picture: DeltaGenerator, controls: DeltaGenerator) -> None:
    with controls:
        chosen = st.select_slider(
            "Weight decay",
            DECAYS,
            0.01,
            key="decay_chosen",
            bind="query-params",
            help="How strongly all factors and biases are pulled towards zero. Lower: it fits its training ratings closer.",
        )
        progress, verdict = st.empty(), st.empty()
    place, name = picture.empty(), page.data.name
    curves: list[DecayCurve] = []
    order = [chosen, *(each for each in DECAYS if each != chosen)]
    waiting = st.session_state.get("_learn_decay_row") != name
    for number, decay in enumerate(order):
        if waiting:
            progress.progress(number / len(order), text=f"Training with decay {decay:g}")
        try:
            curves.append(trained_curve(name, decay))
        except CollabError as reason:
            progress.empty()
            place.error(
                f"{formats.plain(page.data.title)} cannot be read: {formats.plain(str(reason))}",
                icon=":material/error:",
            )
            return
        # new curves are drawn one by one, cached ones all at once
        if waiting or decay == order[-1]:
            place.plotly_chart(
                curves_figure(curves, chosen, palette(), page.data.synthetic),
                config=PLAIN,
                key=f"decay_curves_{number}",
                alt=f"Loss by epoch for {len(curves)} weight decays; chosen is {chosen:g}",
            )
            verdict.markdown(verdict_words(curves[0]))
    progress.empty()
    st.session_state["_learn_decay_row"] = name
    with picture:
        as_table("decay_table", "Loss by weight decay and epoch", lambda: losses_table(curves))
    best = min(curves, key=lambda each: each.valid[-1])
    picture.caption(
        f"The dot product with biases on {formats.plain(page.data.title)}, {len(best.valid)} epochs in batches of "
        f"{best.batch_size}. The lowest held-out loss in the end has decay {best.weight_decay:g}. Decay here is the one beside "
        "Adam’s step."
    )


def verdict_words(curve: DecayCurve) -> str:
    """Whether a curve over-fits, with its figures (Markdown)."""
    lowest = f"lowest after epoch {curve.best_epoch}: **{formats.loss(min(curve.valid))}**"
    if curve.rise >= NOTABLE_RISE:
        return (
            f"Held-out loss {lowest}. It ends {formats.loss(curve.rise)} higher while the training loss goes on falling: "
            "**over-fitting**."
        )
    return f"Held-out loss {lowest}. It ends {formats.loss(curve.rise)} higher: **no over-fitting** to speak of."


STEP = Step(
    slug="weight-decay",
    title="Weight decay",
    insight="A price on large weights, wd·Σw², pulls each **towards zero**: single ratings are harder to learn by heart.",
    draw=draw,
    door=Door(
        "pages/train.py",
        "train with hardly any decay",
        {"model": "dot-bias", "weight_decay": "0.01", "batch_size": "64"},
    ),
    questions=(
        Question(
            19,
            "What is another name for weight decay?",
            "L2 regularisation: the penalty is the squared L2 norm of the weights. The names mean the same under plain SGD only. "
            "Under Adam a penalty in the loss and a decay beside the step differ; the chapter’s tables, and all models here that "
            "train by gradients, use the decay beside the step: `w -= rate * weight_decay * w`.",
        ),
        Question(
            20,
            "What is the equation of weight decay?",
            "`loss_with_decay = loss + wd * (weights ** 2).sum()`. The sum runs over all weights, `wd` says how much it counts.",
        ),
        Question(
            21,
            "What is the gradient of weight decay, and why does it help?",
            "`weights.grad += 2 * wd * weights`. Only this gradient moves the weights, so the large sum of squares, which would "
            "swamp the loss in floating-point numbers, need never be computed. And each weight is pulled back in proportion to "
            "its own size.",
        ),
        Question(
            22,
            "Why do smaller weights generalise better?",
            "Large weights make steep canyons: the output jumps at small changes of the input, as it must to hit every training "
            "rating. With small weights the model is smoother, keeps what many ratings agree on, and lets go of what one rating "
            "alone asked for.",
        ),
    ),
)
