"""Texts from outside are shown as they are: in Markdown and in figures."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from collab.ui.charts import formats
from collab.ui.charts.formats import plain, sentence
from tests.pages import hostile
from tests.pages.seen import Seen, in_figure, in_markdown

AROUND = (
    ("", ""),
    ("**", "**"),
    ("The run ", ": off."),
    ("User ", " · 3 ratings"),
    ("x  \n", "  \nx"),
    ("a\n\n", "\n\nb"),
)


def words(text):
    return text.split()


@st.composite
def texts(draw):
    """Pieces of markup, and any characters that a name can have."""
    letters = st.characters(exclude_categories=["Cs", "Cc"])
    return "".join(draw(st.lists(st.sampled_from(hostile.PIECES) | st.text(letters, max_size=4), max_size=8)))


@given(texts(), st.sampled_from(AROUND))
@example("www.evil.example", ("**", "**"))
@example("me@evil.example", ("", ""))
def test_a_text_is_shown_as_it_is(text, around):
    before, after = around
    seen = in_markdown(before + plain(text) + after)
    assert words(seen.text) == words(before.strip("*") + text + after.strip("*"))
    assert not seen.addresses


@given(texts())
def test_a_figure_shows_it_as_it_is(text):
    seen = in_figure(formats.in_figure(text))
    assert seen.text == text and not seen.addresses


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("Alien (1979)", r"Alien \(1979\)"),
        ("Star Trek: First Contact", r"Star Trek\: First Contact"),  # a title is rarely divided
        ("www.evil.org", r"www:color[]\.evil\.org"),
        ("http://a.org", r"http\::color[]//a\.org"),
        ("me@a.org", r"me:color[]@a\.org"),
        ("a -> b", r"a \-:color[]\> b"),
        (" a\n", "&#32;a&#10;"),
        ("", ""),
    ],
)
def test_how_it_is_written(text, markdown):
    assert plain(text) == markdown


def test_a_sentence():
    assert in_markdown(sentence("no *run* of www.a.org")).text == "No *run* of www.a.org.\n"
    assert sentence("Why?") == "Why?"


@pytest.mark.parametrize(
    ("markdown", "shown", "addresses"),
    [
        ("**a** [b](https://c.org) ![d](e.png)", "a b ", ["https://c.org", "e.png"]),
        (r"me\@a.org and <https://b.org>", "me@a.org and https://b.org", ["me@a.org", "https://b.org"]),
        (r"www\.a.org", "www.a.org", ["www.a.org"]),
        (r"\:smile\: \:material\_star\: a \-\- b", "  a → b", []),
        (":red[a *b*] `c` $d$ ~~e~~", "a b c d e", []),
        ("# a\n- b\n\n1. c", "a\nb\nc", []),
        ("a  \nb\n\n    c", "a\nb\nc", []),
        ("<b>a</b>", "<b>a</b>", []),
    ],
)
def test_what_is_seen_of_markup(markdown, shown, addresses):
    """As in the browser: escapes are no help against addresses, codes and arrows, and HTML is shown as it is typed."""
    seen = in_markdown(markdown)
    assert (seen.text.strip("\n"), set(seen.addresses)) == (shown, set(addresses))
    assert in_figure('<b>a</b> <a href="b">c</a> &lt; %{d}') == Seen("a c < ", ["b"])
