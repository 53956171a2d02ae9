"""Two films beside each other, one film in two runs, and films like one but more like another."""

from __future__ import annotations

import dataclasses

import streamlit as st

from collab.errors import CollabError, RunError
from collab.interpret import most_rated_items
from collab.models import preset_of
from collab.services.repeats import with_own_rows
from collab.services.runs import RunRecord, TrainedRun
from collab.services.training_job import plan, runs_with
from collab.similarity import between
from collab.ui import cached, own_link, words
from collab.ui.film_picker import pick_film
from collab.ui.needs import offer_factors
from collab.ui.page import Page, describe_run
from collab.ui.similar_lists import (
    Choice,
    Listing,
    agreement_in_words,
    agreement_of,
    around,
    by_model,
    co_rating_or_offer,
    draw_list,
    in_both,
    neighbour_table,
    similarity_controls,
    two_lists_table,
)
from collab.ui.similar_why import show_why
from collab.ui.visitor import visitor

SECOND_FILM, OTHER_RUN = "second_film", "other_run"
WATCH_SECONDS = 0.5
N_OFFERED = 100  # runs in the list of others


def _second_film(run: TrainedRun, film: int) -> int:
    """The box for the other film; by default the second most rated one; where that is the first, the most rated."""
    place = 0 if most_rated_items(run.items, 2)[-1] == film else 1
    second = pick_film(run, default=True, name="Second film", key=SECOND_FILM, place=place)
    return film if second is None else second


# --- two films -----------------------------------------------------------------------------------------------------------


def two_films(page: Page, film: int) -> None:
    """The neighbours of two films, with those that they share; by the people where the model has no factors."""
    run, has_factors = page.run, page.run.model.has_factors
    pictures, controls = st.columns([3, 1], gap="medium")
    with controls:
        second = _second_film(run, film)
        choice = similarity_controls(run, co_rating_only=not has_factors)
    titles = [run.items["title"].iat[each] for each in (film, second)]
    with pictures:
        if film == second:
            st.info("Choose another second film: these are one and the same.", icon=":material/info:")
            return
        left, right = st.columns(2, gap="medium")
        listings = []
        for title, each, place in zip(titles, (film, second), (left, right), strict=True):
            heading = f"**{words.plain(title)}**"
            if has_factors:
                listings.append(by_model(run, each, choice, heading))
            else:
                with place:
                    listings.append(co_rating_or_offer(run, each, choice, heading, "Films cannot be compared here"))
        if None in listings:
            return
        _two_columns(page, (left, right), listings, choice)
        st.markdown(_shared_in_words(run, listings))
    if not has_factors:
        offer_factors(run, "only the people say here which films are alike")
    st.subheader("What the two have in common", anchor=False)
    show_why(run, film, second, choice.options, synthetic=page.data.synthetic)
    st.subheader("Both lists as a table", anchor=False)
    two_lists_table(*listings, names=tuple(titles), key="two_films_table")


def _two_columns(page: Page, places: tuple, listings: list[Listing], choice: Choice) -> None:
    marked = in_both(*listings)
    for place, listing, key in zip(places, listings, ("similar_bars", "second_bars"), strict=True):
        draw_list(place, listing, key, marked, choice.options.minimum_count, synthetic=page.data.synthetic)


def _shared_in_words(run: TrainedRun, listings: list[Listing]) -> str:
    common, n = in_both(*listings), max(len(each.table) for each in listings)
    names = ", ".join(
        f"{words.plain(run.items['title'].iat[film])} ({words.counted(run.items['n_ratings'].iat[film], 'rating')})"
        for film in common
    )
    return f"**{len(common)} of {n}** neighbours in common{f': {names}' if names else ''}."


# --- like one, but more like another -----------------------------------------------------------------------------------------


