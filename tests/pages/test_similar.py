"""The page Similar: neighbours by model and by people, two films, two runs, a point between films."""

import dataclasses
import shutil
import time

import numpy as np
import pytest

from collab.errors import SettingError
from collab.models import preset_of
from collab.services.environment import read_environment
from collab.services.plans import default_plan, plan
from collab.services.runs import RunStore
from collab.ui.charts import formats
from collab.ui.frame import cached, other_run
from tests.pages.on_the_page import current, link, texts
from tests.training_here import train_here


def table_of(app):
    return app.dataframe[-1].value


def row_of(run, title):
    return int(np.flatnonzero(run.items["title"] == title)[0])


def train(planned):
    """A run in the home of this test, trained here and now."""
    return train_here(read_environment(), planned).id


@pytest.mark.parametrize("data", ["sample", "ml-100k", "ml-latest-small"])
def test_the_most_rated_film_by_default(visit, data):
    app = visit("similar", data=data)
    items = current(app).items
    assert app.selectbox(key="film").value == items.sort_values("n_ratings", ascending=False)["label"].iloc[0]
    table = table_of(app)
    assert len(table) == 10 and (table["n_ratings"] >= 20).all()
    assert table["similarity"].is_monotonic_decreasing and table["similarity"].between(-1, 1).all()
    assert len(app.get("plotly_chart")) == 3  # by the model, by the people, and why
    assert len(app.markdown) <= 8 and app.markdown[1].value.startswith("**By the")  # nothing strays onto the page
    said = texts(app)
    assert "of the first 10** stand in both lists" in said and "Rank correlation (Spearman)" in said
    assert "rated both, of" in said and "liked both" in said


def test_the_head_says_what_the_film_is_and_where_it_can_be_watched(visit, add_run):
    app = visit("similar", data="ml-100k", film="Alien (1979)", measure="dot")
    run = current(app)
    alien = row_of(run, "Alien (1979)")
    film, deviation = run.items.iloc[alien], np.sqrt(run.model.item_covariances[alien, -1, -1])
    assert app.markdown[0].value == (
        f"**Alien \\(1979\\)** · Action, Horror, Sci\\-Fi, Thriller · {film['n_ratings']} ratings · mean "
        f"{film['mean_rating']:.1f} · bias {formats.signed(run.model.item_biases[alien])} ± {deviation:.2f}"
    )
    (shared,) = (each.value for each in app.code)
    assert "film=Alien+%281979%29" in shared and "measure=dot" in shared and f"run={run.id}" in shared
    (found,) = app.get("link_button")
    assert found.proto.url == "https://duckduckgo.com/?q=Alien+%281979%29+where+to+watch"
    app.query_params["run"] = add_run("dot-bias", "ml-100k")  # which takes its biases for known
    app.run()
    assert " · bias " in app.markdown[0].value and "±" not in app.markdown[0].value


def test_film_measure_minimum_and_number_come_from_the_link(visit):
    app = visit("similar", data="ml-100k", film="Alien (1979)", measure="euclidean", minimum="100", neighbours="5")
    run, table = current(app), table_of(app)
    assert len(table) == 5 and (table["n_ratings"] >= 100).all() and table["distance"].is_monotonic_increasing
    alien = row_of(run, "Alien (1979)")
    expected = np.linalg.norm(
        run.model.item_factors[[row_of(run, title) for title in table["title"]]] - run.model.item_factors[alien], axis=1
    )
    assert np.allclose(table["distance"], expected, atol=1e-5)


def test_all_other_settings_come_from_the_link_too(visit):
    app = visit(
        "similar", data="ml-100k", film="Alien (1979)", measure="cosine", beta="100", centred="true", minimum="1",
        co_rating="how both were rated", directions="As trained",
    )  # fmt: skip
    run, table = current(app), table_of(app)
    trained = run.items["n_ratings"].to_numpy() > 0
    factors = run.model.item_factors - run.model.item_factors[trained].mean(axis=0)
    own, others = factors[row_of(run, "Alien (1979)")], factors[[row_of(run, title) for title in table["title"]]]
    cosine = others @ own / np.linalg.norm(own) / np.linalg.norm(others, axis=1)
    assert np.allclose(table["similarity"], cosine * table["n_ratings"] / (table["n_ratings"] + 100), atol=1e-4)
    assert "**By the people\\: how both were rated**" in texts(app)
    assert (
        next(frame.value for frame in app.dataframe if "part" in frame.value)["factor"].str.startswith("factor").all()
    )
    near = table["title"].iat[3]
    app.selectbox(key="near").set_value(near).run()
    before = app.get("plotly_chart")[2].proto.spec
    assert not app.exception and app.selectbox(key="near").value == near
    app.selectbox(key="near").set_value(table["title"].iat[4]).run()
    assert app.get("plotly_chart")[2].proto.spec != before


