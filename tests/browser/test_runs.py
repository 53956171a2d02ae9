"""Runs in the real browser: tick two and compare them, save, delete and undo."""

import zipfile

FIRST_BOX, HEAD, ROW = 16, 36, 35  # pixels of the table: middle of a box, height of the head and of a row


def tick(page, row):
    """Click the box of a row, counted from 0; the table is a canvas."""
    table = page.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed()
    table.click(position={"x": FIRST_BOX, "y": HEAD + ROW * row + ROW // 2}, delay=60)


def picked(page):
    return page.evaluate("new URL(location).searchParams.get('pick')?.split(',').length ?? 0")


def test_compare_save_delete_and_undo(fresh_server, desktop, settled, tmp_path):
    desktop.goto(f"{fresh_server}/train?data=sample&n_factors=5&epochs=2")  # nothing trained, nobody was here before
    settled(desktop)
    desktop.get_by_role("button", name="Start").click()
    desktop.get_by_text("Finished after").wait_for()
    desktop.get_by_text("5 factors").first.wait_for()
    settled(desktop)

    desktop.get_by_role("link", name="Runs", exact=True).click()
    desktop.get_by_role("button", name="Repeat with 5 seeds").wait_for()
    settled(desktop)
    assert picked(desktop) == 1
    tick(desktop, 1)
    desktop.get_by_text("A is worse than B.").wait_for()  # five factors, two epochs, against the default
    assert picked(desktop) == 2 and desktop.get_by_text("Settings that differ").is_visible()

    tick(desktop, 1)
    desktop.get_by_role("button", name="Delete", exact=True).wait_for()
    settled(desktop)
    with desktop.expect_download() as download:
        desktop.get_by_role("button", name="Save as zip", exact=True).click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert "weights.safetensors" in zipfile.ZipFile(file).namelist()

    desktop.get_by_role("button", name="Delete", exact=True).click()
    desktop.get_by_text("Deleted runs are kept").wait_for()
    desktop.get_by_role("button", name="Undo").click()
    desktop.get_by_text(": restored.").wait_for()
    settled(desktop)
    assert picked(desktop) == 1 and desktop.evaluate("document.documentElement.scrollWidth") <= 1441
