"""The Similar films page: neighbours of the chosen film by each measure."""

import numpy as np
import pytest

from collab.ui import cached


def current(app):
    """The run that the page shows."""
    run = app.query_params["run"]
    return cached.trained_run(run if isinstance(run, str) else run[-1])


def table_of(app):
    return app.dataframe[-1].value


@pytest.mark.parametrize("data", ["sample", "ml-100k"])
def test_the_most_rated_film_by_default(visit, data):
    app = visit("similar_films", data=data)
    items = current(app).items
    assert app.selectbox(key="film").value == items.sort_values("n_ratings", ascending=False)["label"].iloc[0]
    table = table_of(app)
    assert len(table) == 10 and (table["n_ratings"] >= 20).all()
    assert table["similarity"].is_monotonic_decreasing and table["similarity"].between(-1, 1).all()
    assert len(app.get("plotly_chart")) == 1


def test_film_measure_minimum_and_number_come_from_the_link(visit):
    app = visit(
        "similar_films", data="ml-100k", film="Alien (1979)", measure="euclidean", minimum="100", neighbours="5"
    )
    run, table = current(app), table_of(app)
    assert len(table) == 5 and (table["n_ratings"] >= 100).all() and table["distance"].is_monotonic_increasing
    alien = int(np.flatnonzero(run.items["title"] == "Alien (1979)")[0])
    expected = np.linalg.norm(run.model.item_factors[table["item_index"]] - run.model.item_factors[alien], axis=1)
    assert np.allclose(table["distance"], expected, atol=1e-5)


def test_measures_and_minimum_change_the_list(visit):
    app = visit("similar_films")
    app.radio(key="measure").set_value("dot").run()
    assert "product" in table_of(app) and not app.exception
    app.slider(key="minimum").set_value(1).run()
    few = table_of(app)
    app.slider(key="minimum").set_value(200).run()
    assert not app.exception
    assert app.info[-1].value.startswith("No other film") or (table_of(app)["n_ratings"] >= 200).all()
    assert len(few) == 10


def test_an_unknown_film_in_the_link_gives_the_default(visit):
    app = visit("similar_films", film="No such film (1900)", measure="manhattan")
    assert len(table_of(app)) == 10 and app.radio(key="measure").value == "cosine"
