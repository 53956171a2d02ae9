"""Train in the real browser: live curve, stop, reload, a second person, replay."""

import time
from urllib.parse import parse_qs, urlsplit


def run_of(page):
    return parse_qs(urlsplit(page.url).query)["run"][0]


def stop_button(page):
    """Ours; Streamlit shows one of its own at the top while a script runs."""
    return page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop")


def headline(page):
    return page.get_by_test_id("stProgress").first.inner_text()


def test_train_watch_reload_and_stop(server, desktop, browser, settled):
    desktop.goto(f"{server}/train?data=ml-100k&model=dot-bias&epochs=100&batch_size=16")
    settled(desktop)
    first = run_of(desktop)
    desktop.get_by_role("button", name="Start").click()
    desktop.wait_for_function("text => document.body.innerText.includes(text)", arg="Epoch 1 of 100 · step")
    assert run_of(desktop) != first  # the run has its own link

    seen, end = set(), time.monotonic() + 60
    while len(seen) < 20:  # about five seconds where the machine has nothing else to do
        assert time.monotonic() < end, seen
        seen.add(headline(desktop))
        desktop.wait_for_timeout(50)

    run = run_of(desktop)
    desktop.reload()
    settled_while_live(desktop)
    assert run_of(desktop) == run and "Epoch" in headline(desktop)

    with browser.new_context(viewport={"width": 390, "height": 844}) as context:  # somebody else, on a phone
        other = context.new_page()
        other.goto(f"{server}/train?run={run}")
        other.get_by_text("somebody else’s").wait_for(timeout=60_000)
        assert "Epoch" in headline(other) and stop_button(other).is_disabled()

    stop_button(desktop).click()
    desktop.get_by_text("weights kept").wait_for()
    desktop.get_by_text("On 20,000 ratings that it never saw").wait_for()
    assert run_of(desktop) == run


def test_training_goes_on_without_a_browser(server, browser, settled):
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{server}/train?data=ml-100k&model=dot-bias&epochs=8&batch_size=64")
        settled(page)
        before = run_of(page)
        page.get_by_role("button", name="Start").click()
        page.wait_for_function("text => document.body.innerText.includes(text)", arg="of 8 · step", timeout=60_000)
        run = run_of(page)
        assert run != before
    with browser.new_context() as context:  # the browser was closed; the link still leads to the run
        page = context.new_page()
        page.goto(f"{server}/train?run={run}")
        page.get_by_text("Finished after").wait_for(timeout=90_000)


def test_replay_draws_the_curve_again(server, desktop, settled):
    desktop.goto(f"{server}/train?data=ml-100k")
    settled(desktop)
    desktop.get_by_role("button", name="Replay", exact=True).click()
    desktop.get_by_text("Replay of a training that took").wait_for()
    desktop.get_by_role("button", name="End replay").wait_for()
    desktop.get_by_text("Finished after").wait_for()  # it ends by itself
    desktop.get_by_text("On 20,000 ratings that it never saw").wait_for()


def test_settings_are_kept_on_other_pages_and_in_the_link(server, desktop, settled):
    desktop.goto(f"{server}/train?data=ml-100k&n_factors=20")
    settled(desktop)
    desktop.get_by_role("link", name="Overview").click()
    desktop.get_by_text("The current model").wait_for()
    desktop.get_by_role("link", name="Train", exact=True).click()
    desktop.wait_for_url("**n_factors=20**")


def settled_while_live(page):
    page.get_by_test_id("stProgress").first.wait_for()
    page.wait_for_timeout(1000)
