"""The picks on the Rate page: the list, what is done with it, and how far its numbers can be trusted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from collab.answers import DISMISSALS, SEEN
from collab.certainty import COVERAGE
from collab.errors import RunError
from collab.item_item import ItemItem
from collab.moves import Move, moves
from collab.newcomer import ByItself, Newcomer, Picks, picks
from collab.orders import LONG_SHOT, ORDERS, POPULAR, RATING, SAFE, WATCH, Dials
from collab.reasons import weightiest
from collab.recommend import popular
from collab.services.profiles import Profile
from collab.services.runs import TrainedRun
from collab.ui import cached, own_ratings, what_if, words
from collab.ui.film_list import Film, Prediction, film_list, title_and_facts
from collab.ui.keeping import share_button
from collab.ui.pick_list import deeds, pick_list, stars, tools
from collab.ui.pick_list import undo as undo_button
from collab.ui.pick_reasons import pick_reasons
from collab.ui.rating import note_place, undo
from collab.ui.taste import Known
from collab.ui.theme import palette

N_PICKS = 10
N_FAMILIAR = 4
"""So many of the picks are films that the person may know; the others are probably new to them."""

NEW, FAMILIAR, GONE = "New to you", "You may know these", "No longer picked"
ORDER_NAMES = {
    WATCH: "What you would watch and like",
    RATING: "What you would rate highest",
    SAFE: "Safe bet",
    POPULAR: "Popular",
    LONG_SHOT: "Long shot",
}
ORDER_HELP = """What the picks are ranked by.

