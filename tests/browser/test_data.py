"""Data in the real browser: part, picture and minimum go with the link, the keyboard moves them, and a phone shows it all."""

from urllib.parse import parse_qs, urlsplit

MARKED = "[...document.querySelectorAll('.st-key-tail .annotation-text')].map(each => each.textContent).join(' ')"


def link(page):
    return {name: values[-1] for name, values in parse_qs(urlsplit(page.url).query).items()}


def test_from_the_long_tail_to_the_split_and_back_by_the_link(server, desktop, settled):
    desktop.goto(f"{server}/data?data=ml-100k")
    desktop.locator(".st-key-tail .js-plotly-plot").wait_for()
    settled(desktop)
    desktop.wait_for_function(f"({MARKED}).includes('733 films below 20')")

    slider = desktop.get_by_role("slider", name="Minimum ratings")
    slider.focus()
    slider.press("ArrowRight")
    desktop.wait_for_function(f"({MARKED}).includes('films below 21')")
    desktop.get_by_role("radio", name="users", exact=True).click()
    desktop.wait_for_function(f"({MARKED}).includes('users below 21')")

    desktop.get_by_role("radio", name="split", exact=True).click()
    desktop.locator(".st-key-held_out .js-plotly-plot").wait_for()
    desktop.get_by_text("In use: random 20 %, seed 0.").wait_for()
    settled(desktop)
    for name, value in {"data_part": "split", "tail_of": "users", "minimum": "21"}.items():
        assert link(desktop).get(name) == value, desktop.url

    desktop.reload()
    desktop.get_by_text("In use: random 20 %, seed 0.").wait_for()
    settled(desktop)
    desktop.wait_for_function(f"({MARKED}).includes('users below 21')")
    assert desktop.get_by_role("radio", name="split", exact=True).is_checked()


def test_on_a_phone(server, phone, settled):
    for part, key in (("sittings", "within"), ("split", "held_out")):
        phone.goto(f"{server}/data?data=ml-100k&data_part={part}")
        phone.locator(f".st-key-{key} .js-plotly-plot").wait_for()
        settled(phone)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390
        for chart in ("tail", key):
            box = phone.locator(f".st-key-{chart}").bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= 390
