"""The pieces of the Rate page: films to rate, the picks, the answers so far, and what can be done with them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from collab.cold_start import COVERAGE
from collab.datasets import CATALOGUE, DEFAULT, Entry
from collab.recommend import popular
from collab.services.profiles import Answer, Profile
from collab.services.runs import TrainedRun
from collab.ui import cached, own_ratings, words
from collab.ui.film_list import Film, Likely, film_list
from collab.ui.page import use_data
from collab.ui.taste import STARS, Known, Picks, next_films
from collab.ui.theme import palette

N_CARDS = 6
"""Films to rate in sight; a narrow screen shows the first three (rating.css)."""

N_PICKS = 10
N_ANSWERS = 12
MINIMUM_COUNT = 20
MOST_MINIMUM_COUNT = 200
NEWER = {DEFAULT: "ml-latest-small"}
"""Which data set of the catalogue has the newer films; somebody who rates films would rather have those."""

RANGE_HELP = f"The fewest neighbouring star levels that hold your own rating with a chance of at least {COVERAGE:.0%}."


def propose_newer(data: Entry) -> None:
    """One line that says how old the films are, with a button to newer ones where they are at hand."""
    newer = CATALOGUE.get(NEWER.get(data.name, ""))
    if newer is None or cached.fetcher().state(newer.name).state != "here":
        return
    films, _, _ = newer.note.partition(",")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="newer"):
        st.caption(f"{data.title} has {data.note}.", width="content")
        st.button(f"Rate {films} instead", key="use_newer", type="tertiary", icon=":material/movie:", on_click=use_data, args=(newer.name,),
                  help=f"Switches every page to {newer.title}. Your ratings come along: they are kept by title.")


def rate_cards(run: TrainedRun, known: Known, n_answers: int) -> None:
    """Search, one line on the last answer, and a card each for the next films to rate."""
    _search(run)
    _last_answer(known, n_answers)
    state = st.session_state
    found = state.get("_found")
    if found not in cached.film_titles(run.id):
        found = state["_found"] = None
    answered = known.answered if found is None else known.answered | {cached.film_titles(run.id)[found]}
    films = next_films(run.items, state.get("_asked", ()), answered, N_CARDS)
    state["_asked"] = films["title"].tolist()
    if found is not None:  # in place of the first card, which waits behind it
        index = cached.film_titles(run.id)[found]
        film = run.items.iloc[[index]].assign(item_index=index)
        films = pd.concat([film, films.iloc[1:]], ignore_index=True)
    with st.container(gap="xsmall"):
        for place, film in enumerate(films.itertuples(), start=1):
            _card(place, film, known)
    if films.empty:
        st.success("You have answered every film of this data set.", icon=":material/check:")


def show_picks(run: TrainedRun, found: Picks | None, known: Known, minimum_count: int, whose: str, *, synthetic: bool) -> None:
    """The picks with their predictions, or what is popular where nothing is predicted yet, and how honest the numbers are."""
    colours, scale = palette(), run.record.scale
    if found is None:
        table = popular(run.items, N_PICKS, minimum_count)
        films = [Film(film.title, _facts(film), words.stars(film.mean_rating), " on average") for film in table.itertuples()]
    else:
        films = [Film(film.title, _facts(film), *_split(film.words), Likely(film.predicted, film.likely_low, film.likely_high))
                 for film in found.films.itertuples()]
    if films:
        st.html(film_list(films, scale, colours, N_PICKS))
    else:
        st.info("No film that is left has so many ratings. Lower the minimum.", icon=":material/filter_alt_off:")
    record, n_people = run.record, int((run.users["n_ratings"] > 0).sum())
    error = f"{words.loss(record.valid['mse'])} (biases only {words.loss(record.baselines['biases_only']['mse'])})"
    people = f"{words.count(n_people)} {'invented people and their synthetic ratings' if synthetic else 'people'}"
    if found is None:
        st.caption(f"The most rated films, with the mean of {people}. Give one film its stars and this list becomes {whose}. "
                   f"Held-out MSE of the model that then predicts: {error}.")
        return
    n_rated = len(known.rated)
    st.caption(
        f"After {n_rated} {'rating' if n_rated == 1 else 'ratings'} {whose} predictions are typically ±{found.typical_error:.2f} stars; before the "
        f"first it was ±{found.error_before:.2f}. What the model cannot know of {whose} taste fell by {words.percent(max(0.0, found.learned))}; "
        f"the rest is how unsteadily people rate. Predicted by placing {whose} ratings among {people}, films as trained; held-out MSE {error}.",
        help=RANGE_HELP)


def say_view_only() -> None:
    """That nothing here can be changed, and the way to ratings of one's own."""
    line, button = st.columns([4, 1], vertical_alignment="center")
    line.info("**View only.** You are looking at somebody’s ratings and picks; nothing here can be changed.", icon=":material/visibility:")
    button.button("Rate films yourself", key="start_anew", width="stretch", on_click=own_ratings.start_anew)


