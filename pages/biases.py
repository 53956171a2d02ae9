"""Biases: what the model adds to every score of a film or a user, and what films of one kind have in common."""

from collab.ui.biases import genres, items, users
from collab.ui.frame.page import open_page
from collab.ui.widgets.controls import choose

SHOW = {
    "films": items.show_films,
    "genres and decades": genres.show_kinds,
    "users": users.show_users,
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
