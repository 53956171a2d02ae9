"""Similar: a film's page, with its facts, its neighbours in the model, what its raters say, and why."""

import streamlit as st

from collab.ui.charts import formats
from collab.ui.frame.item_page import arrive
from collab.ui.frame.page import open_page
from collab.ui.similar.as_if_new import as_if_new
from collab.ui.similar.head import film_head
from collab.ui.similar.one_item import one_film
from collab.ui.similar.two_items import towards_another, two_films
from collab.ui.similar.two_runs import two_runs
from collab.ui.widgets.pickers import pick_film

VIEWS = {
    "One film": one_film,
    "Two films": two_films,
    "Towards another": towards_another,
    "Two runs": two_runs,
    "As if it were new": as_if_new,
}

wanted = arrive()
page = open_page("Similar", "Pick a film: what the model places next to it, what the people say, and why.")
run = page.run
if (run.items["n_ratings"] > 0).sum() < 2:
    st.info(
        "Too few films of this run have a training rating. Choose another run in the sidebar.", icon=":material/info:"
    )
    st.stop()
with st.container(horizontal=True, vertical_alignment="bottom", key="similar_head"):
    view = st.pills(
        "Show",
        list(VIEWS),
        default="One film",
        required=True,
        wrap=True,
        key="similar_view",
        bind="query-params",
        help="One film’s neighbours; two films, or two runs, beside each other; films like one but more like another; or what "
        "genres and year alone would say of it.",
    )
    film = pick_film(run, default=True)
if wanted not in (None, run.items["label"].iat[film]):
    st.info(
        f"{formats.plain(wanted)} has no training rating in this run: nothing is known of it here.",
        icon=":material/info:",
    )
film_head(run, film)
VIEWS[view](page, film)
