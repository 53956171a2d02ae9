"""Names, titles, genres and parts of a link are shown as they are, in every element of every page: no markup comes of them."""

import functools
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote_plus

import pytest
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

from collab.data.catalogue import CATALOGUE
from collab.services.environment import Environment, read_environment
from collab.ui.frame import cached
from collab.ui.frame.item_page import SEARCH
from collab.ui.learn.steps import STEPS
from tests.conftest import APP
from tests.pages import hostile
from tests.pages.hostile import SIGN
from tests.pages.seen import Seen, in_figure, in_html, in_markdown

UI = Path(__file__).resolve().parents[2] / "collab" / "ui"
UNSEEN = {
    *("anchor", "button_click_widgets", "component_name", "deferred_file_id", "form_id", "id", "page", "query_string"),
    *("raw_value", "raw_values", "selection_default", "selection_state", "url"),
}
"""Fields of elements that nobody reads."""

AS_TYPED = {
    *("Selectbox.options", "MultiSelect.options", "TextInput.default", "TextInput.value"),
    *(f"{element}.placeholder" for element in ("MultiSelect", "NumberInput", "Selectbox", "TextInput")),
    *(f"{element}.alt" for element in ("Dataframe", "PlotlyChart", "VegaLiteChart")),
}
"""Fields that the browser shows without reading them as Markdown; all others are Markdown, until somebody has tried."""


# --- what stands on a page -------------------------------------------------------------------------------------------------


def elements(block):
    for child in block.children.values():
        if isinstance(getattr(child, "proto", None), Message):
            yield child.proto
        if hasattr(child, "children"):
            yield from elements(child)


def fields(message):
    """The texts of an element: (message, field), text."""
    for field, value in message.ListFields():
        if field.name in UNSEEN:
            continue
        for each in value if field.is_repeated and not hasattr(value, "keys") else [value]:
            if isinstance(each, Message):
                yield from fields(each)
            elif isinstance(each, str):
                yield f"{message.DESCRIPTOR.name}.{field.name}", each


def parts(value, name=""):
    """Every text in JSON, with the name under which it stands."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from parts(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from parts(each, name)
    elif isinstance(value, str):
        yield name, value


def seen_in(place, text):
    """What is seen of the text of an element, piece by piece."""
    if place == "Html.body":
        yield in_html(text)
    elif place == "PlotlyChart.spec":
        yield from (in_figure(each) for name, each in parts(json.loads(text)) if name != "legendgroup")
    elif place.startswith(("BidiComponent.", "MixedData.")):
        data = json.loads(text)
        for name, each in parts(data):
            if name == "figure":  # the titles of its axes are escaped by plot3d_titles.js
                yield from (in_figure(trace.get("name", "")) for trace in json.loads(each)["data"])
            elif name == "words":  # as are these, by plot3d_names.js
                yield from (Seen(word) for _, word in parts(json.loads(each)))
            elif name not in ("key", "view"):
                yield in_html(each) if name in ("html", "then") else Seen(each)
    elif place == "VegaLiteChart.spec":
        yield from (Seen(each) for _, each in parts(json.loads(text)))
    elif place == "Dataframe.columns":
        for column in json.loads(text).values():
            yield Seen(column.get("label") or "")
            yield in_markdown(column.get("help") or "")
    elif place == "Code.code_text":  # an address to copy
        yield Seen(unquote_plus(text))
    elif place != "Dataframe.column_order":
        yield Seen(text) if place in AS_TYPED else in_markdown(text)


@functools.cache
def names():
    """All hostile texts, and what pages make of them: without the year, with a capital, in small letters. The longest first."""
    whole = [*hostile.TEXTS, *hostile.SHORT, *hostile.RUNS, *hostile.PEOPLE]
    whole += [hostile.DATA_TITLE, hostile.ELSEWHERE, hostile.NOTE, hostile.MESSAGE, hostile.TEXTS[0] * 9]
    whole += [text.rsplit(" (19", 1)[0] for text in whole]
    whole += [each for text in whole for each in (text.capitalize(), text[:1].upper() + text[1:], text.lower())]
    return sorted(set(whole), key=len, reverse=True)


def left_over(text):
    """What is left of a text if every hostile name that stands there as it is, or as its beginning and "…", is taken out."""
    beginnings = [
        name[:length] for before in text.split("…")[:-1] for name in names() for length in range(3, len(name) + 1)
        if before.endswith(name[:length].rstrip())
    ]  # fmt: skip
    for beginning in sorted(beginnings, key=len, reverse=True):
        text = text.replace(f"{beginning.rstrip()}…", "")
    for name in names():
        text = text.replace(name, "")
    return text


def wrong_in(app):
    """(element, text) of all that does not show a hostile name as it is, or leads to where it says."""
    for proto in elements(app._tree):
        for place, text in fields(proto):
            if SIGN not in text.lower():
                continue
            for seen in seen_in(place, text):
                led = [each for each in seen.addresses if SIGN in each and not each.startswith(("similar?", SEARCH))]
                if led or SIGN in left_over(seen.text).lower():
                    yield place, text if len(text) < 400 else seen.text[:400], led
    for frame in app.dataframe:
        texts = {str(each) for column in frame.value for each in (column, *frame.value[column].tolist())}
        yield from (("a cell", each, []) for each in texts if SIGN in left_over(each).lower())


# --- the pages -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A home with the runs on the hostile data set, its folder, and the ids of the runs."""
    folder, home = hostile.lay_down(tmp_path_factory.mktemp("given")), tmp_path_factory.mktemp("hostile")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(CATALOGUE, hostile.NAME, hostile.ENTRY)
        return home, folder, hostile.train(Environment((folder,), home, "sqlite://"))


