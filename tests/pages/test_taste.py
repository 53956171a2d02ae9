"""The Your taste page: what it says is what the core computes, with every kind of model, for nobody and with a view-only link."""

import dataclasses
import shutil

import numpy as np
import pytest

from collab.data.tables import trained_items
from collab.errors import RunError
from collab.models import MODELS, preset_of
from collab.recommend.new_user import GROUPS
from collab.recommend.taste_alike import alike, liked_items
from collab.recommend.taste_profile import bias_difference, genre_table, level
from collab.services.environment import Environment, read_environment
from collab.services.plans import plan
from collab.services.runs import RunStore
from collab.ui.charts import formats
from collab.ui.frame import cached
from collab.ui.person import cached as person_cached
from collab.ui.taste import cached as taste_cached
from tests.families import without
from tests.pages.on_the_page import link, texts
from tests.training_here import train_here

DATA = ("sample", "ml-100k", "ml-latest-small")
STARS = (5.0, 1.0, 4.0, 5.0, 2.0)


def charts(app):
    return [element.proto.id.split("-")[-1] for element in app.get("plotly_chart")]


def table_with(app, *columns):
    """The table that has these columns, every fold being opened for it."""
    for name in ("place", "genre", "distribution", "alike", "liked"):
        app.session_state[f"{name}_table"] = True
    app.run()
    assert not app.exception
    return next(frame.value for frame in app.dataframe if set(columns) <= set(frame.value.columns))


def html(app):
    return next((element.proto.body for element in app.get("html") if 'class="film-list"' in element.proto.body), "")


def rate_some(app, n=5):
    """A profile with stars for the films most rated in this run; the page is opened on it. Returns stars by item_index."""
    run, store = cached.trained_run(link(app, "run")), cached.profiles()
    films = np.argsort(-run.items.n_ratings.to_numpy(), kind="stable")[:n].tolist()
    profile, rated = store.create(), dict(zip(films, STARS, strict=False))
    for film, stars in rated.items():
        store.rate(profile, run.items.title.iat[film], stars)
    app.query_params["profile"] = profile.edit_token
    app.run()
    assert not app.exception and not app.error and not app.warning
    return run, rated, profile


@pytest.mark.parametrize("data", DATA)
def test_what_the_page_says_is_what_is_computed(visit, data):
    """First for nobody, who is the average person, then for somebody with five ratings."""
    app = visit("taste", data=data)
    assert "this is the average person" in texts(app) and "profile" not in app.query_params
    assert "Rate a few films" in [element.proto.label for element in app.get("page_link")]
    assert charts(app) == ["place", "genres", "distribution"]
    assert (table_with(app, "genre").difference == 0).all()
    assert (table_with(app, "axis").place == 0).all()
    columns = table_with(app, "n_average")
    assert (columns.n == columns.n_average).all() and columns.n.sum() > 100
    assert "nobody is more similar than anybody else" in texts(app) and not html(app)
    assert ("ynthetic" in texts(app)) == (data == "sample")

    run, rated, profile = rate_some(app)
    known, films = person_cached.new_user_of(run.id), trained_items(run.items)
    kind = bias_difference(known, rated, films)
    assert f"{formats.signed(kind.value)} ± {kind.deviation:.2f} stars" in texts(app) and "5 films rated" in texts(app)
    genres = genre_table(known, rated, run.items, 20)
    assert table_with(app, "genre").equals(genres)
    moved = table_with(app, "share", "stars")
    assert moved.share.sum() == pytest.approx(100, abs=0.01) and moved.n_ratings.min() > 0
    films = table_with(app, "predicted", "average", "x")
    assert len(films) == min(1000, len(trained_items(run.items))) and films.stars.dropna().sum() == sum(rated.values())
    users = alike(known, rated, taste_cached.run_tastes(run.id), 10)
    assert table_with(app, "likeness").user_id.tolist() == run.users.user_id.iloc[users.user_index].tolist()
    train, _ = cached.ratings_of(run.id)
    liked = liked_items(train, users.user_index.to_numpy(), run.items, rated, known.predict(rated)[0].score)
    assert table_with(app, "n_liked").title.tolist() == liked.title.tolist() and html(app).count("<li>") == len(liked)
    assert f"<b>{liked.n_liked[0]} of {len(users)}</b> gave 4 or more" in html(app)
    assert charts(app) == ["place", "genres", "distribution", "alike_chart"]
    assert link(app, "profile") == profile.edit_token and not app.info[1:]


