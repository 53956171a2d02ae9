"""The picks of the Together page: films for the whole group, what was left out, and what only one person would like."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from collab.data.ratings import liked_from
from collab.recommend.group import Agreement, GroupPicks, Member, agreements, gains, only_one_likes, pick_together
from collab.services.profiles import Profile
from collab.services.run_files import TrainedRun
from collab.ui.charts import formats
from collab.ui.charts.palette import palette
from collab.ui.frame.item_page import item_address
from collab.ui.person import cached as person_cached
from collab.ui.person import own_profile
from collab.ui.person.viewer import viewer_of
from collab.ui.together.beside import agreement_table, gains_table, show_agreement, show_gains
from collab.ui.together.controls import LEAST_STEP, Choice
from collab.ui.together.members import YOU
from collab.ui.together.pick_list import group_pick_list, listed_names
from collab.ui.widgets.item_list import Film, film_list, likely_words, title_and_facts
from collab.ui.widgets.tables import item_table, show_table, table_fold

STYLE = Path(__file__).with_name("together.css")

N_ITEMS, N_ONLY_ONE = 10, 3


def member_of(run: TrainedRun, profile: Profile) -> Member:
    """The group member of a profile, with the run's predictions for them. Raises ProfileError and RunError."""
    viewer = viewer_of(run, profile, own_profile.answers_of(profile))
    person, known = viewer.person, viewer.known
    return Member(person.predict(known.rated)[0], person.plain.before[0], known.rated, known.dismissed)


def show_group_picks(run: TrainedRun, profiles: Sequence[Profile], names: Sequence[str], choice: Choice) -> None:
    """Draw the films with each person's prediction, who gains, how far the people agree, and what only one of them would like.
    Raises ProfileError and RunError."""
    members = [member_of(run, profile) for profile in profiles]
    item_weights = person_cached.item_weights_at_hand(run.id)
    group_picks = pick_together(
        members,
        run.items,
        run.record.scale,
        N_ITEMS,
        way=choice.way,
        order=choice.order,
        known=item_weights,
        dials=choice.dials,
        least=choice.least,
        again=choice.again,
    )
    picture, side = st.columns([2.9, 1], gap="medium")
    with picture, st.container(key="evening"):
        if group_picks.items.empty:
            _say_empty(group_picks, choice, run)
        else:
            addresses = [item_address(run, index) for index in group_picks.items["item_index"].tolist()]
            st.html(group_pick_list(group_picks, addresses, names, run.record.scale, palette(), N_ITEMS))
    pairs = agreements(members, run.items)
    with side, st.container(key="evening_side"):
        if not group_picks.items.empty:
            show_gains(group_picks, members, names)
        show_agreement(pairs, names)
    _say_how(run, group_picks, members, names, choice)
    if len(group_picks.candidates):
        _apart(run, group_picks, members, names)
    _as_table(run, group_picks, members, pairs, names)


def table_of(group_picks: GroupPicks, names: Sequence[str]) -> pd.DataFrame:
    """The list as a table: a row per film, and for every person predicted stars, likely range and rank in their own list."""
    table = group_picks.items[["item_index", "title", "n_ratings", "year"]].copy()
    for row, name in enumerate(names):
        likely = map(likely_words, group_picks.low[row], group_picks.high[row])
        table[f"{name}, predicted"] = group_picks.stars[row].round(4)
        table[f"{name}, probably"] = [
            "rated" if given else each for given, each in zip(group_picks.given[row], likely, strict=True)
        ]
        table[f"{name}, own list"] = group_picks.place[row]
    return table


def _say_empty(group_picks: GroupPicks, choice: Choice, run: TrainedRun) -> None:
    if not group_picks.n_too_low:
        st.info("No film that is left passes the filters. Widen them above.", icon=":material/filter_alt_off:")
        return
    scale = run.record.scale
    fits = max(scale.low, np.floor(group_picks.reachable / LEAST_STEP) * LEAST_STEP)
    st.info(
        f"Somebody would rate every film below {choice.least:g} stars. With {fits:g} there is one for all.",
        icon=":material/sentiment_dissatisfied:",
    )
    st.button(f"Take {fits:g} stars", key="lower_least", type="primary", on_click=_lower, args=(float(fits),))


def _lower(least: float) -> None:
    st.session_state["least"] = least