def places(run: TrainedRun, answers: Sequence[Answer]) -> list[int | None]:
    """The item_index of every answer's film, None where the run was never trained on it."""
    titles = cached.film_titles(run.id)
    unknown = tuple(answer.title for answer in answers if answer.title not in titles)
    otherwise = dict(zip(unknown, cached.films_spelt_otherwise(run.id, unknown), strict=True)) if unknown else {}
    return [titles.get(otherwise.get(answer.title, answer.title)) for answer in answers]


def picks_head(run: TrainedRun, profile: Profile | None, predicted: bool, page_name: str) -> int:
    """The heading of the picks with its two controls; returns the least number of ratings a pick needs."""
    can_edit = profile is None or profile.can_edit
    most = max(2, min(MOST_MINIMUM_COUNT, int(run.items["n_ratings"].max())))
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="picks_head"):
        popular_heading = "Popular with everyone, not yet yours" if can_edit else "Popular with everyone"
        st.subheader(("Your picks" if can_edit else "Their picks") if predicted else popular_heading, anchor="picks")
        with st.popover("", icon=":material/tune:", help="Which films can be picked."):
            minimum_count = st.slider(
                "Least ratings of a pick", 1, most, min(MINIMUM_COUNT, most), key="min_ratings", bind="query-params",
                help="Films with fewer training ratings are left out. Higher: better known films, and predictions that rest on more.")
        share_button(profile, page_name)
    return minimum_count


def answer_list(answers: Sequence[Answer], known: Known) -> None:
    """Every answer with its stars, latest first; to change and to take back."""
    absent = set(known.lacking)
    here = [answer for answer in reversed(answers) if answer.title not in absent]
    all_shown = st.session_state.get("_all_answers", False)
    with st.grid("auto", min_column_width=330, gap="small") as grid:
        for answer in here if all_shown else here[:N_ANSWERS]:
            with grid.cell():
                _answer(answer)
    if len(here) > N_ANSWERS:
        st.button("Show fewer" if all_shown else f"Show all {len(here)}", key="all_answers", type="tertiary",
                  on_click=lambda: st.session_state.update(_all_answers=not all_shown))


def answers_read_only(answers: Sequence[Answer], known: Known, run: TrainedRun) -> None:
    """Every answer, latest first, as a list to look at."""
    absent = set(known.lacking)
    titles = cached.film_titles(run.id)
    films = []
    for answer in reversed(answers):
        if answer.title in absent:
            continue
        facts = _facts(run.items.iloc[titles[answer.title]]) if answer.title in titles else ""
        figure, rest = ("", "not seen") if answer.rating is None else (f"{answer.rating:g}", " stars")
        films.append(Film(answer.title, facts, figure, rest))
    if films:
        st.html(film_list(films, run.record.scale, palette(), min(len(films), N_PICKS)))


def say_lacking(known: Known, data: Entry) -> None:
    """Which answers this data set has no film for."""
    if known.lacking:
        n = len(known.lacking)
        with st.expander(f"{words.count(n)} {'answer is' if n == 1 else 'answers are'} for films that {data.title} lacks"):
            st.caption("They are kept, and count where a data set has the film: " + "; ".join(map(plain, known.lacking)) + ".")