def test_controls_go_with_the_link(visit):
    app = visit("taste", among="People", alike="3", beyond="true", minimum="60")
    run, rated, _ = rate_some(app)
    assert len(table_with(app, "likeness")) == 3 and "Points are the people of the training" in texts(app)
    people = table_with(app, "marked")
    assert people.marked.sum() == 3 == people.marked.head(3).sum() and len(people) == (run.users.n_ratings > 0).sum()
    assert table_with(app, "genre").equals(
        genre_table(person_cached.new_user_of(run.id), rated, run.items, 60, beyond_level=True)
    )
    app.slider(key="alike").set_value(1).run()
    app.slider(key="minimum").set_value(200).run()
    assert not app.exception and len(table_with(app, "likeness")) == 1


def test_a_view_only_link_shows_their_taste(visit):
    app = visit("taste")
    _, _, profile = rate_some(app)
    app.query_params["profile"] = profile.view_token
    app.run()
    assert "View only" in texts(app) and "Their bias" in texts(app) and "What these users liked" in texts(app)
    assert profile.edit_token not in texts(app) and link(app, "profile") == profile.view_token
    app.button(key="start_anew").click().run()
    assert not app.exception and "this is the average person" in texts(app)


def test_a_link_of_no_use_is_said(visit):
    app = visit("taste", profile="nonsense")
    assert len(app.warning) == 1 and "this is the average person" in texts(app) and charts(app)


def test_without_the_ratings_behind_the_run_the_rest_goes_on(visit, monkeypatch):
    def gone(run_id):
        raise RunError("the data set is not at hand")

    monkeypatch.setattr(cached, "ratings_of", gone)
    app = visit("taste")
    rate_some(app)
    assert "takes the ratings that this run was trained on" in texts(app) and not html(app)
    assert len(table_with(app, "likeness")) == 10 and "n_common" not in table_with(app, "likeness")


def test_a_film_that_the_data_set_lacks_is_said(visit):
    app = visit("taste")
    _, _, profile = rate_some(app)
    cached.profiles().rate(profile, "A film of nobody (1900)", 5.0)
    app.run()
    assert not app.exception and "A film of nobody" in texts(app) and "5 films rated" in texts(app)


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    """A home with a run of each of a few models, and their ids by model."""
    environment, runs = Environment((), tmp_path_factory.mktemp("taste-models"), "sqlite://"), {}
    for model in ("dot", "mean", "bias", "neighbours", "bayes", "ordinal", "net"):
        settings = preset_of(model, "fast")
        changes = {"epochs": 2, "n_factors": 4}
        settings = dataclasses.replace(settings, **{k: v for k, v in changes.items() if hasattr(settings, k)})
        runs[model] = train_here(environment, plan(model, settings, "sample", "random:0.2", 0)).id
    return environment.home, runs


def test_every_kind_of_model(app, others):
    """The parts that a model can fill are there, and where it has no map the runs that have one are offered."""
    home, runs = others
    shutil.copytree(home, read_environment().home, dirs_exist_ok=True)
    environment = read_environment()
    items = RunStore(environment.home).load(runs["dot"]).items
    store, films = cached.profiles(), np.argsort(-items.n_ratings.to_numpy(), kind="stable")[:5].tolist()
    profile, rated = store.create(), dict(zip(films, STARS, strict=True))
    for film, stars in rated.items():
        store.rate(profile, items.title.iat[film], stars)
    for model, run_id in runs.items():
        app.query_params["data"], app.query_params["run"] = "sample", run_id
        app.query_params["profile"] = profile.edit_token
        app.switch_page("pages/taste.py").run()
        assert not app.exception and not app.error, model
        no_map = model in without("factors")
        assert ("place" in charts(app)) == (not no_map), model
        assert any((button.key or "").startswith("use_") for button in app.button) == no_map, model
        assert {"genres", "distribution"} <= set(charts(app)), model
        assert ("alike_chart" in charts(app)) == (not MODELS[model].is_baseline), model
        doubted = table_with(app, "genre").deviation.notna().all()
        assert doubted == (model in ("dot", "bias", "bayes")), model
        if not doubted:
            mean = level(person_cached.new_user_of(run_id), rated, trained_items(items)).value
            assert formats.signed(mean) in texts(app), model


def test_groups_that_were_picked_count_before_the_first_rating(visit):
    app = visit("taste")
    run, store = cached.trained_run(link(app, "run")), cached.profiles()
    profile, group = store.create(), person_cached.run_groups(link(app, "run"))[0]
    store.set_fact(profile, GROUPS, run.items.title.iat[int(group.shown[0])])
    app.query_params["profile"] = profile.edit_token
    app.run()
    assert not app.exception and "what you see follows from what was told beforehand" in texts(app)
    known = person_cached.new_user_of(run.id).with_prior(
        person_cached.new_user_with_facts(run.id, (0,), None, None, None).prior, GROUPS
    )
    expected = genre_table(known, {}, run.items)
    assert expected.difference.abs().max() > 0.01
    shown = table_with(app, "genre", "difference").set_index("genre").difference
    np.testing.assert_allclose(shown, expected.set_index("genre").difference.loc[shown.index], atol=1e-6)
