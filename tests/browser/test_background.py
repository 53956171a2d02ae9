"""What goes on in the background, in the real browser: a reload, a second tab and a closed browser change nothing."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PATIENCE, link

STOP = ".st-key-stop button"  # the run's own; while a page is slow Streamlit shows a button of that name too


@pytest.fixture
def another(browser):
    """A function that opens a browser of somebody else."""
    contexts = []

    def open_browser():
        contexts.append(browser.new_context(viewport={"width": 1440, "height": 900}))
        contexts[-1].set_default_timeout(PATIENCE)
        return contexts[-1].new_page()

    yield open_browser
    for each in contexts:
        each.close()


def test_a_training(server, desktop, another, settled):
    desktop.goto(f"{server}/train?data=sample&model=dot-bias&epochs=100&batch_size=8")
    settled(desktop)
    desktop.get_by_role("button", name="Start", exact=True).click()
    desktop.get_by_text("of 100").first.wait_for()
    run = link(desktop)["run"]
    desktop.reload()
    desktop.get_by_text("of 100").first.wait_for()
    tab = desktop.context.new_page()
    tab.goto(f"{server}/train?data=sample&run={run}")
    expect(tab.locator(STOP).first).to_be_enabled(timeout=PATIENCE)  # the same browser
    other = another()
    other.goto(f"{server}/train?data=sample&run={run}")
    expect(other.locator(STOP).first).to_be_disabled(timeout=PATIENCE)
    desktop.close()
    tab.locator(STOP).first.click()
    other.get_by_text("weights kept").first.wait_for()  # whoever watches sees it end


def test_t_sne(server, desktop, another, settled):
    address = f"{server}/map?data=ml-100k&layout=t-SNE&dim=2-D&shown=1500"
    desktop.goto(address)
    desktop.get_by_text("Computing t-SNE").wait_for()
    desktop.reload()
    desktop.get_by_text("Computing t-SNE").wait_for()
    other = another()
    other.goto(address)
    other.get_by_text("Computing t-SNE").wait_for()
    desktop.get_by_role("button", name="Stop", exact=True).click()  # both sessions of this browser, not the other's
    settled(desktop)
    other.wait_for_timeout(1000)
    assert other.get_by_text("was stopped").count() == 0
    desktop.close()
    other.get_by_text("Computing t-SNE").wait_for(state="detached")
    settled(other)
    assert (
        other.get_by_text("was stopped").count() == 0 and other.get_by_role("button", name="Compute t-SNE").count() == 0
    )


def test_a_range_test(server, desktop, another, settled):
    def press(page):
        page.goto(f"{server}/train?data=ml-100k&model=dot-bias&n_factors=20")
        settled(page)
        page.get_by_role("button", name="Find a learning rate").click()
        page.get_by_role("button", name="Run the test").click()

    press(desktop)
    desktop.get_by_text("Testing learning rates").wait_for()
    desktop.close()
    other = another()
    press(other)
    other.get_by_text("Suggested: ").wait_for()
