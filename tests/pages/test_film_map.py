"""The Film map page: its figure, its table, the chosen film. Turning and clicking are for the browser tests."""

import json

import pytest

from collab.interpret import similar_items
from collab.ui import cached


def current(app):
    """The run that the page shows."""
    run = app.query_params["run"]
    return cached.trained_run(run if isinstance(run, str) else run[-1])


def figure_of(app):
    """The figure that the map's component was given."""
    (component,) = [element for element in app.get("bidi_component") if "plot3d" in element.proto.component_name]
    return json.loads(json.loads(component.proto.json)["figure"])


def n_points(figure):
    return sum(len(trace["customdata"]) for trace in figure["data"] if trace["mode"] == "markers")


def table_of(app):
    return app.dataframe[-1].value


@pytest.mark.parametrize("data", ["sample", "ml-100k"])
def test_the_thousand_most_rated_films_by_default(visit, data):
    app = visit("film_map", data=data)
    items = current(app).items
    n_films = min(1000, (items.n_ratings > 0).sum())
    assert n_points(figure_of(app)) == len(table_of(app)) == n_films
    assert table_of(app)["title"].iloc[0] == items.sort_values("n_ratings", ascending=False)["title"].iloc[0]
    assert "#na#" not in set(table_of(app)["title"])
    shares = [figure_of(app)["layout"]["scene"][f"{axis}axis"]["title"]["text"] for axis in "xyz"]
    assert all("% of variance" in share for share in shares)
    assert ("synthetic ratings" in json.dumps(figure_of(app)["layout"])) == (data == "sample")


def test_settings_come_from_the_link(visit):
    app = visit("film_map", shown="100", colour="year", find="the")
    assert app.selectbox(key="colour").value == "year" and app.slider(key="shown").value == 100
    assert n_points(figure_of(app)) >= 100  # found ones are ringed on top
    assert set(table_of(app)["title"].str.contains("the", case=False)) == {True}
    assert any("have “the” in their title" in caption.value for caption in app.caption)


def test_search_for_nothing_that_there_is(visit):
    app = visit("film_map", find="no film has such a title")
    assert table_of(app).empty and any(caption.value.startswith("0 of these films") for caption in app.caption)


def test_a_chosen_film_shows_facts_and_nearest_films(visit):
    app = visit("film_map")
    run = current(app)
    assert any("Click a film" in caption.value for caption in app.caption)
    item_index = 1 + int(run.items["n_ratings"].iloc[1:].argmax())
    app.selectbox(key="film").set_value(run.items["label"].iat[item_index]).run()
    assert not app.exception
    assert any(f"{run.items['n_ratings'].iat[item_index]} ratings" in caption.value for caption in app.caption)
    nearest = similar_items(run.items, run.model.item_factors, item_index, n=5)
    keys = [f"near_{index}" for index in nearest["item_index"]]
    assert [button.key for button in app.button if str(button.key).startswith("near_")] == keys
    flags = figure_of(app)["layout"]["scene"]["annotations"]
    assert len(flags) == 1

    app.button(key=keys[0]).click().run()  # walk to the nearest one
    assert not app.exception
    assert app.selectbox(key="film").value == run.items["label"].iat[nearest["item_index"].iat[0]]


def test_a_chosen_film_off_the_map_says_so(visit):
    app = visit("film_map", shown="100")
    items = current(app).items
    rare = items[(items.n_ratings > 0) & (items.index > 0)].sort_values("n_ratings")["label"].iloc[0]
    app.selectbox(key="film").set_value(rare).run()
    assert any("not on the map" in caption.value for caption in app.caption) and not app.exception


def test_untrained_films_are_neither_shown_nor_offered(visit):
    app = visit("film_map", data="ml-100k", shown="1600")
    items = current(app).items
    untrained = set(items["title"][items.n_ratings == 0])
    assert untrained and not untrained & set(table_of(app)["title"])
    assert not untrained & set(app.selectbox(key="film").options)
