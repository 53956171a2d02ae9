"""Step: the dot product by hand, on the chapter's two films, with a slider for every number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots

from collab.lessons.dot_product import EXAMPLES, Example, Factors, dot, products, written
from collab.ui.charts import formats
from collab.ui.charts.palette import Palette, palette
from collab.ui.charts.style import PLAIN, styled
from collab.ui.frame import link
from collab.ui.frame.page import Page
from collab.ui.learn.step import Door, Question, Step
from collab.ui.widgets.controls import choose
from collab.ui.widgets.tables import as_table

BY_TITLE = {telling.title: telling for telling in EXAMPLES}
USER = "The user"
NUMBERS = "numbers"  # name in the link of factors that differ from the telling's own


def waterfall(
    telling: Example, films: Sequence[tuple[str, Factors]], user: Factors, palette: Palette, chosen: str
) -> go.Figure:
    """For each film: one bar per factor, each starting where the one above ends, and the sum; the `chosen` film stands out."""
    figure = make_subplots(rows=len(films), cols=1, shared_xaxes=True, vertical_spacing=0.12)
    for row, (film, factors) in enumerate(films, start=1):
        steps, total = products(factors, user), dot(factors, user)
        labels = [
            f"{name}<br>{written(of_item)} × {written(of_user)}"
            for name, of_item, of_user in zip(telling.names, factors, user, strict=True)
        ]
        begins = [sum(steps[:place], Decimal(0)) for place in range(len(steps))]
        colours = [palette.diverging[7] if step >= 0 else palette.diverging[2] for step in steps]
        figure.add_bar(
            orientation="h",
            y=[*labels, "<b>dot product</b>"],
            x=[float(step) for step in (*steps, total)],
            base=[float(begin) for begin in (*begins, Decimal(0))],
            marker_color=[*colours, palette.predicted],
            text=[*(written(step, signed=True) for step in steps), f"<b>{written(total)}</b>"],
            textposition="outside",
            cliponaxis=False,
            hoverinfo="skip",
            row=row,
            col=1,
        )
        figure.update_yaxes(autorange="reversed", ticklabelstandoff=6, row=row, col=1)
        figure.add_annotation(
            text=f"<b>{film}</b>",
            x=0,
            xref="paper",
            xanchor="left",
            y=1 if row == 1 else 0.44,
            yref="paper",
            yanchor="bottom",
            showarrow=False,
            font={"color": palette.chosen if film == chosen else palette.ink, "size": 14},
        )
    figure.update_xaxes(range=[-3.5, 3.5], dtick=1, zeroline=True, zerolinewidth=2)
    styled(figure, palette, 430, left=118)
    figure.update_xaxes(zerolinecolor=palette.muted)
    figure.update_yaxes(tickfont_color=palette.ink)
    return figure.update_layout(bargap=0.25, margin={"t": 24, "b": 28})


def products_table(telling: Example, films: Sequence[tuple[str, Factors]], user: Factors) -> pd.DataFrame:
    """The bars of the picture as rows: for each film every product of two factors, and their sum."""
    rows: list[tuple[str, str, float | None, float | None, float]] = []
    for film, factors in films:
        for name, of_item, of_user, product in zip(telling.names, factors, user, products(factors, user), strict=True):
            rows.append((film, name, float(of_item), float(of_user), float(product)))
        rows.append((film, "dot product", None, None, float(dot(factors, user))))
    return pd.DataFrame(rows, columns=["film", "factor", "of the film", "of the user", "product"])


def read_numbers(text: str, telling: Example) -> dict[str, list[Decimal]] | None:
    """Factors of the user and of each film from a link, as `in_link` writes them; None for any other text."""
    owners, width = [USER, *(film for film, _ in telling.items)], len(telling.names)
    try:
        numbers = [Decimal(each) for each in text.split(",")]
        if len(numbers) != width * len(owners) or not all(abs(each) <= 1 for each in numbers):
            return None
        numbers = [each.quantize(Decimal("0.01")) + 0 for each in numbers]  # no −0
    except InvalidOperation:  # not a number, or NaN, which cannot be compared
        return None
    return {owner: numbers[place * width : (place + 1) * width] for place, owner in enumerate(owners)}


def in_link(numbers: Mapping[str, Sequence[Decimal]]) -> str:
    """The factors, the user's first, then each film's: "0.9,0.8,-0.6,0.98,…"."""
    return ",".join(f"{number.normalize():f}" for each in numbers.values() for number in each)


def draw(page: Page) -> None:
    picture, controls = st.columns([3, 1], gap="medium")
    with controls:
        title = choose(
            "Telling",
            list(BY_TITLE),
            key="telling",
            help="The chapter tells the example with these numbers; readers' notes tell it again with others.",
        )
        telling = BY_TITLE[title]
        _from_link(telling)
        moved = _numbers(telling)
        who = st.selectbox(
            "Whose factors to move",
            [USER, *(film for film, _ in telling.items)],
            key="dot_who",
            bind="query-params",
            help="The three sliders below belong to the user or to one of the films.",
        )
        who = who if who in moved else USER
        for place, name in enumerate(telling.names):
            _slider(telling, who, place, name)
        st.button("Back to the chapter's numbers", key="dot_reset", on_click=_reset, args=(telling,))
    written_down = in_link(moved)
    link.put(NUMBERS, None if written_down == in_link(_original_numbers(telling)) else written_down)
    films = [(film, tuple(moved[film])) for film, _ in telling.items]
    user = tuple(moved[USER])
    sums = {film: written(dot(factors, user)) for film, factors in films}
    picture.plotly_chart(
        waterfall(telling, films, user, palette(), who),
        config=PLAIN,
        key="dot_waterfall",
        alt="Products factor by factor and their sum: "
        + ", ".join(f"{film} {number}" for film, number in sums.items()),
    )
    picture.markdown(" · ".join(f"{film} **{number}**" for film, number in sums.items()))
    with picture:
        as_table("dot_table", "The products and their sums", lambda: products_table(telling, films, user))


def _numbers(telling: Example) -> dict[str, list[Decimal]]:
    """The session's numbers of a telling, for the user and each film; at first the telling's own."""
    all_of_them = st.session_state.setdefault("_learn_dot_numbers", {})
    if telling.title not in all_of_them:
        all_of_them[telling.title] = _original_numbers(telling)
    return all_of_them[telling.title]


def _original_numbers(telling: Example) -> dict[str, list[Decimal]]:
    return {USER: list(telling.user), **{film: list(each) for film, each in telling.items}}


def _from_link(telling: Example) -> None:
    """Apply the factors of a newly opened link."""
    if not link.came(NUMBERS):
        return
    text = link.own(NUMBERS)
    numbers = _original_numbers(telling) if text is None else read_numbers(text, telling)
    if numbers is None:
        st.warning(
            f"The link’s {NUMBERS} are {formats.plain(repr(text[:60]))}; it takes nine from −1 to 1 with commas "
            "between: the user’s three, then each film’s. The session’s own stand.",
            icon=":material/link_off:",
        )
        return
    _use(telling, numbers)


def _slider_key(telling: Example, who: str, place: int) -> str:
    owners = [USER, *(film for film, _ in telling.items)]
    return f"dot_{EXAMPLES.index(telling)}_{owners.index(who)}_{place}"


def _slider(telling: Example, who: str, place: int, name: str) -> None:
    """A slider for one number, which is stored separately: Streamlit forgets a slider that is not drawn.

    The number is its default too: a value only set in the session is lost with a turn that is cut off before the browser has
    heard of it, and the slider would begin at −1.
    """
    key = _slider_key(telling, who, place)

    def moved() -> None:
        _numbers(telling)[who][place] = Decimal(f"{st.session_state[key]:.2f}")

    st.slider(
        name.capitalize(),
        -1.0,
        1.0,
        float(_numbers(telling)[who][place]),
        step=0.01,
        key=key,
        on_change=moved,
        help="Higher: more of it in the film, or more liking for it in the user.",
    )


def _reset(telling: Example) -> None:
    _use(telling, _original_numbers(telling))


def _use(telling: Example, numbers: dict[str, list[Decimal]]) -> None:
    """Set the numbers of a telling, and its sliders (before they are drawn)."""
    st.session_state.setdefault("_learn_dot_numbers", {})[telling.title] = numbers
    for who, each in numbers.items():
        for place, number in enumerate(each):
            key = _slider_key(telling, who, place)
            if key in st.session_state:
                st.session_state[key] = float(number)


STEP = Step(
    slug="dot-product",
    title="The dot product by hand",
    insight="Where film and user agree, in a liking or in a dislike, the bar goes **right**; where they disagree, left; "
    "the bars together end at the dot product.",
    draw=draw,
    in_link=(NUMBERS,),
    door=Door("pages/map.py", "the factors of all films, learned from ratings"),
    questions=(
        Question(
            7,
            "How is a dot product written in plain Python?",
            "Multiply pair by pair and add up:\n\n"
            "```python\nfilm = [0.98, 0.9, -0.9]\nuser = [0.9, 0.8, -0.6]\nsum(f * u for f, u in zip(film, user))\n```\n\n"
            "On paper this is 0.882 + 0.72 + 0.54 = 2.142. Python's binary fractions may miss the last digits by a hair; "
            "the picture above counts in decimals.",
        ),
    ),
)