def towards_another(page: Page, film: int) -> None:
    """The films nearest to a point between two films."""
    run = page.run
    if not run.model.has_factors:
        offer_factors(run, "there is no point between two films")
        return
    pictures, controls = st.columns([3, 1], gap="medium")
    with controls:
        second = _second_film(run, film)
        weight = st.slider(
            "Towards the second film",
            0.0,
            1.0,
            0.5,
            0.05,
            key="towards",
            bind="query-params",
            help="0: the films nearest to the first. Higher: a point ever closer to the second; both films are left out.",
        )
        choice = similarity_controls(run)
    titles = [run.items["title"].iat[each] for each in (film, second)]
    if film == second:
        pictures.info("Choose another second film: these are one and the same.", icon=":material/info:")
        return
    point = between(cached.run_film_space(run.id), film, second, weight, choice.options)
    heading = f"**Like {words.plain(titles[0])}, {_share_in_words(weight)} {words.plain(titles[1])}**"
    found = around(run, point, choice, [film, second], heading)
    alone = [set(by_model(run, each, choice, "").table["item_index"]) for each in (film, second)]
    near = [
        {(True, True): "both", (True, False): "first", (False, True): "second"}.get(
            (each in alone[0], each in alone[1]), ""
        )
        for each in found.table["item_index"].tolist()
    ]
    notes = [
        f"· near the {each}" if each in ("first", "second") else f"· near {each}" if each else "· new" for each in near
    ]
    found = dataclasses.replace(found, table=found.table.assign(near=near), notes=notes)
    draw_list(pictures, found, "similar_bars", None, choice.options.minimum_count, synthetic=page.data.synthetic)
    with pictures:
        st.caption(
            f"{near.count('')} of these {len(near)} are new: they stand in neither film’s own list of {choice.n_films}. "
            + (
                "The point lies on the line between the two arrows, each of length 1."
                if choice.options.measure in ("cosine", "cautious")
                else "The point lies on the line between the two films."
            )
        )
    if not found.table.empty:
        st.subheader("The same as a table", anchor=False)
        neighbour_table(
            found.table,
            found.column,
            f"The films nearest to a point between {titles[0]} and {titles[1]}, closest first",
            "towards_table",
        )


def _share_in_words(weight: float) -> str:
    return "nothing of" if weight == 0 else f"{words.percent(weight)} towards"


# --- two runs ------------------------------------------------------------------------------------------------------------


def two_runs(page: Page, film: int) -> None:
    """The neighbours of one film in two runs of the same data set."""
    run = page.run
    if not run.model.has_factors:
        offer_factors(run, "its films have no neighbours to compare")
        return
    known = [each for each in cached.jobs().store.records() if each.data == run.record.data and each.id != run.id]
    others = {each.id: each for each, _ in zip(runs_with("factors", known), range(N_OFFERED), strict=False)}
    pictures, controls = st.columns([3, 1], gap="medium")
    if not others:
        with pictures:
            _train_another(page, [each for each in known if each.busy])
        return
    with controls:
        other_id = _pick_other_run(run, others)
        choice = similarity_controls(run)
    try:
        other = cached.trained_run(other_id)
        theirs_choice, note = _choice_for(other, choice)
    except RunError as reason:
        pictures.error(f"{words.plain(str(reason))}. Choose another run beside it.", icon=":material/error:")
        return
    film_there = _same_film(run, other, film)
    title = run.items["title"].iat[film]
    with pictures:
        if film_there is None:
            st.info(
                f"{words.plain(title)} has no training rating in the other run. Choose another film or run.",
                icon=":material/info:",
            )
            return
        left, right = st.columns(2, gap="medium")
        mine = by_model(run, film, choice, f"**{words.plain(run.record.name)}**")
        theirs = by_model(other, film_there, theirs_choice, f"**{words.plain(other.record.name)}**")
        theirs = _in_rows_of(run, other, theirs)
        _two_columns(page, (left, right), [mine, theirs], choice)
        if theirs.values is not None and len(mine.candidates) and len(theirs.candidates):
            st.markdown(f"{agreement_in_words(agreement_of(mine, theirs))} Bold films stand in both lists.{note}")
        else:
            st.markdown(_shared_in_words(run, [mine, theirs]) + note)
    st.subheader("Both lists as a table", anchor=False)
    two_lists_table(mine, theirs, ("this run", "other run"), "two_runs_table")


