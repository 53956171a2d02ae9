"""Biases in the real browser: a rater leads to the page of people."""

from tests.browser.conftest import link


def test_a_rater_opens_on_the_page_of_people(server, desktop, settled):
    desktop.goto(f"{server}/biases?data=ml-100k&view=users")
    settled(desktop)
    harshest = desktop.locator("[data-testid=stPageLink] a").filter(has_text="· bias −").first
    said = harshest.inner_text()
    harshest.click()
    desktop.wait_for_url("**/people**")
    number = link(desktop)["user"]
    assert f"User {number} · " in said
    desktop.get_by_text(f"User {number}", exact=True).wait_for()