def test_measures_and_minimum_change_the_list(visit):
    app = visit("similar")
    app.radio(key="measure").set_value("dot").run()
    assert "product" in table_of(app) and not app.exception
    app.slider(key="minimum").set_value(1).run()
    few = table_of(app)
    app.slider(key="minimum").set_value(200).run()
    assert not app.exception
    assert app.info[-1].value.startswith("No other film") or (table_of(app)["n_ratings"] >= 200).all()
    assert len(few) == 10


def test_an_unknown_film_in_the_link_gives_the_default(visit):
    app = visit("similar", film="No such film (1900)", measure="manhattan", near="Nobody (1900)")
    assert len(table_of(app)) == 10 and app.radio(key="measure").value == "cautious"


def test_parts_add_up_to_the_closeness_that_the_list_shows(visit):
    app = visit("similar")
    columns = {"cautious": "similarity", "cosine": "similarity", "dot": "product", "euclidean": "distance"}
    assert sorted(columns) == sorted(app.radio(key="measure").options)
    for measure, column in columns.items():
        app.radio(key="measure").set_value(measure).run()
        rows = next(frame.value for frame in app.dataframe if "part" in frame.value)
        (first,) = table_of(app).loc[table_of(app)["title"] == app.selectbox(key="near").value, column]
        assert rows["part"].sum() == pytest.approx(first**2 if measure == "euclidean" else first, abs=1e-6)


def test_seeds_mark_the_neighbours(visit):
    """Four more trainings, begun by one press; each neighbour then says in how many of five it is among the nearest."""
    app = visit("similar")
    assert "seeds" not in table_of(app)
    app.button(key="train_seeds").click().run()
    assert not app.exception
    end = time.monotonic() + 60
    while cached.trainings().queue():
        assert time.monotonic() < end
        time.sleep(0.1)
    app.run()
    seeds, run = table_of(app)["seeds"], current(app)
    assert seeds.between(1, 5).all() and seeds.nunique() > 1  # this run itself has all ten
    assert not [button for button in app.button if button.key == "train_seeds"]
    assert "alike but for their seed" in texts(app)
    own = {record.settings["seed"]: record.id for record in cached.runs().records()}
    assert sorted(own) == [0, 1, 2, 3, 4] and own[0] == run.id


def test_two_films_beside_each_other(visit):
    app = visit("similar", data="ml-100k", similar_view="Two films", film="Alien (1979)", second_film="Aliens (1986)")
    assert len(app.get("plotly_chart")) == 3
    table = table_of(app)
    both = table["place_1"].notna() & table["place_2"].notna()
    assert f"**{both.sum()} of 10** neighbours in common" in texts(app)
    assert table["place_1"].notna().sum() == table["place_2"].notna().sum() == 10
    assert table["title"].notna().all() and (table["n_ratings"] >= 20).all()
    assert table["value_1"].dropna().is_monotonic_decreasing and len(table["value_2"].dropna()) == 10
    app.selectbox(key="second_film").set_value("Alien (1979)").run()
    assert app.info[-1].value.startswith("Choose another second film") and not app.exception


def test_the_second_film_is_another_one_by_default(visit):
    app = visit("similar", similar_view="Two films", measure="euclidean", beta="50")
    next_most = app.selectbox(key="film").options[1]
    assert app.selectbox(key="second_film").value == next_most and not app.exception
    assert table_of(app)["value_1"].dropna().is_monotonic_increasing
    app = visit("similar", film=next_most, similar_view="Towards another")
    assert not app.exception


def test_towards_another_film_begins_with_the_first_ones_neighbours(visit):
    app = visit("similar", data="ml-100k", film="Alien (1979)", towards="0.0", second_film="Toy Story (1995)")
    alone = table_of(app)
    app.button_group(key="similar_view").set_value("Towards another").run()
    expected = [title for title in alone["title"] if title != "Toy Story (1995)"]
    assert table_of(app)["title"].tolist()[: len(expected)] == expected
    app.slider(key="towards").set_value(0.6).run()
    table = table_of(app)
    assert table["title"].tolist() != expected
    assert not table["title"].isin(["Alien (1979)", "Toy Story (1995)"]).any()


def test_one_film_in_two_runs(visit):
    app = visit("similar", similar_view="Two runs")
    first = current(app).id
    assert app.info[-1].value.startswith("There is no other run")
    app.button(key="train_beside").click().run()
    on_its_way = link(app, "against")
    assert not app.exception and current(app).record.model == "bayes"
    assert cached.runs().record(on_its_way).model == "dot-bias"
    end = time.monotonic() + 60
    while cached.trainings().queue():
        assert time.monotonic() < end
        time.sleep(0.1)
    app.run()
    assert not app.exception and len(app.get("plotly_chart")) == 2
    assert "stand in both lists" in texts(app)
    other = cached.runs().record(link(app, "against"))
    assert other.id == on_its_way != current(app).id
    assert len(table_of(app)) >= 10
    app.query_params["run"], app.query_params["against"] = other.id, "ffffffff"
    app.run()
    assert "no other run of this data set with factors has that id" in app.warning[0].value
    assert not app.exception and current(app).id == other.id and link(app, "against") not in ("ffffffff", other.id)
    app.query_params["run"], app.query_params["against"] = first, other.id
    app.run()
    app.radio(key="measure").set_value("cautious").run()
    assert not app.exception and "it is compared by cosine" in texts(app)  # the other one cannot be cautious