def _choice_for(other: TrainedRun, choice: Choice) -> tuple[Choice, str]:
    """The same choice for another run; cosine, and a word about it, where it cannot be as cautious."""
    if choice.options.measure in cached.run_film_space(other.id).measures:
        return choice, ""
    changed = dataclasses.replace(choice, options=dataclasses.replace(choice.options, measure="cosine"))
    return changed, " The other model does not know how sure it is of a film, so it is compared by cosine."


def _same_film(run: TrainedRun, other: TrainedRun, film: int) -> int | None:
    """The row of the film in the other run's tables; None where it has no training rating there."""
    column = "label" if run.record.items_by == other.record.items_by else "title"
    rows = other.items.index[(other.items[column] == run.items[column].iat[film]) & (other.items["n_ratings"] > 0)]
    return int(rows[0]) if len(rows) else None


def _in_rows_of(run: TrainedRun, other: TrainedRun, listing: Listing) -> Listing:
    """The other run's list; where its films have other row numbers (ids kept apart), named by title in this run's, and without
    the values of all films, which then cannot be compared one by one."""
    if run.record.items_by == other.record.items_by and len(run.items) == len(other.items):
        return listing
    rows = {title: index for index, title in reversed(list(enumerate(run.items["title"])))}
    mapped = [rows.get(title, -1 - place) for place, title in enumerate(listing.table["title"])]
    return dataclasses.replace(listing, table=listing.table.assign(item_index=mapped), values=None, candidates=None)


def _pick_other_run(run: TrainedRun, others: dict[str, RunRecord]) -> str:
    """The box for the other run; its id goes with the link."""
    named = st.query_params.get(OTHER_RUN)
    if named is not None and own_link.is_late(OTHER_RUN, named):
        named = st.session_state.get("_other_run")
    if named not in others:
        named = st.session_state.get("_other_run")
    chosen = named if named in others else _first_offer(run, others)
    st.session_state["_other_run"] = st.session_state["_pick_other_run"] = chosen
    own_link.put(OTHER_RUN, chosen)

    def picked() -> None:
        run_id = st.session_state["_pick_other_run"]
        if run_id in others:
            st.session_state["_other_run"] = run_id
            own_link.put(OTHER_RUN, run_id)

    labels = {run_id: f"{describe_run(each)} · {run_id}" for run_id, each in others.items()}
    return st.selectbox(
        "Beside this run",
        list(others),
        key="_pick_other_run",
        format_func=labels.__getitem__,
        on_change=picked,
        help="Another run of the same data set, whose neighbours of the same film stand on the right.",
    )


def _first_offer(run: TrainedRun, others: dict[str, RunRecord]) -> str:
    """The newest run of another kind of model; the newest of all where there is none."""
    return next((each.id for each in others.values() if each.model != run.record.model), next(iter(others)))


def _train_another(page: Page, busy: list[RunRecord]) -> None:
    """No other run has factors: train one, and wait for it."""
    if busy:
        st.fragment(_watch, run_every=WATCH_SECONDS)([each.id for each in busy])
        return
    if (reason := st.session_state.pop("_beside_refused", None)) is not None:
        st.error(reason, icon=":material/error:")
    model = "bayes" if page.run.record.model != "bayes" else "dot-bias"
    st.info("There is no other run of this data set with factors to stand beside this one.", icon=":material/info:")
    st.button(
        f"Train {model} beside it",
        key="train_beside",
        type="primary",
        on_click=_train,
        args=(page, model),
        help="Queues the fast preset of this model on the same split.",
    )


def _train(page: Page, model: str) -> None:
    jobs = cached.jobs()
    record = with_own_rows(page.run.record, jobs.store)
    try:
        jobs.submit_once(
            plan(
                model,
                preset_of(model, "fast"),
                record.data,
                record.holdout,
                record.split_seed,
                items_by=record.items_by,
                preset="fast",
                starter=visitor(),
            )
        )
    except CollabError as reason:
        st.session_state["_beside_refused"] = words.plain(str(reason)[0].upper() + str(reason)[1:]) + "."


def _watch(run_ids: list[str]) -> None:
    """Draw that a run is under way; the whole page anew as soon as it has ended."""
    records = {record.id: record for record in cached.jobs().store.records()}
    if any(run_id not in records or not records[run_id].busy for run_id in run_ids):
        st.rerun()
    st.caption(":material/hourglass_top: The other run is under way.")
