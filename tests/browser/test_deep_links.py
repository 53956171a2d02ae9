"""Deep links: whoever opens a page by its own address, the first visitor of a fresh server too, gets the menu and no error."""

import pytest

MENU = (
    "Overview",
    "Rate",
    "Your taste",
    "Together",
    "Map",
    "Similar",
    "Biases",
    "People",
    "Data",
    "Train",
    "Runs",
    "Learn",
)
# The page that takes longest to draw; tests/browser/test_runs.py opens Train so, which waits for no run. That every page
# calls for its frame itself where the server has set no menu yet is in tests/pages/test_frame.py, where no visit finds one.
COLD = ("map",)
# Overview, and the pages with a main picture; the others are opened by their own address in the files that are named after them.
WARM = ("overview", "similar", "biases", "people", "taste", "data")
ABOVE_THE_FOLD = {
    "map": ".plot3d",
    "similar": ".st-key-similar_bars",
    "biases": ".st-key-biases",
    "people": ".st-key-foretold",
    "taste": ".st-key-taste_place",
    "data": ".st-key-tail",
}


def look(page, server, name, settled):
    """Open a page by its address, and check that it is whole: its menu, its heading, its main picture above the fold."""
    complaints = []
    page.on("response", lambda answer: complaints.append(answer.url) if answer.status >= 400 else None)
    page.on("requestfailed", lambda request: complaints.append(request.url))
    page.goto(f"{server}/{name}")
    page.get_by_text("Held-out MSE", exact=False).first.wait_for()  # the sidebar names the trained run
    settled(page)
    menu = page.get_by_test_id("stSidebarNav")
    for entry in MENU:
        assert menu.get_by_role("link", name=entry, exact=True).count() == 1
    assert page.get_by_role("heading", level=1).inner_text()
    assert page.get_by_text("Page not found").count() == 0
    # Streamlit looks for its server under the page's address first; nothing else is missing, and nobody outside was asked
    assert not [each for each in complaints if "/_stcore/" not in each], complaints
    assert page.evaluate("document.documentElement.scrollWidth") <= 1441
    if name in ABOVE_THE_FOLD:
        picture = page.locator(ABOVE_THE_FOLD[name])
        picture.wait_for()
        page.wait_for_timeout(500)
        box = picture.bounding_box()
        assert box["y"] + box["height"] <= 900


@pytest.mark.parametrize("name", COLD)
def test_first_visitor_of_a_fresh_server(fresh_server, desktop, settled, name):
    """Nothing trained, nobody was here before: the page comes with its menu, trains a model and shows it."""
    look(desktop, fresh_server, name, settled)


@pytest.mark.parametrize("name", WARM)
def test_a_visitor_who_comes_to_a_page_at_once(server, desktop, settled, name):
    look(desktop, server, name, settled)
