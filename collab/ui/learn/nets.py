"""Step: a neural net on two concatenated embeddings; where its parameters are, and the rule for the embeddings' sizes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots
from streamlit.delta_generator import DeltaGenerator

from collab.errors import SettingError
from collab.lessons.nets import Net, net_of
from collab.models.embedding_net import size_by_rule
from collab.models.nets import DeepSettings
from collab.models.settings import parse
from collab.ui.charts import formats
from collab.ui.charts.palette import Palette, palette
from collab.ui.charts.style import PLAIN, styled
from collab.ui.frame.page import Page
from collab.ui.learn.step import Door, Question, Step, Topic
from collab.ui.widgets.controls import choose
from collab.ui.widgets.tables import as_table

NET, SIZES = "The net", "Embedding sizes"
MOST_LAYERS = 4
LARGEST = 300
LOCALIZED = st.column_config.NumberColumn(format="localized")
THICK = 0.16  # half the width of a column, in column spacings
EMBEDDING = "embedding"
CHAPTER = ((944, "users of the chapter"), (1665, "titles of the chapter"))
ROWS = (2, 5, 10, 20, 50, 100, 200, 500, 944, 1665, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 1_000_000)
CURVE = [round(10 ** (step / 40)) for step in range(12, 241)]  # 2 … 1,000,000


@st.cache_data(show_spinner=False, max_entries=128)
def _net(user_size: int, item_size: int, hidden: tuple[int, ...], n_users: int, n_items: int) -> Net:
    return net_of(user_size, item_size, hidden, n_users, n_items)


def parameter_rows(net: Net) -> list[tuple[str, int, bool]]:
    """The learned layers in order: name, number of parameters (including a linear layer's bias), whether it is an embedding."""
    rows: list[tuple[str, int, bool]] = []
    for layer in net.layers:
        if layer.kind == "bias":
            name, n, _ = rows[-1]
            rows[-1] = name, n + layer.n_parameters, False
        elif layer.shape:
            shape = " × ".join(map(formats.count, layer.shape))
            rows.append(
                (f"{layer.name.replace('item', 'film')}<br>{shape}", layer.n_parameters, layer.kind == EMBEDDING)
            )
    return rows


def net_figure(net: Net, palette: Palette) -> go.Figure:
    """Above, the net from left to right, column heights growing as the root of the size; below, the parameters of each layer."""
    figure = make_subplots(rows=2, cols=1, row_heights=[0.5, 0.5], vertical_spacing=0.1)
    tallest = max(net.widths)
    heights = [max(0.06, (width / tallest) ** 0.5) for width in net.widths]
    for place, (left, right) in enumerate(pairwise(heights)):
        figure.add_scatter(
            x=[place + THICK, place + 1 - THICK, place + 1 - THICK, place + THICK],
            y=[left / 2, right / 2, -right / 2, -left / 2],
            fill="toself",
            mode="lines",
            line={"width": 0},
            fillcolor=palette.grid,
            opacity=0.6,
            hoverinfo="skip",
            row=1,
            col=1,
        )
    share = net.user_size / net.widths[0]
    tall = heights[0]
    boxes = [
        (0, tall / 2 - tall * share, tall / 2, palette.categorical[0]),
        (0, -tall / 2, tall / 2 - tall * share, palette.categorical[4]),
        *((place, -each / 2, each / 2, palette.muted) for place, each in list(enumerate(heights))[1:-1]),
        (len(heights) - 1, -heights[-1] / 2, heights[-1] / 2, palette.predicted),
    ]
    for place, low, high, colour in boxes:
        figure.add_shape(
            type="rect",
            x0=place - THICK,
            x1=place + THICK,
            y0=low,
            y1=high,
            fillcolor=colour,
            line_width=0,
            row=1,
            col=1,
        )
    above = [f"user {net.user_size} + film {net.item_size} = {net.widths[0]}"]
    above += [f"{width}<br>ReLU" for width in net.widths[1:-1]] + ["rating"]
    for place, text in enumerate(above):
        figure.add_annotation(
            x=place - THICK if place == 0 else place,
            y=heights[place] / 2 if place == 0 else -heights[place] / 2,
            yshift=3 if place == 0 else -3,
            yanchor="bottom" if place == 0 else "top",
            xanchor="left" if place == 0 else "center",
            text=text,
            showarrow=False,
            font={"color": palette.ink, "size": 12},
            row=1,
            col=1,
        )
    figure.update_xaxes(visible=False, range=[-0.25, len(heights) - 0.6], row=1, col=1)
    figure.update_yaxes(visible=False, range=[-0.78, 0.62], row=1, col=1)
    rows = parameter_rows(net)
    colours = [palette.categorical[0], palette.categorical[4]] + [palette.muted] * (len(rows) - 2)
    figure.add_bar(
        x=[n for _, n, _ in rows],
        y=[name if len(rows) <= 5 else name.split("<br>")[0] for name, _, _ in rows],  # two lines each need room
        orientation="h",
        marker_color=colours,
        text=[formats.count(n) for _, n, _ in rows],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{text} parameters<extra></extra>",
        row=2,
        col=1,
    )
    most = max(n for _, n, _ in rows)
    figure.update_xaxes(title="parameters", range=[0, 1.22 * most], nticks=5, row=2, col=1)
    figure.update_yaxes(autorange="reversed", showgrid=False, tickfont_size=11, row=2, col=1)
    return styled(figure, palette, 470, left=120)


def net_tables(net: Net) -> dict[str, pd.DataFrame]:
    """The columns of the net from left to right, and the layers that are learned."""
    names = ["both embeddings", *(f"hidden layer {place}" for place in range(1, len(net.widths) - 1)), "rating"]
    columns = pd.DataFrame({"column": names, "numbers": net.widths})
    sides = pd.DataFrame({"column": ["… of the user", "… of the film"], "numbers": [net.user_size, net.item_size]})
    learned = pd.DataFrame(
        [(*name.split("<br>"), n) for name, n, _ in parameter_rows(net)], columns=["layer", "shape", "parameters"]
    )
    return {
        "Numbers that pass": pd.concat([columns[:1], sides, columns[1:]], ignore_index=True),
        "Numbers that are learned": learned,
    }


def size_figure(n_rows: int, known: Sequence[tuple[int, str]], palette: Palette) -> go.Figure:
    """The rule as a curve, the `known` tables (rows, name) as named points, and the chosen one."""
    figure = go.Figure(
        go.Scatter(
            x=CURVE,
            y=[size_by_rule(n) for n in CURVE],
            mode="lines",
            line={"color": palette.accent, "width": 3},
            hovertemplate="%{x:,} rows · %{y} numbers each<extra></extra>",
        )
    )
    places = [*(n for n, _ in known), n_rows]
    figure.add_scatter(
        x=places,
        y=[size_by_rule(n) for n in places],
        mode="markers",
        text=[*(f"{name}: " for _, name in known), ""],
        hovertemplate="%{text}%{x:,} rows · %{y} numbers each<extra></extra>",
        marker={"size": [9] * len(known) + [14], "color": [palette.ink] * len(known) + [palette.chosen], "opacity": 1},
    )
    figure.update_xaxes(type="log", title="rows of the table, the unknown one among them", dtick=1)
    figure.update_yaxes(title="numbers that stand for each", range=[-15, 640])
    styled(figure, palette, 420)
    figure.add_annotation(
        x=0.02,
        y=0.88,
        xref="paper",
        yref="paper",
        xanchor="left",
        yanchor="top",
        align="left",
        showarrow=False,
        font={"color": palette.ink, "size": 13},
        text="<br>".join(f"● {formats.count(n)} {name}: <b>{size_by_rule(n)}</b>" for n, name in sorted(known)),
    )
    return figure


def sizes_table(n_rows: int, known: Sequence[tuple[int, str]]) -> pd.DataFrame:
    """The rule at round numbers of rows, at the `known` tables and at the chosen one, smallest first."""
    names: dict[int, list[str]] = {n: [] for n in sorted({*ROWS, n_rows, *(n for n, _ in known)})}
    for n, name in known:
        names[n].append(name)
    names[n_rows].append("chosen")
    return pd.DataFrame(
        {
            "rows": list(names),
            "numbers for each": [size_by_rule(n) for n in names],
            "numbers in the table": [n * size_by_rule(n) for n in names],
            "which": [", ".join(each) or None for each in names.values()],
        }
    )


def tables_of(page: Page) -> list[tuple[int, str]]:
    """The chapter's two tables, and those of the run where their numbers of rows differ."""
    own = [(len(page.run.users), "users here"), (len(page.run.items), "films here")]
    return [*CHAPTER, *(each for each in own if each[0] not in dict(CHAPTER))]


def _show_net(page: Page, picture: DeltaGenerator, controls: DeltaGenerator) -> None:
    n_users, n_items = len(page.run.users), len(page.run.items)
    with controls:
        user_size, item_size = (
            st.slider(
                f"Numbers a {what}",
                1,
                max(LARGEST, size_by_rule(n)),
                size_by_rule(n),
                key=f"net_{what}_size",
                bind="query-params",
                help=f"Size of a {what}’s embedding; it begins at the rule min(600, 1.6 · n^0.56) for {formats.count(n)} rows. "
                "More: can tell finer, and has more to learn.",
            )
            for what, n in (("user", n_users), ("film", n_items))
        )
        text = st.text_input(
            "Hidden layers",
            "100",
            key="net_hidden",
            bind="query-params",
            help=f"Sizes from first to last, as in 100,50; at most {MOST_LAYERS} here. More and larger ones can fit finer.",
        )
        try:
            hidden = parse(DeepSettings, "layers", text)
            if len(hidden) > MOST_LAYERS:
                raise SettingError(f"layers={text!r} are {len(hidden)}; the picture has room for {MOST_LAYERS}")
            net = _net(user_size, item_size, hidden, n_users, n_items)
        except SettingError as reason:
            st.error(formats.sentence(str(reason)))
            net = _net(user_size, item_size, (100,), n_users, n_items)
        in_embeddings = sum(n for _, n, embedding in parameter_rows(net) if embedding)
        st.metric("Parameters", formats.count(net.n_parameters))
        st.caption(
            f"{formats.percent(in_embeddings / net.n_parameters)} of them are embeddings. Counted on the untrained model itself, "
            f"`{net.model}`."
        )
    with picture:
        st.plotly_chart(
            net_figure(net, palette()),
            config=PLAIN,
            key="net_picture",
            alt=f"A net: embeddings of {net.user_size} and {net.item_size} numbers side by side, then layers of "
            f"{', '.join(map(str, net.widths[1:]))}; {formats.count(net.n_parameters)} parameters",
        )
        as_table("net_table", "The net", lambda: net_tables(net), {"parameters": LOCALIZED})


def _show_sizes(page: Page, picture: DeltaGenerator, controls: DeltaGenerator) -> None:
    with controls:
        n_rows = st.select_slider(
            "Rows of the table",
            ROWS,
            value=10_000,
            format_func=formats.count,
            key="table_rows",
            bind="query-params",
            help="How many different users (or films) the table tells apart. More rows get more numbers each, 600 at most.",
        )
        size = size_by_rule(n_rows)
        st.metric("Numbers for each", size)
        st.metric("Numbers in the table", formats.count(n_rows * size))
        st.caption(f"A one-hot vector would take {formats.count(n_rows)} numbers for each.")
    with picture:
        st.plotly_chart(
            size_figure(n_rows, tables_of(page), palette()),
            config=PLAIN,
            key="size_curve",
            alt=f"Size of an embedding by the rows of its table; {n_rows:,} rows get {size} numbers each",
        )
        as_table(
            "sizes_table",
            "Size of an embedding by the rows of its table",
            lambda: sizes_table(n_rows, tables_of(page)),
            {"rows": LOCALIZED, "numbers in the table": LOCALIZED},
        )
        st.caption(
            "min(600, round(1.6 · n^0.56)): ten times as many rows get only **3.6 times** as many numbers each, and never more "
            "than 600."
        )


def draw(page: Page) -> None:
    picture, controls = st.columns([3, 1], gap="medium")
    with controls:
        view = choose(
            "Show",
            [NET, SIZES],
            key="nets_view",
            help="A net from its embeddings to the rating, or the rule by which embeddings get their sizes.",
        )
    (_show_net if view == NET else _show_sizes)(page, picture.container(), controls)


STEP = Step(
    slug="nets",
    title="Neural nets on embeddings",
    insight="The embeddings are no longer multiplied by each other: they lie **side by side**, so they may differ in size, "
    "and layers learn what to make of them.",
    draw=draw,
    door=Door("pages/train.py", "train the net", {"model": "net"}),
    questions=(
        Question(
            25,
            "How does one see the layers of a model?",
            "By printing it: a PyTorch module names its parts, their types and sizes. On *Train* the list “The model’s layers” "
            "says the same of any run, with shapes and parameter counts.\n\n"
            "```python\n"
            "print(learn.model)\n"
            "for name, each in learn.model.named_parameters():\n"
            "    print(name, tuple(each.shape), each.numel())\n"
            "```",
        ),
        Question(
            29,
            "Why may users and films have embeddings of different sizes in a neural net?",
            "A dot product pairs the numbers off, first with first, second with second, so both sides need equally many. A net "
            "lays the two vectors side by side, and its first linear layer takes whatever length comes out: 74 + 102 = 176 "
            "inputs in the chapter. So each table can have the size that suits its number of rows.",
        ),
        Question(
            30,
            "Why are the layers of a net put into a sequence?",
            "Each of them takes what the one before gives out, so all of it is one function: `nn.Sequential` calls them in turn, "
            "knows all their parameters, and spares writing the same line for every layer.\n\n"
            "```python\n"
            "layers = nn.Sequential(nn.Linear(74 + 102, 100), nn.ReLU(), nn.Linear(100, 1))\n"
            "rating = sigmoid_range(layers(torch.cat([user, film], dim=1)), 0, 5.5)\n"
            "```",
        ),
        Question(
            31,
            "Which model can also use what is known of users and films, or the date and time of a rating?",
            "A net on tabular data: whatever is known becomes further columns beside the two embeddings, and all else stays. "
            "A dot product has no place for them. Here it is `side` (“Net with side information”).",
        ),
    ),
    topics=(
        Topic(
            "the full MovieLens with its other columns, against online benchmarks",
            "`side` lays more beside the embeddings: genres and year of the film, age, gender and occupation of the user where "
            "the data set has them, and when the rating was given. Train it once with *side information* on and once off, on "
            "the same split, and tick both on *Runs*: the difference is what these columns gain. What they give that no "
            "embedding can is an answer for a film without a single rating. Measured on MovieLens 100K, three seeds: 0.095 of "
            "MSE for films left out whole, 0.010 on a random split, nothing for people left out whole "
            "(`python -m tests.benchmarks.nets`). Published figures are on official folds "
            "or on many random splits, so compare with the same rows held out: *fold:u1* is one of them, from the command line.",
        ),
    ),
)
