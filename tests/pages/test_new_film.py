"""Similar’s view *As if it were new* with all three data sets, and where the run cannot say anything, the way on."""

import dataclasses
import shutil
import time

import numpy as np
import pytest

from collab.data.tables import trained_items
from collab.errors import RunError
from collab.explore.left_out_items import MEAN, RIDGE, SIDE
from collab.models import preset_of
from collab.services.environment import Environment, read_environment
from collab.services.measures import items_left_out
from collab.services.plans import plan
from collab.ui.charts import formats
from collab.ui.frame import cached
from collab.ui.similar import as_if_new_cached
from tests.pages.on_the_page import link, table_with, wait
from tests.training_here import train_here

VIEW = "As if it were new"
QUICK = dataclasses.replace(preset_of("side", "fast"), epochs=1, batch_size=512)


@pytest.fixture(scope="module")
def side_home(tmp_path_factory, data_folder):
    """A home with a quick run of `side` on every data set, and their ids."""
    environment = Environment((data_folder,), tmp_path_factory.mktemp("side"), "sqlite://")
    data_sets = ("sample", "ml-100k", "ml-latest-small")
    return environment.home, {
        data: train_here(environment, plan("side", QUICK, data, "random:0.2", 0)).id for data in data_sets
    }


@pytest.fixture
def visit_side(app, side_home):
    """A function that opens the page on the run of a data set."""

    def open_page(data="sample", **more):
        home, runs = side_home
        shutil.copytree(home, read_environment().home, dirs_exist_ok=True)
        for name, value in {"data": data, "run": runs[data], **more}.items():
            app.query_params[name] = value
        app.query_params["similar_view"] = VIEW
        app.switch_page("pages/similar.py").run()
        assert not app.exception and not app.error
        return app

    return open_page


def said(app):
    return next(each.value for each in app.markdown if "from the average person" in each.value)


@pytest.mark.parametrize("data", ["sample", "ml-100k", "ml-latest-small"])
def test_the_chosen_film_as_if_nobody_had_rated_it(visit_side, data):
    app = visit_side(data)
    run = cached.trained_run(link(app, "run"))
    film = run.items[run.items["label"] == app.selectbox(key="film").value].iloc[0]
    assert app.multiselect(key="new_genres").value == film["genres"].split("|")
    assert app.slider(key="new_year").value == film["year"]
    assert f"{formats.plain(film['title'])}** as if nobody had rated it: **" in said(app)
    ratings = run.model.predict(trained_items(run.users), film.name)
    assert f"predicts {ratings.mean():.1f} for them on average; its raters gave {film['mean_rating']:.1f}." in said(app)
    films = table_with(app, "closeness")
    assert films["closeness"].is_monotonic_decreasing and films["closeness"].between(-1, 1).all()
    assert films["n_ratings"].min() >= 1 and not films["title"].isin(["#na#", film["title"]]).any()
    assert len(films) == 7 and len(app.get("plotly_chart")) == 1
    groups = app.button_group(key="groups_by")
    told = ["age", "gender", "occupation"] if data != "ml-latest-small" else []
    assert groups.options == [*told, "favourite genre"]
    table = table_with(app, "group")
    assert table["leaning"].is_monotonic_decreasing and table["n_users"].min() >= 5
    if data == "ml-100k":  # every user has a gender, and the leanings of all users add up to nothing
        groups.set_value("gender").run()
        table = table_with(app, "group")
        assert set(table["group"]) == {"women", "men"} and table["n_users"].sum() == 943
        assert np.average(table["leaning"], weights=table["n_users"]) == pytest.approx(0, abs=1e-9)


def test_the_link_describes_a_film_of_ones_own(visit_side):
    app = visit_side("ml-100k", film="Alien (1979)", new_genres="Horror", new_year="1975", new_title="Night *Train*")
    assert app.multiselect(key="new_genres").value == ["Horror"] and app.slider(key="new_year").value == 1975
    assert "To the model the same: 1957 to 1977." in [each.value for each in app.caption]
    assert said(app).startswith("**Night \\*Train\\***: **") and "its raters" not in said(app)
    before = table_with(app, "closeness")["closeness"].tolist()
    app.multiselect(key="new_genres").set_value(["Western"]).run()
    assert not app.exception and table_with(app, "closeness")["closeness"].tolist() != before
    app.multiselect(key="new_genres").set_value([]).run()
    app.text_input(key="new_title").set_value("").run()
    assert not app.exception and len(table_with(app, "closeness")) == 7 and said(app).startswith("**A new film**: **")


