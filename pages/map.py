"""Map: the films in the model's item space, on chosen axes, to turn, search, select and share; or in two runs."""

from collab.ui.frame.offers import need_factors
from collab.ui.frame.page import open_page
from collab.ui.map.one_run import show_one_run
from collab.ui.map.two_runs import show_two_runs
from collab.ui.widgets.controls import choose

VIEWS = {"One run": show_one_run, "Two runs": show_two_runs}

page = open_page(
    "Map", "Films lie close together when the same people like them: turn the map, click a film, encircle some."
)
need_factors(page.run, "its films have no places")
view = choose(
    "Show",
    list(VIEWS),
    key="map_view",
    label_visibility="collapsed",
    help="The map of the run in the sidebar; or beside that of another run: what a new seed turns, what it moves, and which "
    "neighbours stay.",
)
VIEWS[view](page)
