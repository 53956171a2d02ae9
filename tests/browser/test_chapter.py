"""The chapter's tables in the real browser: the picture, the training of what is missing, live, and the doors to the runs."""

import re

DRAWN = "document.querySelector('.js-plotly-plot')?._fullData?.length"


def test_train_what_is_missing_and_open_a_run(fresh_server, desktop, phone, settled):
    desktop.goto(f"{fresh_server}/learn?step=tables")
    desktop.get_by_role("button", name="Train what is missing").wait_for()
    settled(desktop)
    desktop.wait_for_function(DRAWN)
    box = desktop.locator(".js-plotly-plot").bounding_box()
    assert box["y"] + box["height"] <= 900  # whole above the fold

    desktop.get_by_role("button", name="Train what is missing").click()
    desktop.get_by_text(re.compile(r"[1-9]\d* of 21 are trained")).wait_for()
    desktop.locator(".st-key-stop_missing").get_by_role("button").click()
    desktop.get_by_text("are trained ·").wait_for(state="detached")
    desktop.get_by_role("button", name="Train what is missing").wait_for()
    settled(desktop)
    assert desktop.evaluate("document.documentElement.scrollWidth") <= 1441

    desktop.get_by_role("link", name="Seed 0:").click()
    desktop.get_by_text("Finished after").wait_for()
    assert "/train" in desktop.url and "run=" in desktop.url

    phone.goto(f"{fresh_server}/learn?step=tables&row=small+net")
    settled(phone)
    phone.wait_for_function(DRAWN)
    phone.get_by_text("Small neural net, weight decay 0.01:").wait_for()  # the row of the link
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
