"""The page Map: its figure, its axes, its sets and its tables. Turning and encircling are for the browser tests."""

import json
import shutil
import time

import numpy as np
import pytest

from collab.data.tables import most_rated_items
from collab.explore.components import item_axes, item_matrix
from collab.explore.similarity import Options, item_space, similar_items
from collab.services import tsne
from collab.services.environment import read_environment
from collab.services.job_queue import DONE
from collab.ui.frame import cached
from collab.ui.map import cached as map_cached
from collab.ui.map import item_set
from collab.ui.map.figure import POINTS
from collab.ui.map.item_set import choose_films
from tests.pages.on_the_page import current, link, numbers, texts


def drawn(app):
    """What the map's component was given."""
    (component,) = [element for element in app.get("bidi_component") if "plot3d" in element.proto.component_name]
    return json.loads(component.proto.json)


def figure_of(app):
    return json.loads(drawn(app)["figure"])


def points(app):
    """item_index of every film on the map, with its place."""
    traces = [trace for trace in figure_of(app)["data"] if trace.get("meta") == POINTS]
    index = np.concatenate([numbers(trace["customdata"]) for trace in traces])
    axes = [axis for axis in "xyz" if axis in traces[0]]
    return index, np.column_stack([np.concatenate([numbers(trace[axis]) for trace in traces]) for axis in axes])


def titles(app):
    """What the axes are called."""
    layout = figure_of(app)["layout"]
    axes = layout.get("scene", layout)
    return [axes[f"{axis}axis"]["title"]["text"] for axis in ("xyz" if "scene" in layout else "xy")]


def table_of(app):
    return app.dataframe[-1].value


def table_of_found(app):
    run = current(app)
    rated = run.items.iloc[map_cached.rated_films(run.id)[:1000]]
    return rated[rated["title"].str.contains("the", case=False)]


@pytest.mark.parametrize("data", ["sample", "ml-100k", "ml-latest-small"])
def test_the_thousand_most_rated_films_by_default(visit, data):
    app = visit("map", data=data)
    items = current(app).items
    n_items = min(1000, (items.n_ratings > 0).sum())
    index, places = points(app)
    assert len(index) == len(set(index)) == len(table_of(app)) == n_items and places.shape == (n_items, 3)
    assert table_of(app)["title"].iloc[0] == items.sort_values("n_ratings", ascending=False)["title"].iloc[0]
    assert "#na#" not in set(table_of(app)["title"])
    assert all("% of variance" in title for title in titles(app))
    assert ("synthetic ratings" in json.dumps(figure_of(app)["layout"])) == (data == "sample")


def test_settings_come_from_the_link(visit):
    app = visit("map", shown="100", colour="year", find="the", dim="2-D", names="7", others="faded", sized="true")
    assert app.selectbox(key="colour").value == "year" and app.slider(key="shown").value == 100
    assert points(app)[1].shape == (100, 2) and drawn(app)["n_names"] == 7
    assert set(table_of(app)["title"].str.contains("the", case=False)) == {True}
    assert "have “the” in their title" in texts(app)
    assert "others" in [trace["name"] for trace in figure_of(app)["data"]]


def test_any_components_raw_and_with_the_bias(visit):
    app = visit("map", shown="200", x="4", y="2", z="9", factors="raw", with_bias="true")
    run = current(app)
    assert run.model.item_factors.shape[1] == 8  # the bias makes nine
    index = most_rated_items(run.items, 200)
    space = item_axes(item_matrix(run.model.item_factors, index, run.model.item_biases), 10, centred=False)
    shown, places = points(app)
    rows = [index.tolist().index(each) for each in shown]
    assert places == pytest.approx(space.coordinates[rows][:, [3, 1, 8]], abs=1e-4)
    assert [title.split(" · ")[0] for title in titles(app)] == ["Component 4", "Component 2", "Component 9"]
    assert all(title.endswith("of squared length") for title in titles(app))