def test_beside_a_run_of_another_model_the_default_is_offered(visit_dot_bias):
    app = visit_dot_bias("similar", similar_view="Two runs")
    assert app.button(key="train_beside").label == "Train bayes beside it"


def test_a_model_without_factors_shows_what_the_people_say(visit):
    visit("similar")
    bias = train(plan("bias", preset_of("bias"), "sample", "random:0.2", 0))
    app = visit("similar", run=bias)
    assert (table_of(app)["n_both"] > 0).all() and table_of(app)["similarity"].is_monotonic_decreasing
    for view in ("One film", "Two films", "Towards another", "Two runs"):
        app.button_group(key="similar_view").set_value(view).run()
        assert not app.exception
        assert app.info[-1].value.startswith("This model has no factors")
        assert len(app.get("plotly_chart")) == {"One film": 1, "Two films": 2}.get(view, 0)


def test_without_the_ratings_the_model_still_says_which_films_are_alike(visit, monkeypatch, tmp_path):
    app = visit("similar")
    run_id = link(app, "run")
    RunStore(read_environment().home).write_record(dataclasses.replace(current(app).record, fingerprint="0" * 16))
    for clear in (cached.trained_run, cached.run_split, cached.ratings_of, cached.run_co_rating):
        clear.clear()
    app = visit_again(app, "similar", run=run_id)
    assert len(table_of(app)) == 10 and "Who rated both cannot be said" in texts(app)
    assert any("So only the model says which films are alike" in info.value for info in app.info)


def test_no_seeds_are_offered_of_ratings_that_have_changed(visit):
    app = visit("similar")
    RunStore(read_environment().home).write_record(dataclasses.replace(current(app).record, fingerprint="0" * 16))
    cached.trained_run.clear()
    app.run()
    assert not app.exception and "can be trained: its data set has changed since" in texts(app)
    assert "train_seeds" not in [button.key for button in app.button]


def test_seeds_that_the_queue_has_no_room_for_are_refused(visit, monkeypatch):
    monkeypatch.setattr("collab.services.trainings.MAX_QUEUED", 3)
    monkeypatch.setattr("collab.services.jobs.LaneWorker._start", lambda worker: False)
    app = visit("similar")
    app.button(key="train_seeds").click().run()
    assert (
        not app.exception and cached.trainings().queue() == [] and "3 runs are waiting already" in app.warning[0].value
    )
    monkeypatch.setattr("collab.services.trainings.MAX_QUEUED", 4)
    app.button(key="train_seeds").click().run()
    assert not app.exception and not app.warning and len(cached.trainings().queue()) == 4


def test_a_model_that_cannot_be_planned_is_said(visit, monkeypatch):
    def refuse(*_, **__):
        raise SettingError("the preset has gone")

    app = visit("similar", similar_view="Two runs")
    monkeypatch.setattr(other_run, "plan", refuse)
    app.button(key="train_beside").click().run()
    assert not app.exception and app.warning[0].value == "Nothing is queued: the preset has gone."


def test_a_full_queue_is_said_where_a_model_is_offered(visit, monkeypatch):
    environment = read_environment()
    run = train(plan("bias", preset_of("bias"), "sample", "random:0.2", 0))
    app = visit("similar", run=run, similar_view="Two films")
    for other in RunStore(environment.home).records():
        if other.id != run:
            shutil.rmtree(environment.home / "runs" / other.id)
    monkeypatch.setattr("collab.services.trainings.MAX_QUEUED", 0)
    app.run()
    app.button(key="train_default").click().run()
    assert not app.exception and app.warning[0].value.startswith("Nothing is queued: 0 runs are waiting already")
    assert link(app, "run") == run


def visit_again(app, page, **link):
    for name, value in link.items():
        app.query_params[name] = value
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception
    return app


def test_ids_kept_apart_are_found_by_title_in_anagainst(visit):
    by_id = train(dataclasses.replace(default_plan("ml-100k"), items_by="id"))
    app = visit("similar", data="ml-100k", similar_view="Two runs", film="Alien (1979)", run=by_id)
    assert not app.exception and "neighbours in common" in texts(app) and len(app.get("plotly_chart")) == 2


def test_the_film_that_was_asked_for_elsewhere_is_the_chosen_one(visit):
    app = visit("similar", data="sample", minimum="50")
    app.session_state["_item_page_wanted"] = "Alien (1979)"  # as an arrow or a link leaves it
    app.run()
    assert not app.exception and app.selectbox(key="film").value == "Alien (1979)" and link(app, "minimum") == "50"
    assert "_item_page_wanted" not in app.session_state
    app.session_state["_item_page_wanted"], app.session_state["_page_framed"] = "Nobody rated it (2031)", True
    app.run()
    assert not app.exception and "has no training rating in this run" in " ".join(each.value for each in app.info)
