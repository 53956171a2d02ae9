"""The picks on the Rate page: their head with its controls, the list, and how far its numbers can be trusted."""

from __future__ import annotations

import streamlit as st

from collab.certainty import COVERAGE
from collab.newcomer import Picks, picks
from collab.recommend import popular
from collab.services.profiles import Profile
from collab.services.runs import TrainedRun
from collab.ui import cached, words
from collab.ui.film_list import Film, Prediction, film_list, title_and_facts
from collab.ui.keeping import share_button
from collab.ui.taste import Known
from collab.ui.theme import palette

N_PICKS = 10
MINIMUM_COUNT = 20
HIGHEST_MINIMUM_COUNT = 200


def show_picks(run: TrainedRun, known: Known, profile: Profile | None, page_name: str) -> None:
    """The picks with their predictions; before the first rating what is popular with everyone."""
    mine = profile is None or profile.can_edit
    if known.rated:
        heading = "Your picks" if mine else "Their picks"
    else:
        heading = "Popular with everyone, not yet yours" if mine else "Popular with everyone"
    minimum_count = _head(run, heading, profile, page_name)
    person = cached.for_newcomers(run.id)
    found = picks(person, run.items, known.rated, N_PICKS, minimum_count) if known.rated else None
    if found is None:
        films = [
            Film(*title_and_facts(film), words.stars(film.mean_rating), " on average")
            for film in popular(run.items, N_PICKS, minimum_count).itertuples()
        ]
    else:
        films = [
            Film(
                *title_and_facts(film),
                *_split(film.words),
                Prediction(film.predicted, film.low, film.high, film.likely_low, film.likely_high, chances.tolist()),
            )
            for film, chances in zip(found.films.itertuples(), found.chances, strict=True)
        ]
    if films:
        st.html(film_list(films, heading, run.record.scale, palette(), N_PICKS))
    else:
        st.info(
            "No film that is left has so many ratings. Lower the minimum beside the heading.",
            icon=":material/filter_alt_off:",
        )
    _say_how_honest(run, found, len(known.rated), minimum_count, "your" if mine else "their", person.doubts_films)


def _head(run: TrainedRun, heading: str, profile: Profile | None, page_name: str) -> int:
    """The heading and its two controls; returns the least number of ratings that a pick needs."""
    most = max(2, min(HIGHEST_MINIMUM_COUNT, int(run.items["n_ratings"].max())))
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="picks_head"):
        st.subheader(heading, anchor="picks")
        with st.popover("", icon=":material/tune:", help="Choose how well known a film has to be."):
            minimum_count = st.slider(
                "Least ratings of a film",
                1,
                most,
                min(MINIMUM_COUNT, most),
                key="min_ratings",
                bind="query-params",
                help="Films with fewer training ratings are left out. Higher: better known films, predictions that rest on more.",
            )
        share_button(profile, page_name)
    return minimum_count


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
        f"{COVERAGE:.0%}: the coloured columns. Columns are the chances of all levels, larger where a film is opened. {chances}",
    )


def _split(sentence: str) -> tuple[str, str]:
    """ "4.2, probably 3 to 5" as the figure and the rest."""
    figure, comma, rest = sentence.partition(",")
    return figure, comma + rest