- *Watch and like*: what people who watched your films watched and liked too, together with the predicted rating.
- *Rate highest*: the predicted rating alone; often films that few people look for.
- *Safe bet*: the lower end of the prediction’s interval.
- *Popular*: the number of ratings, the same for everybody.
- *Long shot*: the upper end of the interval; it may be wonderful, and nobody knows."""
assert set(ORDER_NAMES) == set(ORDERS)
MINIMUM_COUNT = 20
HIGHEST_MINIMUM_COUNT = 200


@dataclass(frozen=True)
class _Ranked:
    """What a list shows, best first: the columns item_index, title, n_ratings, year, genres at least; `found` as `picks` gives
    it, None where nothing is rated and the list is what is popular with everyone."""

    films: pd.DataFrame
    found: Picks | None


def show_picks(
    run: TrainedRun, person: Newcomer | ByItself, known: Known, profile: Profile | None, page_name: str
) -> None:
    """The picks with their predictions; before the first rating what is popular with everyone. What can be done with each is
    there for who may change the profile; what would be picked after another answer is there for everyone."""
    mine = profile is None or profile.can_edit
    if known.rated:
        heading = "Your picks" if mine else "Their picks"
    else:
        heading = "Popular with everyone, not yet yours" if mine else "Popular with everyone"
    order, dials, beside = _head(run, heading, profile, page_name, ranked=bool(known.rated))
    together = _together(run) if known.rated else None
    if known.rated and together is None and order == WATCH:
        st.caption("Ranked by predicted rating: what was watched together takes the run’s training ratings.")
    thought, wrong = what_if.thought(known, run.record.scale)
    now = _rank(run, person, known, known.rated, order, dials, together)
    shown, rated = now, known.rated
    if thought is not None and thought.changes:
        rated = thought.rated(known.rated)
        shown = _rank(run, person, known, rated, order, dials, together)
    if known.rated:
        watched = together if now.found is not None and now.found.order == WATCH else None
        choice = weightiest(person, watched, known.rated, now.films["item_index"].to_numpy())
        beside.button(
            "What if",
            key="what_if_begin",
            icon=":material/swap_vert:",
            disabled=thought is not None,
            on_click=what_if.ask,
            args=(known.titles[choice[0]], known.rated[choice[0]]),
            help="Try other stars for a film, and see the picks move. Nothing is saved.",
        )
        if thought is not None:
            what_if.show(thought, known, choice, mine)
    if wrong:
        st.caption(words.plain(wrong))
    films = _films(run, person, known, rated, shown, together, can_edit=mine and thought is None)
    if thought is not None and thought.changes:
        films = _moved(run, person, known, rated, now, shown, films)
    if films:
        said, then = _said(mine)
        pick_list(
            film_list(films, heading, run.record.scale, palette(), N_PICKS),
            said,
            then,
            what_if.KEY,
            partial(carry_out, titles=frozenset(film.key for film in films), known=known, can_edit=mine),
        )
    else:
        st.info(
            "No film that is left passes the filters. Widen them beside the heading.",
            icon=":material/filter_alt_off:",
        )
    whose = "your" if mine else "their"
    _say_how_honest(run, now.found, len(known.rated), dials.minimum_count, whose, person.doubts_films)


def carry_out(deed: Mapping[str, Any], titles: Collection[str], known: Known, *, can_edit: bool) -> None:
    """Do what was pressed in the list of the films `titles`: set a film aside, rate it, undo that, or ask what if.

    A press that fits nothing in sight is one that came late, and does nothing.
    """
    do, title, change = deed.get("do"), deed.get("of"), own_ratings.last_change()
    if do == "what if":
        film = next((film for film in known.rated if known.titles[film] == title), None)
        if film is not None:
            what_if.ask(known.titles[film], known.rated[film])
        return
    if not can_edit:
        return
    just_said = change is not None and change.title == title
    if do == "undo" and just_said:
        undo()
    elif do in DISMISSALS and title in titles:
        note_place(title)
        own_ratings.dismiss(title, do)
    elif do == "rate" and deed.get("stars") in (1, 2, 3, 4, 5) and (just_said or title in titles):
        note_place(title)
        own_ratings.rate(title, float(deed["stars"]))
        st.session_state["_rated_here"] = title


def _rank(
    run: TrainedRun,
    person: Newcomer | ByItself,
    known: Known,
    rated: Mapping[int, float],
    order: str,
    dials: Dials,
    together: ItemItem | None,
) -> _Ranked:
    """The list after the ratings `rated`, stars by item_index."""
    if not rated:
        return _Ranked(popular(run.items, N_PICKS, dials.minimum_count, known.dismissed), None)
    found = picks(
        person,
        run.items,
        rated,
        N_PICKS,
        order=order,
        together=together,
        dials=dials,
        not_seen=known.not_seen,
        dismissed=known.dismissed,
        n_familiar=N_FAMILIAR,
    )
    return _Ranked(found.films, found)


def _films(
    run: TrainedRun,
    person: Newcomer | ByItself,
    known: Known,
    rated: Mapping[int, float],
    ranked: _Ranked,
    together: ItemItem | None,
    *,
    can_edit: bool,
) -> list[Film]:
    """The films of a list as they are drawn, each with what can be done with it."""
    films = []
    found = ranked.found
    for film in ranked.films.itertuples():
        title = known.titles.get(film.item_index, film.title)
        about = {
            "key": title,
            "tools": tools(title) if can_edit else "",
            "first_inside": deeds(title, can_edit),
        }
        if found is None:
            films.append(Film(*title_and_facts(film), words.stars(film.mean_rating), " on average", **about))
        else:
            section = "" if together is None else FAMILIAR if film.familiar else NEW
            prediction = Prediction(
                film.predicted,
                film.low,
                film.high,
                film.likely_low,
                film.likely_high,
                found.chances[len(films)].tolist(),
            )
            films.append(Film(*title_and_facts(film), *_split(film.words), prediction, section, **about))
    if found is not None:
        reasons = pick_reasons(run, person, known, rated, found, together)
        films = [replace(film, reasons=sums) for film, sums in zip(films, reasons, strict=True)]
    return films


def _moved(
    run: TrainedRun,
    person: Newcomer | ByItself,
    known: Known,
    rated: Mapping[int, float],
    now: _Ranked,
    shown: _Ranked,
    films: Sequence[Film],
) -> list[Film]:
    """The `films` of the list that is thought of, each with its move and the stars that are predicted now; then those of the list
    as it is that would leave it."""
    there, gone = moves(now.films["item_index"].tolist(), shown.films["item_index"].tolist())
    stars, would_be = person.foresee(known.rated)[0].mean, person.foresee(rated)[0].mean
    listed = [
        replace(film, move=move_in_words(move), **_change_of_stars(stars[move.item_index], would_be[move.item_index]))
        for film, move in zip(films, there, strict=True)
    ]
    rows = now.films.set_index("item_index", drop=False)
    for move in gone:
        film = next(rows.loc[[move.item_index]].itertuples())
        title = known.titles.get(film.item_index, film.title)
        leaving = Film(*title_and_facts(film), "", "", section=GONE, key=title, first_inside=deeds(title, False))
        change = _change_of_stars(stars[move.item_index], would_be[move.item_index])
        listed.append(replace(leaving, move=move_in_words(move), **change))
    return listed


def move_in_words(move: Move) -> tuple[str, str]:
    """A move as a sign and in words."""
    if move.before is None:
        return "new", "new among the picks"
    if move.after is None:
        return "out", f"no longer picked, now at place {move.before + 1}"
    up = move.before - move.after
    if up == 0:
        return "=", "at the same place"
    return (
        f"{'↑' if up > 0 else '↓'}{abs(up)}",
        f"{'up' if up > 0 else 'down'} {abs(up)}, now at place {move.before + 1}",
    )


def _change_of_stars(now: float, would_be: float) -> dict[str, str]:
    """The verdict on a film of which something else would be predicted."""
    before, after = words.stars(now), words.stars(would_be)
    return {"figure": after, "rest": ", as now" if before == after else f" instead of {before}"}


def _said(can_edit: bool) -> tuple[str, str]:
    """What was last done with a pick, and the HTML of what can be done then; "" where something else came last."""
    change = own_ratings.last_change()
    if not can_edit or change is None:
        return "", ""
    dismissed = any(answer is not None and answer.is_dismissal for answer in (change.before, change.after))
    if not dismissed and change.title != st.session_state.get("_rated_here"):
        return "", ""
    is_seen = change.after is not None and change.after.said == SEEN
    return f"{change.title}: {own_ratings.say(change)}", (stars(change.title) if is_seen else "") + undo_button(
        change.title
    )


def _together(run: TrainedRun) -> ItemItem | None:
    """What was watched together; None where the run's training ratings are not at hand."""
    try:
        return cached.watched_together(run.id)
    except RunError:
        return None