def _say_how(
    run: TrainedRun, group_picks: GroupPicks, members: Sequence[Member], names: Sequence[str], choice: Choice
) -> None:
    record, lines = run.record, []
    unrated = [(name, _is_average(member)) for name, member in zip(names, members, strict=True) if not member.rated]
    for average, instead in ((True, "the average person stands in"), (False, "what was told beforehand counts alone")):
        without_ratings = [name for name, each in unrated if each == average]
        if without_ratings:
            verb = "has" if len(without_ratings) == 1 and without_ratings[0] != YOU else "have"
            lines.append(
                f"{formats.plain(listed_names(without_ratings))} {verb} rated no film of this data set yet; {instead}."
            )
    if group_picks.order != choice.order:
        lines.append("Ranked by predicted rating: what was watched together takes the run’s training ratings.")
    if group_picks.n_too_low and not group_picks.items.empty:
        lines.append(
            f"{formats.counted(group_picks.n_too_low, 'film')} left out that somebody would rate below {choice.least:g} stars."
        )
    kind = "Synthetic ratings. " if record.synthetic else ""
    films = "Films rated low by somebody here, rated by all," if choice.again else "Films that somebody here has rated"
    lines.append(
        f"{kind}Each prediction rests on that person’s own answers alone. {films} or set aside are "
        f"left out; at least {formats.counted(choice.dials.minimum_count, 'rating')} each. Held-out MSE "
        f"{formats.loss(record.valid['mse'])}, biases only {formats.loss(record.baselines.get('biases_only', {}).get('mse'))}."
    )
    st.caption(
        " ".join(lines),
        help="“Probably” names the fewest neighbouring star levels that hold the person’s own rating with a chance of at least "
        "80 %. “Own list” is the film’s place among all that are left if picked for that person alone.",
    )


def _is_average(member: Member) -> bool:
    """Whether the person's predictions equal the average person's."""
    return np.allclose(member.predictions.score, member.before.score)


def _apart(run: TrainedRun, group_picks: GroupPicks, members: Sequence[Member], names: Sequence[str]) -> None:
    """Draw the films that only one person would like, a column per person."""
    scale, found = run.record.scale, only_one_likes(members, group_picks.candidates, run.record.scale, N_ONLY_ONE)
    with st.container(key="evening_apart"):
        st.header(
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
                        st.caption(f"Only {formats.plain(name)} would like")
                        st.html(film_list(films, f"Only {name} would like", scale, palette(), len(films)))
                    else:
                        st.caption(f"No film that only {formats.plain(name)} would like.")


def _apart_film(run: TrainedRun, members: Sequence[Member], row: int, index: int) -> Film:
    """A film that only the member at `row` would like."""
    others = [member.predictions.mean[index] for place, member in enumerate(members) if place != row]
    return Film(
        *title_and_facts(run.items.iloc[index]),
        formats.stars(members[row].predictions.mean[index]),
        f", {'other' if len(others) == 1 else 'others at most'} {formats.stars(max(others))}",
        address=item_address(run, index),
    )


def _as_table(
    run: TrainedRun,
    group_picks: GroupPicks,
    members: Sequence[Member],
    pairs: Sequence[Agreement],
    names: Sequence[str],
) -> None:
    """Draw all tables of the page, for download."""
    place = table_fold("evening_table")
    if place is None:
        return
    with place:
        if not group_picks.items.empty:
            _films_table(run, group_picks, names)
            st.caption("Who gains: means of predicted stars.")
            show_table(
                gains_table(gains(group_picks, members), names),
                width="content",
                key="gains_table",
                alt="Who gains: means of predicted stars of these films, of films picked alone, and of any",
            )
        st.caption("Agreement: correlations of two people’s predicted ratings.")
        show_table(
            agreement_table(pairs, names),
            width="content",
            key="agreement_table",
            alt="Agreement: correlations of two people’s predicted ratings",
        )


def _films_table(run: TrainedRun, group_picks: GroupPicks, names: Sequence[str]) -> None:
    table = table_of(group_picks, names)
    item_table(
        table,
        run.items,
        "evening_films",
        f"The {len(table)} films with each one’s predicted stars, likely range and place in the own list",
        list(table.drop(columns="item_index")),
        {f"{name}, predicted": st.column_config.NumberColumn(format="%.1f") for name in names},
        height="content",
    )
