"""The Together page: how people are combined, the films for all of them, and what each gets out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from collab.item_item import liked_from
from collab.orders import RATING, WATCH, Dials
from collab.services.profiles import Profile
from collab.services.runs import TrainedRun
from collab.together import (
    AVERAGE,
    LEAST_MISERY,
    WITHOUT_MISERY,
    Agreement,
    Evening,
    Member,
    agreements,
    gains,
    only_one_likes,
    pick_together,
)
from collab.ui import cached, own_ratings, words
from collab.ui.as_table import table_fold
from collab.ui.dials import choose_dials
from collab.ui.evening_list import evening_list, likely_words, listed_names
from collab.ui.film_list import Film, film_list, title_and_facts
from collab.ui.person import believed
from collab.ui.rating import places
from collab.ui.table_csv import csv_button
from collab.ui.taste import answers_known
from collab.ui.theme import palette
from collab.ui.together_people import YOU

STYLES = (Path(__file__).with_name("rating.css"), Path(__file__).with_name("together.css"))

N_FILMS, N_APART = 10, 3
WAYS = {"Average": AVERAGE, "Least misery": LEAST_MISERY, "Average without misery": WITHOUT_MISERY}
ORDERS = {"Watch and like": WATCH, "Predicted rating": RATING}
LEAST_STEP = 0.25


@dataclass(frozen=True)
class Choice:
    """What the controls stand at."""

    way: str
    order: str
    least: float
    dials: Dials
    again: bool


def member_of(run: TrainedRun, profile: Profile) -> Member:
    """What the run foresees of the person of a profile. Raises ProfileError and RunError."""
    answers = own_ratings.answers_of(profile)
    known = answers_known(answers, places(run, answers), run.items, run.record.scale)
    person = believed(run, profile)
    return Member(person.foresee(known.rated)[0], person.plain.before[0], known.rated, known.dismissed)


def choose(run: TrainedRun) -> Choice:
    """The controls over the list; all of them are in the link."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="evening_controls"):
        way = st.segmented_control(
            "Combined by",
            list(WAYS),
            default=next(iter(WAYS)),
            required=True,
            key="way",
            bind="query-params",
            help="Average: the mean of all. Least misery: only the least content person counts. Average without misery: the "
            "mean, without films that somebody would rate too low.",
        )
        order = st.segmented_control(
            "What counts",
            list(ORDERS),
            default=next(iter(ORDERS)),
            required=True,
            key="counts",
            bind="query-params",
            help="Watch and like: the films’ places in each one’s own list, made of what people with their ratings watched and "
            "liked and of the predicted rating; all lists weigh the same. Predicted rating: the stars alone.",
        )
        with st.popover("", icon=":material/tune:", help="Choose what kind of films may be picked."):
            dials = choose_dials(run, bend=False, narrow=True)
            again = st.toggle(
                "Also films that some have liked",
                key="again",
                bind="query-params",
                help="Films that some here rated high and others have not rated may be picked too; the stars given stand in "
                "place of a prediction.",
            )
        # last, so that no other control moves when it comes and goes
        least, scale = 3.0, run.record.scale
        if WAYS[way] == WITHOUT_MISERY:
            least = st.slider(
                "Nobody below (stars)",
                float(scale.low),
                float(scale.high),
                least,
                LEAST_STEP,
                key="least",
                bind="query-params",
                width=190,
                help="Films that somebody is predicted to rate lower are left out. Higher: fewer films, nobody unhappy.",
            )
    return Choice(WAYS[way], ORDERS[order], least, dials, again)


def show_evening(run: TrainedRun, profiles: Sequence[Profile], names: Sequence[str], choice: Choice) -> None:
    """The films with every one's prediction, who gains, how alike the people are, and what only one of them would like.
    Raises ProfileError and RunError."""
    members = [member_of(run, profile) for profile in profiles]
    together = cached.together_at_hand(run.id)
    evening = pick_together(
        members,
        run.items,
        run.record.scale,
        N_FILMS,
        way=choice.way,
        order=choice.order,
        known=together,
        dials=choice.dials,
        least=choice.least,
        again=choice.again,
    )
    picture, side = st.columns([2.9, 1], gap="medium")
    with picture, st.container(key="evening"):
        if evening.films.empty:
            _say_empty(evening, choice, run)
        else:
            st.html(evening_list(evening, names, run.record.scale, palette(), N_FILMS))
    with side, st.container(key="evening_side"):
        if not evening.films.empty:
            _gains(evening, members, names)
        pairs = agreements(members, run.items)
        _agreement(pairs, names)
    _say_how(run, evening, members, names, choice)
    if len(evening.candidates):
        _apart(run, evening, members, names)
    _as_table(evening, members, pairs, names)


