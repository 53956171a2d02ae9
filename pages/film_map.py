"""Film map: the item factors on three principal components, to turn, search and click."""

import streamlit as st

from collab.interpret import factor_pca, most_rated_items, place_doubt, similar_items
from collab.ui import cached
from collab.ui.film_map_chart import MAP_COLOURS, film_map_figure, leading_genres
from collab.ui.film_picker import choose_film, film_facts, neighbour_buttons, pick_film, titles_with
from collab.ui.film_set import film_set_in_link, use_set
from collab.ui.needs import need_factors
from collab.ui.page import open_page
from collab.ui.plot3d import plot3d
from collab.ui.theme import palette

page = open_page("Film map", "Films lie close together when the same people like them: turn the map, and click a film.")
run = page.run
need_factors(run, "its films have no places")

known = cached.film_uncertainty(run.id)
picture, controls = st.columns([3, 1], gap="medium")
with controls:
    n_trained = len(most_rated_items(run.items, len(run.items)))
    lacking = ([] if run.model.has_biases else ["bias"]) + (["doubt"] if known is None else [])
    colours = [colour for colour in MAP_COLOURS if colour not in lacking]
    colour_by = st.selectbox(
        "Colour", colours, key="colour", bind="query-params", help="What the colour of a point says about its film."
    )
    n_films = st.slider(
        "Films",
        min(50, n_trained - 1),
        n_trained,
        min(1000, n_trained),
        key="shown",
        bind="query-params",
        help="How many films are shown, most rated first. Higher: rarer films too, whose places are less sure.",
    )
    text = st.text_input(
        "Find",
        key="find",
        bind="query-params",
        placeholder="Part of a title",
        help="Rings and names the films with this text in their title, and lists them in the table.",
    ).strip()
    chosen = pick_film(run, default=False)

item_index = most_rated_items(run.items, n_films)
films = run.items.iloc[item_index].assign(
    item_index=item_index, bias=run.model.item_biases[item_index] if run.model.has_biases else float("nan")
)
pca = factor_pca(run.model.item_factors, item_index)
if known is not None:
    films["doubt"] = place_doubt(pca, known.item_covariances, item_index)
found = titles_with(films, text)
members = film_set_in_link(run.items)

with picture:
    figure = film_map_figure(
        pca.coordinates,
        pca.explained_variance_ratio,
        films,
        palette(),
        colour_by,
        leading_genres(run.items["genres"]),
        chosen,
        item_index[found] if text else members,
        synthetic=page.data.synthetic,
    )
    plot3d(
        figure,
        key="film_map",
        height=600,
        on_pick=lambda picked: choose_film(run, picked),
        alt=f"The {len(films)} most rated films as points on three principal components of their factors, coloured by "
        f"{MAP_COLOURS[colour_by]}. The table below holds the same.",
    )

with controls:
    if text:
        st.caption(f"{found.sum()} of these films have “{text}” in their title.")
    if members:
        n_off = len(set(members) - set(item_index.tolist()))
        beyond = f" {n_off} of them are not on the map: show more films to see them." if n_off else ""
        st.caption(f"Ringed, unless you search: the {len(members)} films of the link.{beyond}")
        st.button("Ring none", key="set_none", on_click=use_set, args=((),), help="Lets go of the films of the link.")
    if chosen is None:
        st.caption("Click a film on the map, or choose one here, to see its facts and its nearest films.")
    else:
        film_facts(run, chosen)
        if chosen not in item_index:
            st.caption("It is not on the map: show more films to see it.")
        measure = "cosine" if known is None else "cautious"
        how = (
            "20 ratings or more"
            if known is None
            else "20 ratings or more; cautious cosine: little known films score less"
        )
        st.caption(f"Nearest films ({how}):")
        with st.container(gap=None):
            neighbour_buttons(
                run, similar_items(run.items, run.model.item_factors, chosen, measure, n=5, known=known), measure
            )
        st.page_link(
            "pages/similar_films.py",
            label="More like this",
            icon=":material/join_inner:",
            query_params={"film": run.items["label"].iat[chosen]},
        )

    if known is not None:
        st.caption(
            "“place ±20 %” in a film’s text: so far off its true place may be, in shares of how far films typically lie from "
            "the middle."
        )

st.subheader("The same as a table", anchor=False)
places = {f"component {number}": coordinate for number, coordinate in enumerate(pca.coordinates.T, start=1)}
st.dataframe(
    films.assign(genres=films["genres"].str.replace("|", ", "), **places)[found],
    hide_index=True,
    placeholder="–",
    column_order=[
        "title",
        "genres",
        "n_ratings",
        "mean_rating",
        "bias",
        *([] if known is None else ["doubt"]),
        *places,
    ],
    alt="Every film on the map with its place",
    column_config={
        "title": st.column_config.TextColumn("Title", width="medium"),
        "genres": "Genres",
        "n_ratings": st.column_config.NumberColumn("Ratings", format="localized"),
        "mean_rating": st.column_config.NumberColumn("Mean", format="%.1f"),
        "bias": st.column_config.NumberColumn("Bias", format="%+.2f"),
        "doubt": st.column_config.NumberColumn(
            "Place ±",
            format="%.2f",
            help="How far the true place may lie from the drawn one, as a share of how far films lie from the middle.",
        ),
        **{
            name: st.column_config.NumberColumn(f"{name.capitalize()} ({share:.0%})", format="%+.2f")
            for name, share in zip(places, pca.explained_variance_ratio, strict=True)
        },
    },
)
