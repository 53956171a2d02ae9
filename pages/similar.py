"""Similar: what the model places next to a film, what its raters say, and why."""

import streamlit as st

from collab.ui.film_picker import pick_film
from collab.ui.page import open_page
from collab.ui.similar_case import chapter_case, chapter_film
from collab.ui.similar_pairs import towards_another, two_films
from collab.ui.similar_runs import two_runs
from collab.ui.similar_view import one_film

VIEWS = {
    "One film": one_film,
    "Two films": two_films,
    "Towards another": towards_another,
    "Two runs": two_runs,
    "The chapter’s case": chapter_case,
}
CASE = "The chapter’s case"
# on a phone the views stand in two lines; Streamlit would hide the last ones behind a scroll
WRAPPED = "<style>.st-key-similar_view [role=radiogroup] { flex-wrap: wrap; }</style>"

page = open_page("Similar", "Pick a film: what the model places next to it, what the people say, and why.")
run = page.run
if (run.items["n_ratings"] > 0).sum() < 2:
    st.info(
        "Too few films of this run have a training rating. Choose another run in the sidebar.", icon=":material/info:"
    )
    st.stop()
case = chapter_film(run)
st.html(WRAPPED)
with st.container(horizontal=True, vertical_alignment="bottom", key="similar_head"):
    view = st.pills(
        "Show",
        [name for name in VIEWS if name != CASE or case is not None],
        default="One film",
        required=True,
        key="similar_view",
        bind="query-params",
        help="One film’s neighbours; two films, or two runs, beside each other; films like one but more like another; or the "
        "film on which the chapter’s own search for neighbours fails.",
    )
    chosen = case if view == CASE else pick_film(run, default=True)
VIEWS[view](page, chosen)
