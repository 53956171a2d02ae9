"""The page Biases: films, kinds of films, users; and the facts that hold in every fit of MovieLens 100K."""

import json
import time

import numpy as np
import pytest

from collab.explore.biases import bias_table
from collab.models.dot import DotBiasSettings
from collab.services.plans import plan
from collab.ui.frame import cached
from tests.pages.on_the_page import current, figure, numbers


def wait_for(jobs, run_id, seconds=60):
    end = time.monotonic() + seconds
    while jobs.store.record(run_id).busy:
        assert time.monotonic() < end
        time.sleep(0.1)


def table_of(app):
    return app.dataframe[-1].value


@pytest.mark.parametrize("data", ["sample", "ml-100k"])
def test_highest_and_lowest_films(visit, data):
    app = visit("biases", data=data)
    table, run = table_of(app), current(app)
    assert table["bias"].is_monotonic_decreasing and (table["n_ratings"] >= 20).all()
    assert len(table) == (run.items["n_ratings"] >= 20).sum()
    bars = figure(app)["data"][0]
    assert len(bars["x"]) == 20
    assert ("synthetic ratings" in json.dumps(figure(app)["layout"])) == (data == "sample")


@pytest.mark.parametrize(
    ("model", "loved", "loathed"),
    [
        ("bayes", "Schindler's List (1993)", "Bio-Dome (1996)"),
        ("dot-bias", "Titanic (1997)", "Lawnmower Man 2: Beyond Cyberspace (1996)"),
    ],
)
def test_the_films_that_every_fit_of_movielens_loves_and_loathes(visit, add_run, model, loved, loathed):
    """Two of each: one that both models agree on, and one of its own."""
    app = visit("biases", data="ml-100k", run=add_run(model, "ml-100k"))
    assert {loved, "Shawshank Redemption, The (1994)"} <= set(table_of(app)["title"].head(20))
    run = current(app)
    lowest = bias_table(run.items, run.model.item_biases, minimum_count=1)["title"].tail(10).tolist()
    assert run.record.model == model and {loathed, "Children of the Corn: The Gathering (1996)"} <= set(lowest)


def test_against_the_damped_mean(visit):
    app = visit("biases", picture="against the damped mean", minimum="50", filter="the")
    assert "ends" not in [slider.key for slider in app.slider]
    line, films, rings = figure(app)["data"]
    assert line["mode"] == "lines"
    more, less, shown = (frame.value for frame in app.dataframe)
    assert len(films["x"]) > len(rings["x"]) == len(shown) and shown["title"].str.contains("the", case=False).all()
    assert (shown["n_ratings"] >= 50).all()
    run = current(app)
    table = bias_table(run.items, run.model.item_biases, 50)
    assert sorted(numbers(films["x"])) == pytest.approx(sorted(table["damped_mean"]))
    assert more["title"].iat[0] == table.loc[table["residual"].idxmax(), "title"]
    assert less["title"].iat[0] == table.loc[table["residual"].idxmin(), "title"]


def test_shrunk_biases_are_raw_ones_times_a_factor(visit_dot_bias):
    app = visit_dot_bias("biases", minimum="1", bias="shrunk", bias_damping="30")
    run, table = current(app), table_of(app)
    raw, n_ratings = run.model.item_biases[table["item_index"]].astype(float), table["n_ratings"]
    np.testing.assert_allclose(table["bias"], raw * n_ratings / (n_ratings + 30))
    assert table["bias"].is_monotonic_decreasing
    app.button_group(key="bias").set_value("raw").run()
    assert not app.exception and app.slider(key="bias_damping").disabled
    table = table_of(app)
    np.testing.assert_allclose(table["bias"], run.model.item_biases[table["item_index"]])