def test_another_film_is_described_anew(visit_side):
    app = visit_side("ml-100k", film="Alien (1979)", new_genres="Horror", new_title="Mine")
    app.selectbox(key="film").set_value("Toy Story (1995)").run()
    assert app.multiselect(key="new_genres").value == ["Animation", "Children's", "Comedy"]
    assert app.slider(key="new_year").value == 1995 and not app.text_input(key="new_title").value
    assert said(app).startswith("**Toy Story \\(1995\\)** as if nobody had rated it")
    app.slider(key="new_year").set_value(1960).run()
    assert said(app).startswith("**A new film**: **")
    app.button_group(key="similar_view").set_value("Two films").run()
    app.button_group(key="similar_view").set_value(VIEW).run()
    assert not app.exception and app.slider(key="new_year").value == 1960


def test_another_data_set_knows_other_genres_and_years(visit_side, side_home):
    def switch(data):
        app.query_params["data"], app.query_params["run"] = data, side_home[1][data]
        app.run()
        assert not app.exception and not app.error

    app = visit_side("ml-latest-small", new_genres="Children", new_year="2015")
    assert app.multiselect(key="new_genres").value == ["Children"] and app.slider(key="new_year").value == 2015
    switch("ml-100k")
    assert set(app.multiselect(key="new_genres").value) <= set(app.multiselect(key="new_genres").options)
    assert app.slider(key="new_year").value <= app.slider(key="new_year").max
    app.button_group(key="groups_by").set_value("gender").run()
    switch("ml-latest-small")  # which says nothing of people
    assert table_with(app, "group")["n_users"].sum() > 500


def test_what_it_is_worth_is_measured_when_asked(visit_side):
    app = visit_side()
    app.button(key="measure_left_out").click().run()
    assert "Training without some films" in " ".join(bar.proto.text for bar in app.get("progress"))
    wait(app, lambda: any(each.value.startswith("Measured on") for each in app.caption))
    assert not app.error
    jobs = cached.jobs()
    found = items_left_out(jobs, jobs.known("films left out", {"run": link(app, "run")}))
    (measured,) = (each.value for each in app.caption if each.value.startswith("Measured on"))
    assert f"on {found.n_drawn} films with 5 ratings" in measured and f"MSE **{found.mse(SIDE):.4f}**" in measured
    assert (
        f"{found.mse(MEAN):.4f} for the mean of all ratings (gain {found.mse(MEAN) - found.mse(SIDE):+.4f}," in measured
    )
    assert f"{found.mse(RIDGE):.4f} for a ridge regression" in measured
    app.slider(key="new_year").set_value(app.slider(key="new_year").min).run()
    assert measured in [each.value for each in app.caption]


def test_a_run_without_side_information_offers_one_that_has_it_or_trains_it(visit, monkeypatch):
    monkeypatch.setattr("collab.ui.frame.offers.preset_of", lambda model, preset: QUICK)
    app = visit("similar", similar_view=VIEW)
    assert app.info[-1].value.startswith("This model has no answer of its own to genres and years")
    before = link(app, "run")
    app.button(key="train_default").click().run()
    assert not app.exception
    trained = link(app, "run")
    assert trained != before
    end = time.monotonic() + 60
    while cached.runs().record(trained).busy:
        assert time.monotonic() < end
        time.sleep(0.1)
    app.run()
    assert not app.exception and not app.error and len(app.get("plotly_chart")) == 1
    assert cached.runs().record(trained).model == "side"

    app.selectbox(key="_pick_run").set_value(before).run()  # now there is one to go to
    app.button(key=f"use_{trained}").click().run()
    assert not app.exception and link(app, "run") == trained and len(app.get("plotly_chart")) == 1


def test_without_the_data_set_it_has_no_groups_and_says_so(visit_side, monkeypatch):
    def gone(run_id):
        raise RunError("the data set is not at hand")

    monkeypatch.setattr(as_if_new_cached, "run_user_groups", gone)
    app = visit_side()
    assert "not at hand" in app.info[-1].value and len(app.get("plotly_chart")) == 1
