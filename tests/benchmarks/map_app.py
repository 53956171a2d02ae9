"""The scratch page of `tests.benchmarks.map`: one picture of a synthetic catalogue, drawn our way or by `st.plotly_chart`.

The link says which, `?way=ours&n=10000`; a switch changes the colours of the same points.
"""

import streamlit as st

from collab.explore.components import item_axes
from collab.ui.charts.palette import LIGHT
from collab.ui.charts.plot3d.plot3d import plot3d
from collab.ui.map.cached import MOST_FILMS
from collab.ui.map.figure import Look, axis_titles, film_map_figure, film_names, film_words
from tests.benchmarks.map_catalogue import catalogue

COLOURS = ("genre", "mean", "count")


@st.cache_resource(max_entries=3)
def shown(n_items):
    """The films on the map and their places."""
    items, factors = catalogue(n_items)
    most = items["n_ratings"].to_numpy()[1:].argsort(kind="stable")[::-1][:MOST_FILMS] + 1
    return items.iloc[most].assign(item_index=most, bias=0.0), item_axes(factors[most], 3)


st.set_page_config(layout="wide")
way, n_items = st.query_params["way"], int(st.query_params["n"])
films, space = shown(n_items)
colour = st.radio("Colour", COLOURS, horizontal=True)
look = Look(colour, ("Drama", "Comedy", "War"))
titles = axis_titles(["1", "2", "3"], space.explained_variance_ratio[:3])
figure = film_map_figure(space.coordinates[:, :3], titles, films, LIGHT, look)
figure.update_layout(meta=colour, height=600)
if way == "ours":
    plot3d(
        figure,
        key="map",
        height=600,
        alt="The synthetic catalogue",
        words={"index": films["item_index"].tolist(), "parts": film_words(films, colour)},
        names=film_names(space.coordinates[:, :3], films, look),
        n_names=look.n_names,
        on_select=lambda picked, how: None,
    )
else:
    for trace in figure.data:  # the same words; they have to be written into the figure here
        rows = films.set_index("item_index").loc[trace.customdata]
        trace.hovertext = [
            f"{title} · {genres} · {n:,} ratings"
            for title, genres, n in zip(rows["title"], rows["genres"], rows["n_ratings"], strict=True)
        ]
    st.plotly_chart(figure, theme=None, key="map")