def table_of(evening: Evening, names: Sequence[str]) -> pd.DataFrame:
    """The list as a table: a film a row, and for every person predicted stars, likely range and place in the own list."""
    table = evening.films[["title", "n_ratings", "year"]].copy()
    for row, name in enumerate(names):
        likely = map(likely_words, evening.low[row], evening.high[row])
        table[f"{name}, predicted"] = evening.stars[row].round(4)
        table[f"{name}, probably"] = [
            "rated" if given else each for given, each in zip(evening.given[row], likely, strict=True)
        ]
        table[f"{name}, own list"] = evening.place[row]
    return table


def gain_words(table: pd.DataFrame, names: Sequence[str]) -> str:
    """Who gains most from the list, in a sentence; a tie is said where the figures shown are the same."""
    shown = table["gain"].round(1)
    if not np.isfinite(shown).all():
        return ""
    most = [name for name, gain in zip(names, shown, strict=True) if gain == shown.max()]
    if len(most) == len(names):
        return f"All gain alike: {_stars_more(shown.max())} the mean of all films left."
    verb = "gains" if len(most) == 1 and most[0] != YOU else "gain"
    return f"{words.plain(listed_names(most))} {verb} most: {_stars_more(shown.max())} the mean of all films left."


def _stars_more(gain: float) -> str:
    return f"{abs(gain):.1f} stars {'below' if gain < 0 else 'above'}"


def _gains(evening: Evening, members: Sequence[Member], names: Sequence[str]) -> None:
    table = gains(evening, members)
    st.subheader(
        "Who gains",
        anchor=False,
        help="Means of predicted stars. These: the films of the list. Alone: as many picked for that person alone in the same "
        "order. Any: all films that are left. Where somebody has given stars, these count.",
    )
    st.markdown(gain_words(table, names))
    means = table[["together", "alone", "anything"]].to_numpy()
    rows = [(name, *map(words.stars, row)) for name, row in zip(names, means, strict=True)]
    st.html(_small_table("Mean stars", ("These", "Alone", "Any"), rows))


