"""Similar films in the real browser: typing finds a film, the bars and the table follow, the link holds it all."""

from urllib.parse import parse_qs, urlsplit


def link(page):
    return {name: values[-1] for name, values in parse_qs(urlsplit(page.url).query).items()}


BARS = "(document.querySelector('.st-key-similar_bars .js-plotly-plot')?.data?.[0].hovertext ?? [])"


def bars(page, word):
    """The hover texts of the chart's bars, closest first, as soon as all have `word` in them."""
    page.wait_for_function(f"word => {BARS}.length && [...{BARS}].every(text => text.includes(word))", arg=word)
    return page.evaluate(f"[...{BARS}]")


def test_type_a_title_and_see_its_neighbours(server, desktop, settled):
    desktop.goto(f"{server}/similar_films?data=ml-100k")
    settled(desktop)
    before = bars(desktop, " · similarity 0.")
    assert len(before) == 10
    desktop.get_by_role("combobox", name="Film").click()
    desktop.keyboard.type("alien (19")
    desktop.get_by_role("option", name="Alien (1979)").click()
    desktop.wait_for_function("new URL(location).searchParams.get('film') === 'Alien (1979)'")
    desktop.wait_for_function(f"before => {BARS}[0] !== before", arg=before[0])
    settled(desktop)

    desktop.get_by_text("euclidean").click()
    desktop.wait_for_function("new URL(location).searchParams.get('measure') === 'euclidean'")
    by_distance = bars(desktop, " · distance ")

    shared = desktop.url
    desktop.goto("about:blank")
    desktop.goto(shared)
    assert bars(desktop, " · distance ") == by_distance and link(desktop)["film"] == "Alien (1979)"


def test_on_a_phone(server, phone, settled):
    for page in ("film_biases", "similar_films"):
        phone.goto(f"{server}/{page}?data=ml-100k&film=Alien+(1979)")
        settled(phone)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    picker = phone.get_by_role("combobox", name="Film").bounding_box()
    assert (
        picker["y"] < phone.locator(".st-key-similar_bars").bounding_box()["y"] < 844
    )  # first the film, then its neighbours