def test_no_more_components_are_offered_than_a_film_has_numbers(visit, add_run):
    """Ten at most; an axis that the run has not goes back to its own."""
    default, wide = add_run("bayes"), add_run("dot-bias")
    app = visit("map", run=wide, shown="100", y="10", z="9")
    assert len(app.selectbox(key="x").options) == 10 and app.selectbox(key="y").value == "10"
    app.selectbox(key="_pick_run").set_value(default).run()
    assert not app.exception and app.selectbox(key="x").options == [str(number) for number in range(1, 9)]
    assert (app.selectbox(key="y").value, app.selectbox(key="z").value) == ("2", "3")
    app.toggle(key="with_bias").set_value(True).run()
    app.selectbox(key="z").set_value("9").run()
    assert not app.exception and titles(app)[2].startswith("Component 9")
    app.toggle(key="with_bias").set_value(False).run()
    assert not app.exception and app.selectbox(key="z").value == "3" and titles(app)[2].startswith("Component 3")


def test_an_axis_from_one_film_to_another(visit):
    app = visit("map")
    labels = list(map_cached.film_labels(current(app).id))
    first, last = labels[3], labels[8]
    app.multiselect(key="from").set_value([first]).run()
    assert "needs films at both its ends" in texts(app)
    app.multiselect(key="to").set_value([last]).run()
    assert not app.exception and titles(app)[0].startswith(f"{first} → {last} · ")
    index, places = points(app)
    place_of = dict(zip(index.tolist(), places[:, 0].tolist(), strict=True))
    known = map_cached.film_labels(current(app).id)
    assert place_of[known[last]] > place_of[known[first]]
    app.multiselect(key="to").set_value([first]).run()
    assert "same place" in app.warning[0].value and titles(app)[0].startswith("Component 1")


def test_an_axis_from_a_genre_to_the_set(visit):
    app = visit("map", films="5,6,7")
    app.multiselect(key="from").set_value(["Genre: Comedy"]).run()
    app.multiselect(key="to").set_value(["The set"]).run()
    assert not app.exception and titles(app)[0].startswith("Comedy → The set · ")


def test_a_set_comes_from_the_link_and_what_cannot_be_is_left_out(visit):
    app = visit("map", films="5,6,0,99999,x,5", below="Set")
    assert "The set: 2 films" in texts(app) and "3 of the films in the link" in texts(app)
    assert set(table_of(app)["item_index"]) == {5, 6}


def test_a_set_of_what_a_search_found_is_beside_all_and_cleared(visit):
    app = visit("map", films="5,6,7,8", find="the", below="Set")
    app.button(key="set_found").click().run()
    found = link(app, "films").split(",")
    assert not app.exception and len(found) == min(200, len(table_of_found(app)))
    beside = app.dataframe[0].value
    assert beside["cluster"].tolist() == ["The set", "All on the map"]
    assert beside["n_items"].tolist() == [len(found), len(points(app)[0])]
    assert len(table_of(app)) == len(found) and table_of(app)["title"].str.contains("the", case=False).all()
    app.button(key="set_clear").click().run()
    assert not app.exception and link(app, "films") is None and "No set yet" in texts(app)


def test_a_link_of_before_the_last_change_does_not_bring_the_old_set_back(visit):
    """The browser sends its link with every turn, the one of before it heard of the change too."""
    app = visit("map", films="5,6", find="the", below="Set")
    app.button(key="set_found").click().run()
    now, app.is_late = link(app, "films"), True
    for late in ("5,6", now):
        app.query_params["films"] = late
        app.run()
        assert link(app, "films") == now
    app.button(key="set_clear").click().run()
    app.query_params["films"] = now
    app.run()
    assert link(app, "films") is None and "No set yet" in texts(app)
    app.query_params["films"], app.is_late = "7,8", False  # a link that somebody opens
    app.run()
    assert link(app, "films") == "7,8" and "The set: 2 films" in texts(app)


