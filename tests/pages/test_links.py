"""Links: what the pages bind is in the table of parameters, and no value of any of them ends a page."""

import pytest
from streamlit.runtime.state.query_params import QueryParams

from collab.models import CHAPTER_MODEL
from collab.ui.frame.parameters import PARAMETERS, OneOf
from tests.campaign.dashboard import visitor
from tests.campaign.links import VIEWS, asked_of, attack, somebody
from tests.campaign.report import Clock, Figure
from tests.pages.on_the_page import link

OVERFITTING = {"decay_chosen"}  # on Learn: half a minute of training before its control stands there
KEPT_HERE = {"people": {"user"}}  # a control of other pages, which this page keeps in the link itself


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
def runs(visit_dot_bias, add_run):
    """A home with two runs: their ids by model."""
    return {CHAPTER_MODEL: link(visit_dot_bias("overview"), "run"), "side": add_run("side")}


@pytest.mark.parametrize("page", VIEWS)
def test_the_table_has_what_a_page_binds_and_nothing_else(runs, bound, page):
    people, offered = somebody(runs[CHAPTER_MODEL]), {}
    bound.clear()
    for view in VIEWS[page]:
        asked = {"data": "sample", **people, **view, "run": runs[view.get("run", CHAPTER_MODEL)]}
        app = visitor(page, **asked).run()
        assert not app.exception and not app.warning
        for control in (*app.selectbox, *app.radio, *app.get("button_group"), *app.select_slider):
            offered.setdefault(control.key, set()).update(control.options)
    for name in bound:
        if isinstance(PARAMETERS[name].allowed, OneOf):
            assert offered[name] <= set(PARAMETERS[name].allowed.texts), name
    table = {each.name for each in PARAMETERS.values() if each.is_bound and page in each.pages} - OVERFITTING
    drawn = bound | KEPT_HERE.get(page, set())
    assert (sorted(table - drawn), sorted(drawn - table)) == ([], [])  # never drawn; not in the table


@pytest.mark.parametrize("page", [page for page in VIEWS if asked_of(page)])
def test_no_value_of_a_link_ends_a_page(runs, page):
    figure = Figure(page)
    attack(page, runs, figure, Clock(60), n_drawn=2)
    assert not figure.found and figure.cases == figure.planned