@pytest.fixture
def open_page(app, trained, monkeypatch):
    """A function that opens a page for a new visitor on the first run, with two people whose answers are kept, and all tables
    unfolded."""
    home, folder, runs = trained
    monkeypatch.setitem(CATALOGUE, hostile.NAME, hostile.ENTRY)
    monkeypatch.setenv("COLLAB_DATA", str(folder))
    shutil.copytree(home, read_environment().home, dirs_exist_ok=True)
    store, people = cached.runs(), hostile.people(cached.profiles())
    record = store.record(runs[2])
    store.write_record(replace(record, state="failed", message=hostile.MESSAGE))
    damaged = store.folder / DAMAGED
    shutil.copytree(store.folder / runs[2], damaged)
    text = replace(record, id=DAMAGED, name=hostile.TEXTS[0] * 9).to_json()
    (damaged / "run.json").write_text(text, encoding="utf-8")
    sources = " ".join(path.read_text(encoding="utf-8") for path in UI.rglob("*.py"))
    folds = re.findall(r'(?:as_table|table_fold)\(\s*"(\w+)"', sources)
    assert len(folds) > 20

    both = ",".join(person.view_token for person in people)
    ids = {FAILED: runs[2], FIRST_TWO: ",".join(runs[:2]), BOTH: both}

    def open_it(page, **link):
        visitor = AppTest.from_file(str(APP), default_timeout=60)
        told = {"data": hostile.NAME, "run": runs[0], "profile": people[0].edit_token, **link}
        for name, value in told.items():
            visitor.query_params[name] = ids.get(value, value)
        for name in (*folds, "how_rated", "checksums", "lacking", "load"):
            visitor.session_state[name] = True
        visitor.switch_page(f"pages/{page}.py").run()
        assert not visitor.exception
        return visitor

    return open_it


DAMAGED = "0badc0de"
FAILED, FIRST_TWO, BOTH = (
    "the run that failed",
    "the first two runs",
    "both people",
)  # their ids follow when they are there
FIRST, SECOND, *_ = hostile.TITLES
LINKS = {
    "overview": [{}],
    "rate": [{}, {"groups": "true"}, {"what_if": f"2:{FIRST}"}, {"order": "rating"}],
    "taste": [{}, {"among": "People"}],
    "together": [{"people": BOTH}],
    "map": [
        *(
            {"colour": colour, "dim": dim}
            for colour, dim in (("genre", "3-D"), ("cluster", "2-D"), ("predicted", "2-D"))
        ),
        *({"below": section, "film": FIRST, "find": "vil"} for section in ("Set", "Axes", "Clusters")),
        {"films": "1,2,3,4,5", "from": FIRST, "to": SECOND, "dim": "2-D"},
        {"map_view": "Two runs", "film": FIRST, "minimum": "1"},
    ],
    "similar": [
        {"similar_view": view, "film": FIRST, "second_film": SECOND, "minimum": "1"}
        for view in ("One film", "Two films", "Towards another", "Two runs")
    ]
    + [{"similar_view": "As if it were new", "film": SECOND, "run": FAILED}],
    "biases": [
        {"view": "films", "minimum": "1", "filter": "vil"},
        *({"view": "genres and decades", "by": by, "minimum": "1"} for by in ("genre", "decade", "genre × decade")),
        *({"view": "users", "minimum": "1", "picture": picture} for picture in ("ends", "bias against mean")),
    ],
    "people": [
        {"part": part} for part in ("held-out ratings", "recommended", "what they rated", "tastes", "all users")
    ],
    "data": [
        {"data_part": part, "user": f"1 {hostile.TEXTS[1]}", "film": FIRST}
        for part in ("long tail", "over time", "stars", "crosstab", "split", "doubled titles", "source and terms")
    ],
    "train": [{"user": f"1 {hostile.TEXTS[1]}", "film": FIRST}, {"sliders": "true"}, {"run": FAILED}],
    "runs": [{}, {"pick": FIRST_TWO}],
    "learn": [{"step": step.slug} for step in STEPS],
}


@pytest.mark.parametrize("page", LINKS)
def test_every_name_is_shown_as_it_is(open_page, page):
    found = []
    for link in LINKS[page]:
        app = open_page(page, **link)
        found += [(link, *each) for each in wrong_in(app)]
    assert not found, "\n".join(map(str, found))


QUOTED = [
    *(("overview", name) for name in ("data", "run")),
    *(("rate", name) for name in ("profile", "what_if")),
    *(("map", name) for name in ("against", "films")),
    *(("train", name) for name in ("model", "share", "epochs", "n_factors", "y_range", "batch_size")),
    *(("learn", name) for name in ("step",)),
    ("people", "user"),
    ("together", "people"),
]


@pytest.mark.parametrize("text", hostile.SHORT)
def test_what_a_message_quotes_of_a_link_is_shown_as_it_is(open_page, text):
    quoted, found = set(), []
    for page, name in QUOTED:
        link = {name: f"2:{text}" if name == "what_if" else text}
        app = open_page(page, **({"map_view": "Two runs"} if name == "against" else {}), **link)
        found += [(page, name, *each) for each in wrong_in(app)]
        quoted |= {name for kind in (app.error, app.warning) for each in kind if text in in_markdown(each.value).text}
    assert not found, "\n".join(map(str, found))
    assert quoted >= {"data", "run", "against", "model", "share", "step", "user"}, quoted