@pytest.mark.parametrize("data", ["sample", "ml-100k", "ml-latest-small"])
def test_genres_and_decades(visit, data):
    app = visit("biases", data=data, view="genres and decades")
    run, table = current(app), table_of(app)
    films = bias_table(run.items, run.model.item_biases, 20)
    drama = films[films["genres"].str.split("|").map(lambda genres: "Drama" in genres)]["bias"]
    row = table.set_index("name").loc["Drama"]
    assert (row["mean"], row["error"]) == pytest.approx((drama.mean(), drama.sem()))
    assert row["n_items"] == len(drama) and table["mean"].is_monotonic_decreasing
    app.radio(key="by").set_value("decade").run()
    assert not app.exception and table_of(app)["name"].is_monotonic_increasing
    assert table_of(app)["n_items"].sum() == films["year"].notna().sum()
    app.radio(key="by").set_value("genre × decade").run()
    assert not app.exception
    (cells,) = figure(app)["data"]
    assert cells["type"] == "heatmap" and cells["zmin"] == -cells["zmax"]
    table = table_of(app)
    assert sum(text != "" for row in cells["text"] for text in row) == len(table)
    before = table.set_index(["genre", "decade"])["mean"]
    app.button_group(key="count").set_value("by its ratings").run()
    after = table_of(app).set_index(["genre", "decade"])["mean"]
    assert not app.exception and (before.index == after.index).all() and not np.allclose(before, after)


def test_users(visit):
    app = visit("biases", data="ml-100k")
    app.button_group(key="view").set_value("users").run()
    assert not app.exception
    table, run = table_of(app), current(app)
    assert len(table) == (run.users["n_ratings"] >= 20).sum() and table["bias"].is_monotonic_decreasing
    assert table["title"].iloc[0] == "User " + run.users["user_id"].iat[table["user_index"].iloc[0]]
    links = [link.proto.query_string for link in app.get("page_link")]
    assert len(links) == 10
    for link, user in zip(links, [*table["user_id"][::-1][:5], *table["user_id"][:5]], strict=True):
        assert f"user={user}" in link.split("&") and f"run={run.id}" in link.split("&")
    app.text_input(key="filter").set_value(" 405").run()
    assert set(table_of(app)["title"]) >= {"User 405"} and not app.exception


def test_the_distribution_of_users_counts_everybody(visit):
    app = visit("biases", view="users", raters="distribution", minimum="1")
    (bars,) = figure(app)["data"]
    table = table_of(app)
    assert sum(numbers(bars["y"])) == len(table) == (current(app).users["n_ratings"] > 0).sum()
    spread = f"standard deviation {table['bias'].std(ddof=0):.2f}"
    assert any(spread in caption.value for caption in app.caption)


def test_users_against_their_mean(visit):
    app = visit("biases", view="users", raters="against their mean", filter="User 12")
    _, users, rings = figure(app)["data"]
    assert sorted(numbers(users["x"])) == pytest.approx(
        sorted(current(app).users["mean_rating"][numbers(users["customdata"])])
    )
    assert len(rings["x"]) == len(table_of(app)) > 0


def test_a_minimum_that_nothing_reaches(visit):
    for view in ("films", "genres and decades", "users"):
        app = visit("biases", view=view)
        run = current(app)
        run.items["n_ratings"], run.users["n_ratings"] = (
            run.items["n_ratings"].clip(upper=9),
            run.users["n_ratings"].clip(upper=9),
        )
        app.run()
        assert not app.exception and "Lower the minimum." in app.info[-1].value and not app.get("plotly_chart")


def test_no_shrinkage_of_neighbours_is_none_of_biases(visit_dot_bias):
    """Both have a β, with other limits."""
    app = visit_dot_bias("similar", beta="50")
    app.slider(key="beta").set_value(0).run()
    app.switch_page("pages/biases.py").run()
    assert not app.exception
    app.button_group(key="bias").set_value("shrunk").run()
    assert not app.exception and app.slider(key="bias_damping").value == 10


def test_model_without_biases_says_so(visit):
    app = visit("biases")
    jobs = cached.trainings()
    run_id = jobs.submit(plan("dot-bias", DotBiasSettings(use_biases=False, epochs=1), "sample", "random:0.2", 0))
    wait_for(jobs, run_id)
    app.query_params["run"] = run_id
    app.run()
    assert not app.exception and "no biases, so" in app.info[-1].value
    app.switch_page("pages/map.py").run()
    assert not app.exception and "bias" not in app.selectbox(key="colour").options
