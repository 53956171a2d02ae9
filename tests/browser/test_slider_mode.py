"""Slider mode in the real browser: a release retrains, the newest wins, keep, the one look, reload; nothing jumps meanwhile."""

from tests.browser.conftest import link


def main(page):
    return page.get_by_test_id("stMainBlockContainer")


def tried(page, n_tried):
    page.get_by_text(f"{n_tried} setting{'s' if n_tried > 1 else ''} tried", exact=True).wait_for()


def shown(page, label):
    """The figure under a label."""
    metric = page.get_by_test_id("stMetric").filter(has_text=label)
    return metric.get_by_test_id("stMetricValue").inner_text()


def wait_until_shown(page, label, other_than):
    page.wait_for_function(
        "([label, other]) => [...document.querySelectorAll('[data-testid=stMetric]')].some(metric => "
        "metric.innerText.includes(label) && /0\\.\\d{4}/.test(metric.innerText) && !metric.innerText.includes(other))",
        arg=[label, other_than],
    )


def test_move_a_slider_keep_and_check(server, desktop, settled):
    desktop.goto(f"{server}/train?data=sample&model=dot-bias&epochs=2&batch_size=1024&n_factors=10")
    settled(desktop)
    desktop.get_by_text("Train as I move the sliders").click()
    tried(desktop, 1)
    settled(desktop)
    assert link(desktop)["sliders"] == "true"
    first, place = shown(desktop, "This setting"), desktop.get_by_test_id("stVegaLiteChart").first.bounding_box()
    assert shown(desktop, "Best so far") == first and shown(desktop, "To quote") == "–"

    main(desktop).get_by_role("slider").first.focus()  # factors
    desktop.keyboard.press("ArrowRight")
    wait_until_shown(desktop, "This setting", first)
    tried(desktop, 2)
    settled(desktop)
    assert desktop.get_by_test_id("stVegaLiteChart").first.bounding_box() == place  # nothing has jumped
    second = shown(desktop, "This setting")

    run = link(desktop)["run"]
    desktop.get_by_role("button", name="Keep this one").click()
    desktop.get_by_role("button", name="Kept").wait_for()
    settled(desktop)
    # at times the browser's own turn writes the old address once more, and the page's next one mends it
    desktop.wait_for_function(
        "run => { const now = new URL(location).searchParams.get('run'); return now && now !== run }", arg=run
    )
    assert second in desktop.get_by_test_id("stSidebar").inner_text()

    desktop.get_by_role("button", name="Check on sealed ratings").click()
    desktop.get_by_role("button", name="Look at 5,682 sealed ratings").click()
    wait_until_shown(desktop, "To quote", "nothing")
    desktop.get_by_text("To quote: MSE").first.wait_for()
    assert shown(desktop, "To quote") in main(desktop).inner_text()

    desktop.reload()  # a new session: the switch and the sliders stand in the link, the trials are gone
    tried(desktop, 1)
    settled(desktop)
    assert link(desktop)["sliders"] == "true" and shown(desktop, "This setting") == second


def test_fast_moves_end_at_the_newest_setting(server, desktop, settled):
    desktop.goto(f"{server}/train?data=ml-100k&sliders=true&n_factors=10")
    tried(desktop, 1)
    settled(desktop)
    main(desktop).get_by_role("slider").first.focus()
    for _ in range(6):
        desktop.keyboard.press("ArrowRight")
        desktop.wait_for_timeout(120)
    settled(desktop)  # on a busy machine the slider itself may be drawn late
    last = main(desktop).get_by_role("slider").first.get_attribute("aria-valuetext")
    desktop.get_by_text("Trained in").wait_for()
    desktop.wait_for_function(
        "last => [...document.querySelectorAll('[data-testid=stProgress]')].some(bar => "
        "bar.innerText.includes('Trained in') && bar.innerText.includes(`· ${last} factors`))",
        arg=last,
    )
    settled(desktop)
    assert main(desktop).get_by_role("slider").first.get_attribute("aria-valuetext") == last
    assert link(desktop)["n_factors"] == last