def share_button(profile: Profile | None, page_name: str) -> None:
    """The two links of the ratings, to be copied."""
    if profile is None:
        st.button("Share", key="share_nothing", icon=":material/share:", disabled=True, help="Rate a film first; then there is something to share.")
        return
    with st.popover("Share", icon=":material/share:", help="Links to these ratings and picks."):
        st.markdown("**View-only link**: shows the ratings and picks, changes nothing.")
        st.code(_address(page_name, profile.view_token), language=None, wrap_lines=True)
        if profile.can_edit:
            st.markdown("**Your private link**: the address of this page. Keep it to come back; whoever has it can change your ratings.")


def keep_and_delete(profile: Profile | None, answers: Sequence[Answer], run: TrainedRun) -> None:
    """Download, load and delete the answers."""
    can_edit = profile is None or profile.can_edit
    with st.container(horizontal=True):
        if answers:
            st.download_button("Download as CSV", cached.profiles().to_csv(profile), "ratings.csv", "text/csv", key="download", on_click="ignore",
                               icon=":material/download:", help="All answers with the columns title and rating; a film not seen has no rating.")
        if answers and can_edit:
            with st.popover("Delete my ratings", icon=":material/delete:"):
                st.markdown(f"This deletes {words.count(len(answers))} {'answer' if len(answers) == 1 else 'answers'} and both links, for good. "
                            "Download them first to keep a copy.")
                st.button("Delete for good", key="delete", type="primary", on_click=_delete)
    if can_edit:
        _load_file(run)


def _search(run: TrainedRun) -> None:
    titles = cached.film_titles(run.id)
    st.selectbox("Find a film to rate", sorted(titles), index=None, key="search", placeholder="Find any film to rate it", on_change=_find,
                 label_visibility="collapsed", help="Type a few letters of the title. The film then takes the place of the first card.")


def _find() -> None:
    state = st.session_state
    state["_found"], state["search"] = state["search"], None


def _last_answer(known: Known, n_answers: int) -> None:
    """What has been answered so far and last, with the way back; always there, so that nothing jumps."""
    change = own_ratings.last_change()
    n_rated = len(known.rated)
    with st.container(horizontal=True, vertical_alignment="center", key="last_answer"):
        if change is None:
            st.caption("One tap on the stars is an answer." if not n_answers else f"{n_rated} rated, {len(known.not_seen)} not seen.", wrap=False)
        else:
            st.caption(f"{n_rated} rated, {len(known.not_seen)} not seen. Last: {plain(change.title)}, {own_ratings.say(change)}.", wrap=False)
        with st.container(key="jump", width="content"):
            st.markdown("[Picks](#picks)", width="content")
        st.button("Undo", key="undo", type="tertiary", icon=":material/undo:", disabled=change is None, on_click=_undo,
                  help="Takes the last answer back, and the one before it when pressed again.")


def _undo() -> None:
    change = own_ratings.undo()
    if change is not None and change.before is None:
        st.session_state["_asked"] = [change.title, *st.session_state.get("_asked", ())]


def _card(place: int, film: object, known: Known) -> None:
    """One film to rate. The container belongs to the place, the controls to the film."""
    title = known.titles.get(film.item_index, film.title)
    stars, unseen = f"stars-{film.title}", f"unseen-{film.title}"
    st.session_state[stars] = _filled(known.rated.get(film.item_index))
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"card-{place}"):
        with st.container(gap=None):
            st.markdown(f"**{plain(film.title)}**", wrap=False)
            st.caption(_facts(film), wrap=False)
        with st.container(horizontal=True, vertical_alignment="center", width="content", key=f"answer_it-{place}"):
            st.feedback("stars", key=stars, on_change=_rated, args=(title, stars))
            st.button("Haven’t seen it", key=unseen, type="tertiary", on_click=_not_seen, args=(title,),
                      help="The film is asked no more. It can still be among your picks.")


