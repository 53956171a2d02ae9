"""The Learn page in the real browser: a slider moves the sum, Next goes on, and factors learn by themselves while it plays."""

import re


def test_touch_and_play(server, desktop, settled):
    desktop.goto(f"{server}/learn?step=dot-product&data=sample")
    desktop.get_by_text("2.142", exact=True).first.wait_for()
    settled(desktop)
    desktop.get_by_role("slider", name="Science fiction").focus()
    desktop.keyboard.press("ArrowRight")
    desktop.get_by_text("2.1518", exact=True).first.wait_for()  # 0.98 · 0.01 more

    desktop.get_by_role("button", name="Next").click()
    table = desktop.locator("table.slow-motion")
    table.wait_for()
    assert "step=slow-motion" in desktop.url
    settled(desktop)
    box = table.bounding_box()
    assert box["y"] + box["height"] <= 900  # whole above the fold
    before = _loss(table)
    desktop.get_by_role("button", name="Play").click()
    desktop.get_by_text(re.compile(r"Step ([3-9]|[1-6]\d) of 60")).wait_for()
    desktop.get_by_role("button", name="Pause").click()
    desktop.get_by_role("button", name="Play").wait_for()
    assert _loss(table) < before


def _loss(table):
    return float(table.get_attribute("aria-label").rsplit(" ", 1)[1])
