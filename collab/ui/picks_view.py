"""The picks on the Rate page: their head with its controls, the list, and how far its numbers can be trusted."""

from __future__ import annotations

import streamlit as st

from collab.certainty import COVERAGE
from collab.errors import RunError
from collab.item_item import ItemItem
from collab.newcomer import ByItself, Newcomer, Picks, picks
from collab.orders import LONG_SHOT, ORDERS, POPULAR, RATING, SAFE, WATCH, Dials
from collab.reasons import Reason, rating_reasons, watched_reasons
from collab.recommend import popular
from collab.services.profiles import Profile
from collab.services.runs import TrainedRun
from collab.ui import cached, words
from collab.ui.dials import choose_dials
from collab.ui.film_list import Film, Prediction, Sum, film_list, title_and_facts
from collab.ui.keeping import share_button
from collab.ui.taste import Known
from collab.ui.theme import palette

N_PICKS = 10
N_FAMILIAR = 4
"""So many of the picks are films that the person may know; the others are probably new to them."""

NEW, FAMILIAR = "New to you", "You may know these"
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


def show_picks(
    run: TrainedRun, person: Newcomer | ByItself, known: Known, profile: Profile | None, page_name: str
) -> None:
    """The picks with their predictions; before the first rating what is popular with everyone."""
    mine = profile is None or profile.can_edit
    if known.rated:
        heading = "Your picks" if mine else "Their picks"
    else:
        heading = "Popular with everyone, not yet yours" if mine else "Popular with everyone"
    order, dials = _head(run, heading, profile, page_name, ranked=bool(known.rated))
    minimum_count = dials.minimum_count
    found, together = None, None
    if known.rated:
        together = _together(run)
        if together is None and order == WATCH:
            st.caption("Ranked by predicted rating: what was watched together takes the run’s training ratings.")
        found = picks(
            person,
            run.items,
            known.rated,
            N_PICKS,
            order=order,
            together=together,
            dials=dials,
            not_seen=known.not_seen,
            dismissed=known.dismissed,
            n_familiar=N_FAMILIAR,
        )
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
                reasons=reasons,
                section="" if together is None else FAMILIAR if film.familiar else NEW,
            )
            for film, chances, reasons in zip(
                found.films.itertuples(), found.chances, _reasons(run, person, known, found, together), strict=True
            )
        ]
    if films:
        st.html(film_list(films, heading, run.record.scale, palette(), N_PICKS))
    else:
        st.info(
            "No film that is left passes the filters. Widen them beside the heading.",
            icon=":material/filter_alt_off:",
        )
    _say_how_honest(run, found, len(known.rated), minimum_count, "your" if mine else "their", person.doubts_films)


def _together(run: TrainedRun) -> ItemItem | None:
    """What was watched together; None where the run's training ratings are not at hand."""
    try:
        return cached.watched_together(run.id)
    except RunError:
        return None


def _head(run: TrainedRun, heading: str, profile: Profile | None, page_name: str, *, ranked: bool) -> tuple[str, Dials]:
    """The heading with its controls; the order and the dials that they stand at. Before the first rating (not `ranked`) there is
    nothing to order or to bend by but the number of ratings."""
    order = WATCH
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="picks_head"):
        st.subheader(heading, anchor="picks")
        with st.popover("", icon=":material/tune:", help="Choose what kind of films may be picked."):
            dials = choose_dials(run, bend=ranked, narrow=ranked)
        share_button(profile, page_name)
    if ranked:
        order = st.selectbox(
            "Order",
            list(ORDER_NAMES),
            key="order",
            bind="query-params",
            format_func=ORDER_NAMES.__getitem__,
            label_visibility="collapsed",
        )
    return order, dials


def _reasons(
    run: TrainedRun, person: Newcomer | ByItself, known: Known, found: Picks, together: ItemItem | None
) -> list[list[Sum]]:
    """For every pick the sums that tell why: what was watched together, where that ranked, and the predicted rating."""
    films = found.films["item_index"].to_numpy()
    sums: list[list[Sum]] = [[] for _ in films]
    if found.order == WATCH and together is not None:
        for each, reason in zip(sums, watched_reasons(together, known.rated, films), strict=True):
            each.append(_sum(run, known, reason, "Watched together, score", "How often it is watched", 3))
    predicted = rating_reasons(person, known.rated, films)
    if predicted is not None:
        for each, reason in zip(sums, predicted, strict=True):
            each.append(_sum(run, known, reason, "Predicted, stars", "Before the first rating", 2))
    return sums


def _sum(run: TrainedRun, known: Known, reason: Reason, name: str, start: str, digits: int) -> Sum:
    """A reason with the titles of its films and the stars that they were given."""
    titles = run.items["title"].array
    parts = [(start, f"{reason.start:.{digits}f}")]
    parts += [(f"{titles[film]}, rated {known.rated[film]:g}", _signed(part, digits)) for film, part in reason.parts]
    if reason.n_others:
        more = "1 more film" if reason.n_others == 1 else f"{words.count(reason.n_others)} more films"
        parts.append((more, _signed(reason.others, digits)))
    return Sum(name, f"{reason.total:.{digits}f}", parts)


def _signed(part: float, digits: int) -> str:
    return f"{part:+.{digits}f}".replace("-", "−")


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