def _rated(title: str, key: str) -> None:
    filled = st.session_state[key]
    if filled is None:
        own_ratings.take_back(title)
    else:
        own_ratings.rate(title, filled + 1.0)
    st.session_state["_found"] = st.session_state["_note"] = None


def _not_seen(title: str) -> None:
    own_ratings.rate(title, None)
    st.session_state["_found"] = st.session_state["_note"] = None


def _answer(answer: Answer) -> None:
    key = f"answer-{answer.title}"
    st.session_state[key] = _filled(answer.rating)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(plain(answer.title), wrap=False, width="stretch")
        if answer.rating is None:
            st.caption("not seen", width="content")
        elif answer.rating != round(answer.rating):
            st.caption(words.stars(answer.rating), width="content")
        st.feedback("stars", key=key, on_change=_rated, args=(answer.title, key))
        st.button("", key=f"back-{answer.title}", type="tertiary", icon=":material/close:", on_click=own_ratings.take_back, args=(answer.title,),
                  help="Take this answer back: the film is asked again.")


def _load_file(run: TrainedRun) -> None:
    state = st.session_state
    key = f"load_file_{state.get('_n_loaded', 0)}"
    with st.expander("Load ratings from a CSV file"):
        st.file_uploader("CSV file", type="csv", key=key, on_change=_load, args=(key, run.id), max_upload_size=1, label_visibility="collapsed",
                         help=f"The columns title and rating ({STARS}); an empty rating says that you have not seen the film. The file "
                              "takes the place of earlier answers to the same films.")
        note = state.get("_note")
        if note is not None:
            kind, text = note
            (st.success if kind == "done" else st.error)(text)


def _load(key: str, run_id: str) -> None:
    state = st.session_state
    file = state[key]
    if file is None:
        return
    imported = own_ratings.load_file(file.getvalue(), file.name, run_id)
    state["_n_loaded"] = state.get("_n_loaded", 0) + 1  # the next box is empty
    if imported is None:
        state["_note"] = "refused", f"Nothing was loaded. {plain(own_ratings.take_trouble())}"
        return
    text = f"{words.count(imported.n_answers)} {'answer' if imported.n_answers == 1 else 'answers'} loaded."
    if imported.lacking:
        text += f" Not in this data set, but kept: {_listed(imported.lacking)}."
    if imported.repeated:
        text += f" More than once in the file, the last line counts: {_listed(imported.repeated)}."
    state["_note"] = "done", text


def _delete() -> None:
    if own_ratings.delete_everything():
        for name in ("_asked", "_found", "_note"):
            st.session_state.pop(name, None)
        st.toast("Your ratings and their links are deleted.", icon=":material/delete:")


def _listed(titles: Sequence[str], n: int = 8) -> str:
    rest = f" and {words.count(len(titles) - n)} more" if len(titles) > n else ""
    return "; ".join(map(plain, titles[:n])) + rest


def _address(page_name: str, token: str) -> str:
    """The address of this page as it stands, for somebody else's eyes."""
    base = (st.context.url or "").rstrip("/").removesuffix(f"/{page_name}")
    link: Mapping[str, str] = {**st.query_params.to_dict(), own_ratings.LINK: token}
    return f"{base}/{page_name}?{urlencode(link)}"


def _facts(film: object) -> str:
    genres = film.genres.replace("|", ", ")
    count = f"{words.count(film.n_ratings)} {'rating' if film.n_ratings == 1 else 'ratings'}"
    return " · ".join(part for part in (count, genres) if part)


def _split(sentence: str) -> tuple[str, str]:
    """ "4.2, probably 3 to 5" as the figure and the rest."""
    figure, comma, rest = sentence.partition(",")
    return figure, comma + rest


def _filled(rating: float | None) -> int | None:
    """How many stars are filled for a rating, counted from 0 as `st.feedback` does; half stars round up."""
    return None if rating is None else max(0, math.floor(rating + 0.5) - 1)


def plain(text: str) -> str:
    """A text as it is, for Markdown."""
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]<>()#+-.!|~$:&" else sign for sign in text)
