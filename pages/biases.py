"""Biases: what the model adds to a film's or a user's every score, and what kinds of films share."""

from collab.ui import bias_films_view, bias_kinds_view, bias_users_view
from collab.ui.frame.page import open_page
from collab.ui.widgets.controls import choose

SHOW = {
    "films": bias_films_view.show_films,
    "genres and decades": bias_kinds_view.show_kinds,
    "users": bias_users_view.show_users,
}

page = open_page("Biases", "What the model adds to every score of a film, whoever watches it.")
view = choose(
    "Show",
    list(SHOW),
    key="view",
    label_visibility="collapsed",
    help="The biases of films, what those of a genre or decade share, or the biases of users.",
)
SHOW[view](page)
