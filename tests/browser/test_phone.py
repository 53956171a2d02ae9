"""Pages on a phone: nothing scrolls sideways, pictures lie on the screen, and what matters is seen first.

What a thumb does is in the files of the pages; that a link shared with a phone shows the same, at the end of their tests.
"""

import pytest

# An address, the pictures that are drawn there, one under the other, and words to wait for
LOOKS = (
    ("biases?data=ml-100k", ("biases",), "Biases"),
    ("biases?data=ml-100k&view=genres+and+decades", ("biases",), "Biases"),
    ("biases?data=ml-100k&view=users", ("biases",), "Biases"),
    ("data?data=ml-100k&data_part=over+time", ("tail", "over_time"), "Data"),
    ("data?data=ml-100k&data_part=split", ("tail", "held_out"), "Data"),
    ("people?data=ml-100k&user=1&part=recommended", ("foretold",), "User 1"),
    ("runs?data=ml-100k", (), "Repeat with 5 seeds"),
    ("similar?data=ml-100k&film=Alien+(1979)", ("similar_bars",), "Similar"),
    ("train?data=sample&model=dot-bias&sliders=true&epochs=1&batch_size=1024&n_factors=5", (), "1 setting tried"),
)
WHOLE_AT_ONCE = ("biases",)  # pictures that end above the fold
BEGUN_BELOW = {"foretold": "User", "similar_bars": "Film"}  # pictures that begin above the fold, below this box


@pytest.mark.parametrize(("address", "pictures", "words"), LOOKS)
def test_a_page_fits_a_phone(server, phone, settled, address, pictures, words):
    phone.goto(f"{server}/{address}")
    phone.get_by_text(words, exact=True).filter(visible=True).first.wait_for()
    for key in pictures:
        phone.locator(f".st-key-{key} .js-plotly-plot .main-svg").first.wait_for()
    settled(phone)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    for key in pictures:
        box = phone.locator(f".st-key-{key}").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390
        if key in WHOLE_AT_ONCE:
            assert box["y"] + box["height"] <= 844
        if key in BEGUN_BELOW:
            assert phone.get_by_role("combobox", name=BEGUN_BELOW[key]).bounding_box()["y"] < box["y"] < 844
    for views in phone.get_by_role("radiogroup", name="Show").all():
        assert views.evaluate("group => group.scrollWidth <= group.clientWidth + 1")  # all of them in sight