def test_what_is_encircled_replaces_joins_and_leaves_the_set(visit, monkeypatch):
    app = visit("map", shown="400")
    run = current(app)
    state = {}
    monkeypatch.setattr(item_set, "use_set", lambda films: state.update(films=list(films)))
    monkeypatch.setattr(item_set, "film_set_in_link", lambda items: state.get("films", []))
    choose_films(run, [3, 4, 5], "replace")
    choose_films(run, [5, 6], "add")
    assert state["films"] == [3, 4, 5, 6]
    choose_films(run, [3], "remove")
    assert state["films"] == [4, 5, 6]
    trained = most_rated_items(run.items, 400)
    choose_films(run, trained[::-1].tolist(), "replace")
    assert state["films"] == trained[:200].tolist()  # the most rated


def test_the_axes_section_shows_ends_and_correlations(visit):
    app = visit("map", below="Axes", shown="300", dim="2-D")
    assert len(app.dataframe) == 6  # two ends and a table of correlations an axis
    high, low, goes = (app.dataframe[place].value for place in range(3))
    assert high["place"].is_monotonic_decreasing and low["place"].is_monotonic_increasing and len(high) == 8
    assert {"correlation", "low", "high", "n_items"} <= set(goes.columns) and "it is no name for the axis" in texts(app)
    index, places = points(app)
    assert high["item_index"].iloc[0] == index[places[:, 0].argmax()]


def test_clusters_colour_the_map_and_are_listed(visit):
    app = visit("map", below="Clusters", colour="cluster", clusters="4", shown="300")
    assert [trace["name"] for trace in figure_of(app)["data"] if trace.get("showlegend")] == [
        f"cluster {number}" for number in range(1, 5)
    ]
    table = table_of(app)
    assert table["n_items"].sum() == 300 and table["n_items"].is_monotonic_decreasing


def test_predicted_ratings_for_the_average_person_and_for_oneself(visit):
    app = visit("map", colour="predicted", shown="200")
    assert "average person" in texts(app) and not app.exception
    before = table_of(app)["predicted"]
    profile = cached.profiles().create()
    for title in table_of(app)["title"].iloc[:5]:
        cached.profiles().rate(profile, title, 1.0)
    app.query_params["profile"] = profile.edit_token
    app.run()
    assert not app.exception and "Predicted from 5 ratings" in texts(app)
    assert (table_of(app)["predicted"] != before).any()
    assert drawn(app)["link"] == {"profile": profile.view_token}  # a copied link can change nothing
    app.selectbox(key="colour").set_value("genre").run()
    assert drawn(app)["link"] == {"profile": None}


def test_the_length_of_the_factors_is_a_colour_and_a_column(visit):
    app = visit("map", colour="length", shown="200")
    run, table = current(app), table_of(app)
    lengths = np.linalg.norm(run.model.item_factors[table["item_index"]], axis=1)
    np.testing.assert_allclose(table["length"], lengths, rtol=1e-6)
    assert not app.exception and "length of the factors" in [trace["name"] for trace in figure_of(app)["data"]]


def test_t_sne_comes_when_it_is_there(visit):
    app = visit("map", layout="t-SNE", dim="2-D", shown="60")
    run = current(app)
    assert "Computing t-SNE" in words_on_bars(app) and "the principal components" in words_on_bars(app)
    end = time.monotonic() + 120
    while (found := tsne_of(run.id)).busy:
        assert time.monotonic() < end
        time.sleep(0.1)
    app.run()
    assert found.state == DONE and not app.exception and titles(app) == ["", ""]
    index, places = points(app)
    order = [most_rated_items(run.items, 60).tolist().index(each) for each in index]
    assert places == pytest.approx(tsne.places(cached.jobs(), found)[order], abs=1e-4)


def test_t_sne_that_was_stopped_can_be_begun_again(visit):
    app = visit("map", layout="t-SNE", shown="900")
    app.button(key="tsne_stop").click().run()
    app.run()
    assert not app.exception and "Computing t-SNE was stopped. You see the principal components." in texts(app)
    assert titles(app)[0].startswith("Component 1")
    app.button(key="tsne_again").click().run()
    assert not app.exception and "tsne_stop" in [button.key for button in app.button]


