"""A cold deep link: the first visitor of a fresh server opens a page by its own address."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(file.stem for file in (ROOT / "pages").glob("*.py"))
MENU = (
    "Overview",
    "Rate",
    "Film map",
    "Similar films",
    "Film biases",
    "Train",
    "Past runs",
    "Learn",
    "The chapter’s tables",
)


@pytest.mark.parametrize("name", PAGES)
def test_first_visitor_of_a_fresh_server(fresh_server, desktop, settled, name):
    """Nothing trained, nobody was here before: the page comes with its menu, trains a model and shows it."""
    complaints = []
    desktop.on("response", lambda answer: complaints.append(answer.url) if answer.status >= 400 else None)
    desktop.on("requestfailed", lambda request: complaints.append(request.url))
    desktop.goto(f"{fresh_server}/{name}")
    desktop.get_by_text("Held-out MSE", exact=False).first.wait_for()  # the sidebar names the trained run
    settled(desktop)
    menu = desktop.get_by_test_id("stSidebarNav")
    for entry in MENU:
        assert menu.get_by_role("link", name=entry, exact=True).count() == 1
    assert desktop.get_by_role("heading", level=1).inner_text()
    assert desktop.get_by_text("Page not found").count() == 0
    # Streamlit looks for its server under the page's address first; nothing else is missing, and nobody outside was asked
    assert not [each for each in complaints if "/_stcore/" not in each], complaints
    width = desktop.evaluate("document.documentElement.scrollWidth")
    assert width <= 1441
