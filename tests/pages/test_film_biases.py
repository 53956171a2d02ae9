"""The Film biases page: both ends, bias against mean, users; and the facts that hold in every fit of MovieLens 100K."""

import json
import time

import pytest

from collab.interpret import bias_table
from collab.models import DotBiasSettings
from collab.services.training_job import plan
from collab.ui import cached


def current(app):
    """The run that the page shows."""
    run = app.query_params["run"]
    return cached.trained_run(run if isinstance(run, str) else run[-1])


def wait_for(jobs, run_id, seconds=60):
    end = time.monotonic() + seconds
    while jobs.store.record(run_id).busy:
        assert time.monotonic() < end
        time.sleep(0.1)


def table_of(app):
    return app.dataframe[-1].value


def figure_of(app):
    (chart,) = app.get("plotly_chart")
    return json.loads(chart.proto.spec)


@pytest.mark.parametrize("data", ["sample", "ml-100k"])
def test_highest_and_lowest_films(visit, data):
    app = visit("film_biases", data=data)
    table, run = table_of(app), current(app)
    assert table["bias"].is_monotonic_decreasing and (table["n_ratings"] >= 20).all()
    assert len(table) == (run.items["n_ratings"] >= 20).sum()
    (bars,) = figure_of(app)["data"]
    assert len(bars["x"]) == 20
    assert ("synthetic ratings" in json.dumps(figure_of(app)["layout"])) == (data == "sample")


def test_the_films_that_every_fit_of_movielens_loves_and_loathes(visit):
    app = visit("film_biases", data="ml-100k")
    assert {"Titanic (1997)", "Shawshank Redemption, The (1994)"} <= set(table_of(app)["title"].head(20))
    run = current(app)
    lowest = bias_table(run.items, run.model.item_biases, minimum_count=1)["title"].tail(10).tolist()
    assert any("Children of the Corn: The Gathering" in title for title in lowest)
    assert any("Lawnmower Man 2" in title for title in lowest)


def test_against_the_mean(visit):
    app = visit("film_biases", view="against the mean", minimum="50", filter="the")
    assert app.slider(key="ends").disabled
    line, films, rings = figure_of(app)["data"]
    assert line["mode"] == "lines"
    shown = table_of(app)
    assert len(films["x"]) > len(rings["x"]) == len(shown) and shown["title"].str.contains("the", case=False).all()
    assert (shown["n_ratings"] >= 50).all()


def test_users(visit):
    app = visit("film_biases", data="ml-100k")
    app.radio(key="view").set_value("users").run()
    assert not app.exception
    table, run = table_of(app), current(app)
    assert len(table) == (run.users["n_ratings"] >= 20).sum() and table["bias"].is_monotonic_decreasing
    assert table["title"].iloc[0] == "User " + run.users["user_id"].iat[table["user_index"].iloc[0]]
    app.text_input(key="filter").set_value(" 405").run()
    assert set(table_of(app)["title"]) >= {"User 405"} and not app.exception


def test_model_without_biases_says_so(visit):
    app = visit("film_biases")
    jobs = cached.jobs()
    run_id = jobs.submit(plan("dot-bias", DotBiasSettings(use_biases=False, epochs=1), "sample", "random:0.2", 0))
    wait_for(jobs, run_id)
    app.query_params["run"] = run_id
    app.run()
    assert not app.exception and "no biases, so" in app.info[-1].value
    app.switch_page("pages/film_map.py").run()
    assert not app.exception and "bias" not in app.selectbox(key="colour").options