def _small_table(label: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of figures as HTML, each row beginning with a name; all texts are escaped."""
    colours = palette()
    head = "".join(f"<th scope=col>{escape(column)}</th>" for column in columns)
    body = "".join(
        f"<tr><th scope=row>{escape(name)}</th>{''.join(f'<td>{escape(figure)}</td>' for figure in figures)}</tr>"
        for name, *figures in rows
    )
    return (
        f'<table class="evening-figures" style="--line:{colours.grid};--muted:{colours.muted}" aria-label="{escape(label)}">'
        f"<thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _agreement(pairs: Sequence[Agreement], names: Sequence[str]) -> None:
    st.subheader(
        "Agreement",
        anchor=False,
        help="Correlation of two people’s predicted ratings: 1 the same, 0 unrelated, −1 opposite. Good films please most, so "
        "ratings agree for nearly all. Taste is what is left when the average person’s prediction is taken off; after a few "
        "ratings each it often lies near 1 or −1, since little is known to differ in.",
    )
    rows = [
        (f"{names[pair.first]}, {names[pair.second]}", _correlation(pair.of_ratings), _correlation(pair.of_taste))
        for pair in pairs
    ]
    st.html(_small_table("Correlations", ("Ratings", "Taste"), rows))
    st.caption(f"Over the {words.count(pairs[0].n_films)} most rated films.")


def _correlation(number: float) -> str:
    return words.signed(number) if np.isfinite(number) else words.MISSING


def _say_empty(evening: Evening, choice: Choice, run: TrainedRun) -> None:
    if not evening.n_too_low:
        st.info("No film that is left passes the filters. Widen them above.", icon=":material/filter_alt_off:")
        return
    scale = run.record.scale
    fits = max(scale.low, np.floor(evening.reachable / LEAST_STEP) * LEAST_STEP)
    st.info(
        f"Somebody would rate every film below {choice.least:g} stars. With {fits:g} there is one for all.",
        icon=":material/sentiment_dissatisfied:",
    )
    st.button(f"Take {fits:g} stars", key="lower_least", type="primary", on_click=_lower, args=(float(fits),))


def _lower(least: float) -> None:
    st.session_state["least"] = least


def _say_how(
    run: TrainedRun, evening: Evening, members: Sequence[Member], names: Sequence[str], choice: Choice
) -> None:
    record, lines = run.record, []
    unrated = [(name, _is_average(member)) for name, member in zip(names, members, strict=True) if not member.rated]
    for average, instead in ((True, "the average person stands in"), (False, "what was told beforehand counts alone")):
        strangers = [name for name, each in unrated if each == average]
        if strangers:
            verb = "has" if len(strangers) == 1 and strangers[0] != YOU else "have"
            lines.append(
                f"{words.plain(listed_names(strangers))} {verb} rated no film of this data set yet; {instead}."
            )
    if evening.order != choice.order:
        lines.append("Ranked by predicted rating: what was watched together takes the run’s training ratings.")
    if evening.n_too_low and not evening.films.empty:
        n_films = "1 film" if evening.n_too_low == 1 else f"{words.count(evening.n_too_low)} films"
        lines.append(f"{n_films} left out that somebody would rate below {choice.least:g} stars.")
    kind = "Synthetic ratings. " if record.synthetic else ""
    count = choice.dials.minimum_count
    films = "Films rated low by somebody here, rated by all," if choice.again else "Films that somebody here has rated"
    lines.append(
        f"{kind}Each prediction rests on that person’s own answers alone. {films} or set aside are "
        f"left out; at least {words.count(count)} {'rating' if count == 1 else 'ratings'} each. Held-out MSE "
        f"{words.loss(record.valid['mse'])}, biases only {words.loss(record.baselines.get('biases_only', {}).get('mse'))}."
    )
    st.caption(
        " ".join(lines),
        help="“Probably” names the fewest neighbouring star levels that hold the person’s own rating with a chance of at least "
        "80 %. “Own list” is the film’s place among all that are left if picked for that person alone.",
    )


def _is_average(member: Member) -> bool:
    """Whether the same is foreseen of a person as of the average one."""
    return np.allclose(member.foreseen.score, member.before.score)


def _apart(run: TrainedRun, evening: Evening, members: Sequence[Member], names: Sequence[str]) -> None:
    """The films that only one would like, a column a person."""
    scale, found = run.record.scale, only_one_likes(members, evening.candidates, run.record.scale, N_APART)
    with st.container(key="evening_apart"):
        st.subheader(
            "For one alone",
            anchor=False,
            help=f"Films predicted at {liked_from(scale):g} stars or more for one person and less for everybody else, the widest "
            "gap first.",
        )
        with st.grid("auto", min_column_width=330, gap=("small", "large")) as grid:
            for row, name in enumerate(names):
                with grid.cell():
                    films = [_apart_film(run, members, row, index) for index in found[row].tolist()]
                    if films:
                        st.caption(f"Only {words.plain(name)} would like")
                        st.html(film_list(films, f"Only {name} would like", scale, palette(), len(films)))
                    else:
                        st.caption(f"No film that only {words.plain(name)} would like.")


def _apart_film(run: TrainedRun, members: Sequence[Member], row: int, index: int) -> Film:
    """A film that only the member at `row` would like."""
    others = [member.foreseen.mean[index] for place, member in enumerate(members) if place != row]
    return Film(
        *title_and_facts(run.items.iloc[index]),
        words.stars(members[row].foreseen.mean[index]),
        f", {'other' if len(others) == 1 else 'others at most'} {words.stars(max(others))}",
    )


def _as_table(evening: Evening, members: Sequence[Member], pairs: Sequence[Agreement], names: Sequence[str]) -> None:
    """All tables of the page, to take along."""
    place = table_fold("evening_table")
    if place is None:
        return
    with place:
        if not evening.films.empty:
            _films_table(evening, names)
            st.caption("Who gains: means of predicted stars.")
            st.dataframe(
                gains_table(gains(evening, members), names),
                hide_index=True,
                placeholder=words.MISSING,
                width="content",
                alt="Who gains: means of predicted stars of these films, of films picked alone, and of any",
            )
        st.caption("Agreement: correlations of two people’s predicted ratings.")
        st.dataframe(
            agreement_table(pairs, names),
            hide_index=True,
            placeholder=words.MISSING,
            width="content",
            alt="Agreement: correlations of two people’s predicted ratings",
        )


def gains_table(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """`collab.together.gains` with its people named, in stars."""
    means = table[["together", "alone", "anything"]].to_numpy().round(4)
    shown = pd.DataFrame(means, columns=["these (stars)", "alone (stars)", "any (stars)"])
    shown.insert(0, "person", list(names))
    return shown


def agreement_table(pairs: Sequence[Agreement], names: Sequence[str]) -> pd.DataFrame:
    """Every pair of people with both correlations, and over how many films."""
    rows = [
        (names[pair.first], names[pair.second], round(pair.of_ratings, 3), round(pair.of_taste, 3), pair.n_films)
        for pair in pairs
    ]
    return pd.DataFrame(rows, columns=["person", "and", "ratings (correlation)", "taste (correlation)", "films"])


def _films_table(evening: Evening, names: Sequence[str]) -> None:
    table = table_of(evening, names)
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        placeholder=words.MISSING,
        alt=f"The {len(table)} films with each one’s predicted stars, likely range and place in the own list",
        column_config={
            "title": st.column_config.TextColumn("Film", width="medium"),
            "n_ratings": st.column_config.NumberColumn("Ratings", format="localized"),
            "year": st.column_config.NumberColumn("Year", format="%d"),
            **{
                f"{name}, predicted": st.column_config.NumberColumn(f"{name}, predicted", format="%.1f")
                for name in names
            },
        },
    )
    csv_button(table, "together")