def tsne_of(run_id):
    of = {"run": run_id, "films": 60, "bias": False, "dimensions": 2, "perplexity": 30}
    return cached.jobs().known(tsne.KIND, of)


def words_on_bars(app):
    return " ".join(bar.proto.text for bar in app.get("progress"))


def test_a_large_catalogue_is_cut_by_count_and_says_so(visit, monkeypatch):
    monkeypatch.setattr(map_cached, "MOST_FILMS", 120)
    app = visit("map")
    run = current(app)
    assert set(points(app)[0]) == set(most_rated_items(run.items, 120))
    n_rated = f"{(run.items.n_ratings > 0).sum():,}"
    assert f"120 of {n_rated} films are on the map, the most rated; 120 at most." in texts(app)


def test_search_for_nothing_that_there_is(visit):
    app = visit("map", find="no film has such a title", others="hidden")
    assert table_of(app).empty and "0 of these films" in texts(app)
    assert len(points(app)[0]) > 900  # nothing to isolate


def test_a_chosen_film_shows_facts_and_nearest_films(visit_dot_bias):
    app = visit_dot_bias("map")
    run = current(app)
    assert "Click a film" in texts(app)
    item_index = 1 + int(run.items["n_ratings"].iloc[1:].argmax())
    app.selectbox(key="film").set_value(run.items["label"].iat[item_index]).run()
    assert not app.exception
    assert f"{run.items['n_ratings'].iat[item_index]} ratings" in texts(app)
    nearest = similar_items(item_space(run.model, run.items, run.users), run.items, item_index, Options(), 5)
    keys = [f"near_{index}" for index in nearest["item_index"]]
    assert [button.key for button in app.button if str(button.key).startswith("near_")] == keys
    assert [name["kind"] for name in drawn(app)["names"]].count("chosen") == 1

    app.button(key=keys[0]).click().run()  # walk to the nearest one
    assert not app.exception
    assert app.selectbox(key="film").value == run.items["label"].iat[nearest["item_index"].iat[0]]


def test_a_chosen_film_off_the_map_says_so(visit):
    app = visit("map", shown="100")
    items = current(app).items
    rare = items[(items.n_ratings > 0) & (items.index > 0)].sort_values("n_ratings")["label"].iloc[0]
    app.selectbox(key="film").set_value(rare).run()
    assert "not on the map" in texts(app) and not app.exception


def test_untrained_films_are_neither_shown_nor_offered(visit):
    app = visit("map", data="ml-100k", shown="1600")
    items = current(app).items
    untrained = set(items["title"][items.n_ratings == 0])
    assert untrained and not untrained & set(table_of(app)["title"])
    assert not untrained & set(app.selectbox(key="film").options)
    assert not untrained & set(app.multiselect(key="from").options)


def test_another_data_set_keeps_what_it_can(visit, trained_home):
    """Genres, ends of an axis and sets that the other data set does not have are left out; nothing breaks."""
    app = visit("map", data="sample", films="5,900", shown="900")
    app.multiselect(key="from").set_value(["The set", list(map_cached.film_labels(current(app).id))[700]]).run()
    app.multiselect(key="coloured").set_value(["Drama", "Children"]).run()
    assert not app.exception
    environment = read_environment()
    shutil.copytree(trained_home("ml-100k", environment.data_folders), environment.home, dirs_exist_ok=True)
    app.selectbox(key="_pick_data").set_value("ml-100k").run()
    assert not app.exception and len(points(app)[0]) == 900


@pytest.mark.parametrize("link", [{"with_bias": "true", "colour": "doubt"}, {"colour": "doubt", "layout": "t-SNE"}])
def test_a_bayesian_run_knows_how_unsure_places_are(visit, link):
    app = visit("map", shown="60", **link)
    doubt = table_of(app)["doubt"]
    assert not app.exception and (doubt.notna().all() or "Computing t-SNE" in words_on_bars(app))
