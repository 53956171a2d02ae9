"""The controls of the film map: those beside the picture, and those in the popovers *Axes* and *Points*.

The value of every control is in the link, under its key. All of them are drawn in every script run, disabled if they do not
apply: a control that is not drawn drops out of the link.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from collab.explore.clusters import MOST as MOST_CLUSTERS
from collab.explore.components import N_COMPONENTS
from collab.services.run_files import TrainedRun
from collab.ui.charts import formats
from collab.ui.map import cached
from collab.ui.map.colours import MAP_COLOURS, N_GENRES
from collab.ui.map.figure import OTHERS, Look, Marks
from collab.ui.widgets.controls import choose

SOLID, FLAT = "3-D", "2-D"
PCA, TSNE = "PCA", "t-SNE"
CENTRED, RAW = "centred", "raw"
THE_SET = "The set"
GENRE = "Genre: "
N_END_FILMS = 3000
"""How many films, the most rated, are offered for the ends of an axis."""


@dataclass(frozen=True)
class Space:
    """What is laid out, and on which axes: `layout` PCA or t-SNE in `n_axes` dimensions; the components `numbers`, from 1;
    whether factors are `centred` and include the bias; a custom axis from films `first` to films `last`, named by `ends`."""

    layout: str
    n_axes: int
    numbers: tuple[int, ...]
    centred: bool
    with_bias: bool
    first: tuple[int, ...]
    last: tuple[int, ...]
    ends: tuple[str, str]
    perplexity: int

    @property
    def has_custom(self) -> bool:
        return bool(self.first and self.last)


@dataclass(frozen=True)
class Points:
    """How many films are shown and their look: `n_items`, `sized` by count, `n_names`, `genres` with a colour, `n_clusters`."""

    n_items: int
    sized: bool
    n_names: int
    genres: tuple[str, ...]
    n_clusters: int

    def look(self, colour_by: str, marks: Marks) -> Look:
        """How the figure draws these points, coloured by a key of `MAP_COLOURS` and with these `marks`."""
        return Look(colour_by, self.genres, self.sized, self.n_names, marks)


def pick_dimensions() -> int:
    """3-D or 2-D; the number of axes."""
    dimensions = choose(
        "Dimensions",
        [SOLID, FLAT],
        key="dim",
        label_visibility="collapsed",
        help="A space to turn, or a plane to move and zoom.",
    )
    return 3 if dimensions == SOLID else 2


def pick_colour(has_biases: bool, has_doubt: bool) -> str:
    """What the points are coloured by."""
    lacking = ["moved", *([] if has_biases else ["bias"]), *([] if has_doubt else ["doubt"])]
    return st.selectbox(
        "Colour",
        [colour for colour in MAP_COLOURS if colour not in lacking],
        key="colour",
        bind="query-params",
        help="What the colour of a point says about its film. Genre: the rarest of its coloured genres, the next as a rim "
        "(below 3,000 films). Predicted: your rating, from what you rated. Length: a long vector moves predictions far.",
    )


def pick_search() -> tuple[str, str]:
    """The text to find in titles, and how the other films are drawn."""
    text = st.text_input(
        "Find",
        key="find",
        bind="query-params",
        placeholder="Part of a title",
        help="Rings and names the films with this text in their title, and lists them in the table.",
    ).strip()
    others = choose(
        "Other films",
        OTHERS,
        key="others",
        help="What becomes of films that are neither found nor in the set: as they are, faded to grey, or hidden, which isolates "
        "the films asked for.",
    )
    return text, others


def pick_points(run: TrainedRun) -> Points:
    """The popover *Points*."""
    n_rated = len(cached.rated_films(run.id))
    most = max(2, min(n_rated, cached.MOST_FILMS))
    genres = cached.genre_films(run.id)
    leading = sorted(genres, key=lambda genre: (-len(genres[genre]), genre))[:N_GENRES]
    with st.popover(
        "Points", icon=":material/scatter_plot:", width="stretch", help="How many films, sizes, names, genres."
    ):
        n_items = st.slider(
            "Films",
            min(50, most - 1),
            most,
            min(1000, most),
            key="shown",
            bind="query-params",
            help="How many films are shown, most rated first. Higher: rarer films too, whose places are less sure.",
        )
        n_names = st.slider(
            "Names",
            0,
            60,
            20,
            key="names",
            bind="query-params",
            help="How many of the most rated films are named, where there is room. Higher: more names, smaller films too.",
        )
        sized = st.toggle(
            "Size by number of ratings",
            key="sized",
            bind="query-params",
            help="The area of a point says how many ratings its film has.",
        )
        coloured = st.multiselect(
            "Genres with a colour",
            list(genres),
            default=leading,
            max_selections=MOST_CLUSTERS,
            key="coloured",
            bind="query-params",
            help="For the colour genre. More genres: fewer grey points, colours that are harder to tell apart.",
        )
        n_clusters = st.slider(
            "Clusters",
            2,
            MOST_CLUSTERS,
            6,
            key="clusters",
            bind="query-params",
            help="For the colour cluster: groups of films that lie close together (k-means). Higher: smaller groups.",
        )
    return Points(min(n_items, n_rated), sized, n_names, tuple(coloured), n_clusters)


def pick_space(run: TrainedRun, n_axes: int, film_set: list[int]) -> Space:
    """The popover *Axes*."""
    ends = _ends(run, film_set)
    with st.popover(
        "Axes", icon=":material/3d_rotation:", width="stretch", help="PCA or t-SNE, components, an axis of your own."
    ):
        layout = choose(
            "Places",
            [PCA, TSNE],
            key="layout",
            help="PCA: straight axes, distances as they are. t-SNE: neighbours together; axes and far distances mean nothing.",
        )
        columns = st.columns(3, gap="small")  # filled below: the options depend on the bias
        first, last = (
            st.multiselect(
                label,
                list(ends),
                key=key,
                bind="query-params",
                placeholder="Films, a genre, the set",
                max_selections=20,
                select_all=False,
                disabled=layout == TSNE,
                help=tip,
            )
            for label, key, tip in (
                ("Own axis from", "from", "Films at the low end of an axis of your own; it takes the place of x."),
                (
                    "Own axis to",
                    "to",
                    "Films at its high end. More films at an end: their mean, less of one film’s own.",
                ),
            )
        )
        factors = st.segmented_control(
            "Factors",
            [CENTRED, RAW],
            default=CENTRED,
            required=True,
            key="factors",
            bind="query-params",
            disabled=layout == TSNE,
            help="Centred: axes of how films differ. Raw: the first axis points from zero to where most films lie.",
        )
        with_bias = st.toggle(
            "Bias as one more factor",
            key="with_bias",
            bind="query-params",
            disabled=not run.model.has_biases,
            help="Films that everybody likes then lie apart from those that nobody does.",
        )
        perplexity = st.slider(
            "Perplexity of t-SNE",
            5,
            100,
            30,
            5,
            key="perplexity",
            bind="query-params",
            disabled=layout == PCA,
            help="About how many neighbours a film minds. Higher: more of the whole, less of the neighbourhood.",
        )
        with_bias = with_bias and run.model.has_biases
        width = run.model.item_factors.shape[1] + with_bias
        numbers = _pick_components(columns, width, 0 if layout == TSNE else n_axes)
    return Space(
        layout,
        n_axes,
        numbers[:n_axes],
        factors == CENTRED,
        with_bias,
        _films_of(first, ends),
        _films_of(last, ends),
        (_end_in_words(first), _end_in_words(last)),
        perplexity,
    )


def _pick_components(columns: Sequence[DeltaGenerator], width: int, n_open: int) -> tuple[int, ...]:
    """The components on x, y and z; the first `n_open` can be changed. Offered are those of films of `width` numbers, at least
    three and at most `N_COMPONENTS`. An axis whose component is no longer offered goes back to its default."""
    numbers = [str(number) for number in range(1, max(3, min(N_COMPONENTS, width)) + 1)]
    shown = []
    for place, (name, column) in enumerate(zip("xyz", columns, strict=True)):
        if st.session_state.get(name, "1") not in numbers:
            del st.session_state[name]
        number = column.selectbox(
            name,
            numbers,
            index=place,
            key=name,
            bind="query-params",
            disabled=place >= n_open,
            help="The principal component on this axis. Higher: less of the films’ variance.",
        )
        shown.append(int(number))
    return tuple(shown)


def _ends(run: TrainedRun, film_set: list[int]) -> dict[str, list[int]]:
    """The options for the end of an axis, each with its films."""
    groups = {f"{GENRE}{genre}": films for genre, films in cached.genre_films(run.id).items()}
    films = {name: [index] for name, index in islice(cached.film_labels(run.id).items(), N_END_FILMS)}
    return {THE_SET: film_set, **groups, **films}


def _films_of(chosen: list[str], ends: dict[str, list[int]]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(index for name in chosen for index in ends[name]))


def _end_in_words(chosen: list[str]) -> str:
    """An end of an axis in words."""
    names = [name.removeprefix(GENRE) for name in chosen]
    return ", ".join(names) if len(names) <= 2 else f"{names[0]} and {formats.count(len(names) - 1)} more"
