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


def test_table_by_keyboard_and_link(server, desktop, phone, settled, tmp_path):
    """What is moved goes with the link; the table of the picture opens, closes and downloads without a mouse."""
    desktop.add_init_script("delete window.showSaveFilePicker")  # nobody is there to say where the file goes
    desktop.goto(f"{server}/learn?step=dot-product&data=sample")
    desktop.get_by_text("2.142", exact=True).first.wait_for()
    settled(desktop)
    desktop.get_by_role("slider", name="Science fiction").focus()
    desktop.keyboard.press("ArrowRight")
    desktop.wait_for_function("new URL(location).searchParams.get('numbers')?.startsWith('0.91,')")
    settled(desktop)
    desktop.get_by_role("button", name="As a table").focus()
    desktop.keyboard.press("Enter")
    table = desktop.get_by_test_id("stDataFrame")
    table.wait_for()
    settled(desktop)
    box = table.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 1440
    download = desktop.get_by_role("button", name="Download as CSV")
    download.focus()
    with desktop.expect_download() as begun:
        desktop.keyboard.press("Enter")
    begun.value.save_as(tmp_path / "table.csv")
    rows = (tmp_path / "table.csv").read_text(encoding="utf-8-sig").splitlines()
    assert rows[1] == "The Last Skywalker,science fiction,0.98,0.91,0.8918" and len(rows) == 9
    desktop.keyboard.press("Escape")
    table.wait_for(state="detached")

    phone.goto(desktop.url)  # whoever gets the link sees the same
    phone.get_by_text("2.1518", exact=True).first.wait_for()
    settled(phone)
    phone.get_by_role("button", name="As a table").tap()
    phone.get_by_test_id("stDataFrame").wait_for()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def _loss(table):
    return float(table.get_attribute("aria-label").rsplit(" ", 1)[1])