def _head(
    run: TrainedRun, heading: str, profile: Profile | None, page_name: str, *, ranked: bool
) -> tuple[str, Dials, DeltaGenerator]:
    """The heading with its controls; the order and the dials that they stand at, and the place beside the order. Before the first
    rating (not `ranked`) there is nothing to order or to bend by but the number of ratings."""
    order = WATCH
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="picks_head"):
        st.subheader(heading, anchor="picks")
        with st.popover("", icon=":material/tune:", help="Choose what kind of films may be picked."):
            dials = _dials(run, ranked)
        share_button(profile, page_name)
    row = st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="small", key="picks_order")
    if ranked:
        order = row.selectbox(
            "Order",
            list(ORDER_NAMES),
            key="order",
            bind="query-params",
            format_func=ORDER_NAMES.__getitem__,
            label_visibility="collapsed",
        )
    return order, dials, row


def _dials(run: TrainedRun, ranked: bool) -> Dials:
    """The controls behind the tune button."""
    n_ratings = run.items["n_ratings"]
    most = max(2, min(HIGHEST_MINIMUM_COUNT, int(n_ratings.max())))
    minimum_count = st.slider(
        "Least ratings of a film",
        1,
        most,
        min(MINIMUM_COUNT, most),
        key="min_ratings",
        bind="query-params",
        help="Films with fewer training ratings are left out. Higher: better known films, predictions that rest on more.",
    )
    if not ranked:
        return Dials(minimum_count=minimum_count)
    popularity = st.slider(
        "Obscure (−1) to popular (1)",
        -1.0,
        1.0,
        0.0,
        0.25,
        key="popularity",
        bind="query-params",
        help="Adds to or takes from a film’s score for the number of its ratings. 0: as the order has it.",
    )
    variety = st.slider(
        "Similar (0) to varied (1)",
        0.0,
        1.0,
        0.0,
        0.1,
        key="variety",
        bind="query-params",
        help="Higher: each next pick is less like the ones above it, and further down the order. 0: the best, however alike.",
    )
    trained = run.items[n_ratings > 0]
    known_years = trained["year"].dropna()
    years = None
    if known_years.nunique() > 1:
        whole = int(known_years.min()), int(known_years.max())
        years = st.slider("Years", *whole, whole, key="years", bind="query-params")
        years = None if tuple(years) == whole else tuple(years)
    names = sorted({name for genres in trained["genres"].unique() for name in genres.split("|") if name})
    genres = st.multiselect("Genres", names, key="pick_genres", bind="query-params", placeholder="All") if names else []
    return Dials(popularity, variety, years, tuple(genres), minimum_count)


def _say_how_honest(
    run: TrainedRun, found: Picks | None, n_rated: int, minimum_count: int, whose: str, doubts_films: bool
) -> None:
    record, n_people = run.record, int((run.users["n_ratings"] > 0).sum())
    people = f"{words.count(n_people)} {'invented people' if record.synthetic else 'people'}"
    kind = "Synthetic ratings. " if record.synthetic else ""
    limit = f"Films with at least {words.count(minimum_count)} {'rating' if minimum_count == 1 else 'ratings'}"
    error = (
        f"held-out MSE {words.loss(record.valid['mse'])}, biases only "
        f"{words.loss(record.baselines.get('biases_only', {}).get('mse'))}"
    )
    if found is None:
        st.caption(
            f"{kind}{limit}, most rated first, with the mean rating of {people}. With the first rating the list becomes "
            f"{whose}s: then the model predicts ({error})."
        )
        return
    rest = (
        "what is unknown of the films, and how unsteadily people rate" if doubts_films else "how unsteadily people rate"
    )
    films = " and of each film" if doubts_films else ", its films taken as known exactly"
    chances = (
        "The model predicts them itself, one for every level."
        if found.own_chances
        else "They are read off one bell curve around the prediction, its width made of how unsteadily people rate and of what "
        f"is unknown of {whose} taste{films}."
    )
    st.caption(
        f"After {words.count(n_rated)} {'rating' if n_rated == 1 else 'ratings'} {whose} predictions are typically "
        f"±{found.typical_error:.2f} stars; before the first it was ±{found.error_before:.2f}. What is unknown of {whose} taste "
        f"fell by {words.percent(found.learned)}, the rest is {rest}. {kind}{limit}; {error}. "
        "Open a film for the chance of every rating.",
        help=f"The ratings given find their place among the {people} that the model was trained on; its films stay as they are. "
        f"“Probably” names the fewest neighbouring star levels that hold {whose} own rating with a chance of at least "
        f"{COVERAGE:.0%}: the coloured columns. Columns are the chances of all levels, larger where a film is opened. {chances}"
        f"\n\n{ORDER_HELP}",
    )


def _split(sentence: str) -> tuple[str, str]:
    """ "4.2, probably 3 to 5" as the figure and the rest."""
    figure, comma, rest = sentence.partition(",")
    return figure, comma + rest
