"""Links: what the pages bind and read is in the table of parameters, and no value of any of them ends a page."""

import random

import pytest
from streamlit.runtime.state.query_params import QueryParams
from streamlit.testing.v1 import AppTest

from collab.ui.frame import cached
from collab.ui.frame.parameters import PARAMETERS, Number, OneOf, parameters
from collab.ui.learn.steps import STEPS
from collab.ui.person import cached as person_cached
from tests.conftest import APP
from tests.pages.on_the_page import link


def choices(name):
    return PARAMETERS[name].allowed.texts


VIEWS = {  # by page: links that together draw every control that a link can hold
    "overview": [{}],
    "rate": [{}],
    "taste": [{"among": "People"}],
    "together": [{"way": "Average without misery"}],
    "map": [{"colour": "cluster"}, {"layout": "t-SNE"}, {"map_view": "Two runs"}, {"below": "Axes"}],
    "similar": [{"similar_view": view, "run": "SIDE"} for view in choices("similar_view")],
    "biases": [*({"view": view} for view in choices("view")), {"view": "users", "bias": "shrunk"}],
    "people": [{"part": part} for part in choices("part")],
    "data": [{"data_part": part} for part in choices("data_part")],
    "train": [{"how_rated": "true"}, {"sliders": "true"}],
    "runs": [{}],
    "learn": [
        *({"step": step.slug} for step in STEPS),
        {"step": "biases", "biases_view": "two orders"},
        {"step": "nets", "nets_view": "Embedding sizes"},
        *({"step": "weight-decay", "decay_view": view} for view in choices("decay_view")[:2]),
        *({"step": "distance", "distance_view": "Rare films", "rare_remedy": each} for each in choices("rare_remedy")),
    ],
}
OVERFITTING = {"decay_chosen"}  # on Learn: is trained for half a minute before its control stands there


@pytest.fixture
def bound(monkeypatch):
    """The names of the controls that have been bound to the link."""
    names, bind = set(), QueryParams.bind_widget

    def note(self, param_key, *arguments, **more):
        names.add(param_key)
        return bind(self, param_key, *arguments, **more)

    monkeypatch.setattr(QueryParams, "bind_widget", note)
    return names


@pytest.fixture
def somebody(visit_dot_bias, add_run):
    """A home with two runs and a person who has rated; gives the link to all of them."""
    app = visit_dot_bias("overview")
    other = add_run("side")
    ada, ben = (cached.profiles().create(name) for name in ("Ada", "Ben"))
    for title in list(person_cached.film_titles(link(app, "run")))[:8]:
        cached.profiles().rate(ada, title, 4.0)
        cached.profiles().rate(ben, title, 2.0)
    people = f"{ada.view_token},{ben.view_token}"
    return {"data": "sample", "run": link(app, "run"), "SIDE": other, "profile": ada.edit_token, "people": people}


def arrive(page, texts, runs):
    """Open a page in a new session by a link, in which the name of a run in `runs` stands for its id."""
    app = AppTest.from_file(str(APP), default_timeout=60)
    for name, text in texts.items():
        app.query_params[name] = runs.get(text, text) if isinstance(text, str) else text
    app.switch_page(f"pages/{page}.py").run()
    return app


@pytest.mark.parametrize("page", VIEWS)
def test_the_table_has_what_a_page_binds_and_nothing_else(somebody, bound, page):
    bound.clear()
    offered = {}
    for view in VIEWS[page]:
        app = arrive(page, somebody | view, somebody)
        assert not app.exception and not app.warning
        for control in (*app.selectbox, *app.radio, *app.get("button_group"), *app.select_slider):
            offered.setdefault(control.key, set()).update(control.options)
    for name in bound:
        if isinstance(PARAMETERS[name].allowed, OneOf):
            assert offered[name] <= set(PARAMETERS[name].allowed.texts), name
    bound |= {"user"} if page == "people" else set()  # a control of other pages; on this one the page keeps it
    table = {each.name for each in PARAMETERS.values() if each.is_bound and page in each.pages} - OVERFITTING
    assert (sorted(table - bound), sorted(bound - table)) == ([], [])  # never drawn; not in the table


KINDS = (  # of values: each stands once for every parameter
    [""],
    ["1", "2"],
    ["٣"],
    ["²"],
    ["9" * 400],
    ["-1"],
    ["1e309"],
    ["nan"],
    ["0.30000000000000004"],
    ["true"],
    ["a,b,,c"],
    ["<b>x</b> [y](https://z.example) ![](https://z.example) $1$ :red[r]"],
    ["\0\n\x1b"],
    ["../../etc/passwd"],
)


def drawn(parameter, draw):
    """A value drawn from the table: of the parameter's own form, at its limits or just beyond, or with one sign changed."""
    allowed = parameter.allowed
    if isinstance(allowed, Number):
        low, high = (-5 if allowed.low is None else allowed.low), (2000 if allowed.high is None else allowed.high)
        return draw.choice([f"{low:g}", f"{high:g}", f"{low - 1:g}", f"{high + 1:g}", f"{draw.uniform(low, high):.2f}"])
    text = draw.choice(
        [*getattr(allowed, "texts", ()), *getattr(allowed, "table", ()), "Alien (1979)", "1", "1,2,3", "Drama"]
    )
    place = draw.randrange(len(text) + 1)
    return draw.choice([text, text, text[:place] + draw.choice("\0٣[<,:") + text[place:], text.upper()])


def asked_of(page):
    """The parameters that a link can have on a page, but for the data set and the run, which every part needs."""
    return [each for each in parameters().values() if page in each.pages]


@pytest.mark.parametrize("page", [page for page in VIEWS if asked_of(page)])
def test_no_value_of_a_link_ends_a_page(somebody, page):
    """Each kind of value once for every parameter, and some drawn from the table by a seed."""
    draw = random.Random(page)
    asked = asked_of(page)
    links = [
        {each.name: KINDS[(place + turn) % len(KINDS)] for place, each in enumerate(asked)}
        for turn in range(len(KINDS))
    ]
    links += [{each.name: [drawn(each, draw)] for each in asked} for _ in range(4)]
    for turn, texts in enumerate(links):
        view = VIEWS[page][turn % len(VIEWS[page])]
        app = arrive(page, {"run": somebody["run"]} | texts | {"data": "sample"} | (view if turn % 2 else {}), somebody)
        assert not app.exception, (texts, app.exception[0].value)
