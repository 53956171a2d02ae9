"""The Data page: every part on every data set, its figures worked out anew, and what it says where something is not at hand."""

import json

import numpy as np
import pytest

from collab.data.catalogue import CATALOGUE
from collab.errors import DataError, RunError, SettingError
from collab.models import preset_of
from collab.services.environment import read_environment
from collab.services.plans import plan
from collab.services.run_rows import load_encoded
from collab.ui.data import cached as data_cached
from collab.ui.data import split as split_view
from collab.ui.frame import cached
from tests.pages.on_the_page import figure, metrics, table_with, texts
from tests.training_here import train_here

DATA = ("sample", "ml-100k", "ml-latest-small")
PARTS = {  # the picture of each, and columns of its tables
    "long tail": ("tail", "held"),
    "over time": ("over_time", "n_new"),
    "stars": ("stars", "stars"),
    "crosstab": ("matrix_chart", "title"),
    "split": ("held_out", "fact", "start"),
    "doubled titles": ("tail",),
    "source and terms": ("tail",),
}


def show(app, part):
    app.button_group(key="data_part").set_value(part).run()
    assert not app.exception and not app.error
    return app


@pytest.fixture
def visit_run(visit):
    """`visit`, on a run of biases with any holdout that is trained first."""

    def open_page(holdout, data="sample", items_by="title", **link):
        planned = plan("bias", preset_of("bias"), data, holdout, 0, items_by=items_by)
        run = train_here(read_environment(), planned)
        return visit("data", data, run=run.id, **link)

    return open_page


@pytest.mark.parametrize("data", DATA)
def test_every_part_with_its_picture_and_its_table(visit, data):
    app = visit("data", data)
    _, ratings = load_encoded(data, read_environment())
    counts = np.bincount(ratings.item_index, minlength=ratings.n_items)[1:]
    assert metrics(app)["Ratings"] == f"{len(ratings):,}" and metrics(app)["Users"] == f"{ratings.n_users - 1:,}"
    assert f"{(counts < 20).sum():,} of {len(counts):,} films" in texts(app)
    for part, (picture, *columns) in PARTS.items():
        show(app, part)
        charts = [each.proto for each in app.get("plotly_chart")]
        assert all(len(chart.alt) > 30 for chart in charts)
        assert any(picture in chart.id for chart in charts)
        assert all(len(table_with(app, column)) for column in columns)
        for chart in charts:
            assert ("synthetic ratings" in chart.spec) == (data == "sample")
        if part == "over time":
            assert table_with(app, "n_new")["n_ratings"].sum() == len(ratings)
        elif part == "long tail":
            assert table_with(app, "held")["n_ratings"].tolist() == sorted(counts.tolist(), reverse=True)
        elif part == "stars":
            assert table_with(app, "stars")["n_0"].sum() == len(ratings)
        elif part == "doubled titles":
            assert ("nothing is doubled" in texts(app)) == (data == "sample")
        elif part == "source and terms":
            assert ("invented" in texts(app)) == (data == "sample")
            assert ("**Checked.**" in texts(app) and CATALOGUE[data].origin.readme in texts(app)) == (data != "sample")


def test_what_is_known_of_movielens_100k(visit):
    """Figures that others have published or that were counted by other means."""
    app = visit("data", "ml-100k", data_part="doubled titles")
    assert metrics(app) | {"Ratings": "100,000", "Users": "943", "Films": "1,664", "Density": "6.4 %"} == metrics(app)
    assert (metrics(app)["First rating"], metrics(app)["Last rating"]) == ("20 Sep 1997", "22 Apr 1998")
    assert metrics(app)["Top 10 % hold"] == "43 %"
    assert "**18 titles**" in texts(app) and "1,682 ids" in texts(app)
    assert "**307 times**" in texts(app) and "In 46 of these cases" in texts(app)
    amy = table_with(app, "item_id").query("title == 'Chasing Amy (1997)'")
    assert amy["n_ratings"].tolist() == [255, 124] and amy["item_id"].tolist() == ["268", "246"]


def test_long_tail_and_its_minimum(visit):
    app = visit("data", minimum="50")
    _, ratings = load_encoded("sample", read_environment())
    counts = np.bincount(ratings.item_index)[1:]
    enough, few = figure(app, "tail")["data"]
    assert f"{(counts < 50).sum()} films below 50" in json.dumps(figure(app, "tail")["layout"])
    assert enough["name"] == "enough" and few["name"] == "too few"
    app.toggle(key="only_few").set_value(True).run()
    assert (table_with(app, "held")["n_ratings"] < 50).all() and len(table_with(app, "held")) == (counts < 50).sum()
    app.button_group(key="tail_of").set_value("users").run()
    assert not app.exception and table_with(app, "held")["title"].str.startswith("User ").all()


def test_everything_comes_from_the_link(visit):
    app = visit("data", data_part="over time", period="month", tail_of="users", minimum="100")
    assert app.button_group(key="period").value == "month" and app.button_group(key="tail_of").value == "users"
    assert len(table_with(app, "n_new")) == 13 and app.slider(key="minimum").value == 100


def test_a_part_that_there_is_not_gives_way_to_the_first(visit):
    assert visit("data", data_part="nothing").button_group(key="data_part").value == "long tail"


def test_stars_of_a_user_and_of_a_film(visit):
    app = visit("data", "ml-100k", data_part="stars", user="405", film="Alien (1979)")
    _, ratings = load_encoded("ml-100k", read_environment())
    everybody, user, film = figure(app, "stars")["data"]
    assert everybody["name"] == "All ratings · mean 3.5" and user["name"].startswith("User 405 · mean 1.8")
    assert film["name"].startswith("Alien (1979) · 291 ratings · mean 4.0")
    own = ratings.rating[ratings.user_index == 405]
    assert table_with(app, "stars")["n_1"].tolist() == [int((own == level).sum()) for level in range(1, 6)]
    app.selectbox(key="user").set_value(None).run()
    assert not app.exception and len(figure(app, "stars")["data"]) == 2


def test_crosstab_of_the_busiest(visit):
    app = visit("data", data_part="crosstab", matrix_users="6", matrix_films="7")
    _, ratings = load_encoded("sample", read_environment())
    busiest = np.argsort(-np.bincount(ratings.user_index), kind="stable")[:6]
    found = table_with(app, "title").drop(columns=["item_index", "to_page"])
    assert found.shape == (7, 2 + 6) and found.columns[2] == f"user {ratings.users.labels[busiest[0]]}"
    assert found["n_ratings"].is_monotonic_decreasing


def test_split_of_the_run_and_by_time(visit):
    app = visit("data", "ml-100k", data_part="split")
    record = cached.runs().records()[0]
    found = table_with(app, "fact").set_index("fact")
    assert list(found) == ["random 20 %, seed 0", "last 10 of every user", "newest 20 %"]
    assert found.loc["Held-out ratings"].tolist() == ["20,000", "9,430", "20,000"]
    assert found.loc["MSE, biases only"].iat[0] == f"{record.baselines['biases_only']['mse']:.4f}"
    assert found.loc["Any future"].tolist() == ["50 %", "42 %", "0 %"] and found.loc["Own future"].iat[0] == "97 %"
    assert "**In use: random 20 %, seed 0.**" in texts(app)
    ours, _, newest = figure(app, "held_out")["data"]
    assert len(set(newest["y"]) & {0.0, 100.0}) == 2 and all(10 < share < 30 for share in ours["y"])


def test_a_fold_has_a_random_split_beside_it(visit_run):
    app = visit_run("fold:u1", "ml-100k", data_part="split")
    assert list(table_with(app, "fact"))[1:3] == ["fold u1", "random 20 %, seed 0"]
    assert "**In use: fold u1.**" in texts(app)


def test_stars_of_sealed_rows_are_nowhere(visit_run):
    app = visit_run("random:0.2+sealed:0.3", data_part="stars")
    split, ratings = cached.run_split(cached.runs().records()[0].id)
    n_open = len(ratings) - len(split.test)
    assert table_with(app, "stars")["n_0"].sum() == n_open and metrics(app)["Ratings"] == f"{len(ratings):,}"
    assert f"The {len(split.test):,} sealed ratings" in texts(app)
    show(app, "split")
    found = table_with(app, "fact").set_index("fact")
    assert found.loc["Held-out ratings"].iat[0] == f"{len(split.valid):,}"
    assert found.loc["Training ratings"].iat[0] == f"{len(split.train):,}"
    assert found.loc["MSE, biases only"].iat[0] == (f"{cached.runs().records()[0].baselines['biases_only']['mse']:.4f}")
    show(app, "over time")
    assert table_with(app, "n_new")["n_ratings"].sum() == n_open


def test_where_nobody_can_tell_which_rows_are_sealed_no_stars_are_shown(visit_run, monkeypatch):
    app = visit_run("random:0.2+sealed:0.3", data_part="long tail")
    assert table_with(app, "held")["mean_rating"].notna().any()

    def lost(*_):
        raise RunError("run 01234567 does not fit the data set; it may be damaged")

    cached.run_split.clear()
    monkeypatch.setattr(cached, "split_of", lost)
    show(app, "doubled titles")
    show(app, "long tail")
    said = "which they are cannot be told: run 01234567 does not fit"
    assert table_with(app, "held")["mean_rating"].isna().all() and said in texts(app).replace("\\", "")
    for part in ("over time", "stars", "crosstab", "split"):
        show(app, part)
        assert said in texts(app).replace("\\", "") and not len(app.dataframe) and len(app.get("plotly_chart")) == 1
    (other,) = (each for each in app.button if (each.key or "").startswith("use_"))
    other.click().run()
    assert not app.exception and said not in texts(app)


def test_ids_that_a_run_keeps_apart(visit_run):
    app = visit_run("random:0.2", "ml-100k", "id")
    assert metrics(app)["Films"] == "1,682" and len(table_with(app, "held")) == 1682
    assert "keeps them apart" in texts(show(app, "doubled titles"))


def test_without_the_runs_split_a_random_one_stands_in(visit, monkeypatch):
    app = visit("data")

    def lost(*_):
        raise RunError("the data set is not the one that this run was trained on")

    cached.run_split.clear()
    monkeypatch.setattr(cached, "split_of", lost)
    show(app, "split")
    assert "The split of this run cannot be shown" in texts(app) and "**Standing in: random 20 %" in texts(app)
    assert len(table_with(app, "fact")) == 13


def test_without_a_split_by_time_nothing_else_is_called_so(visit, monkeypatch):
    def too_few(*_):
        raise SettingError("a share of 0.2 of 2 rows leaves nothing to check with")

    monkeypatch.setattr(split_view, "split_by_time", too_few)
    app = visit("data", data_part="split")
    assert "In use: random 20 %" in texts(app) and "By time" not in texts(app) and "Left out, newest 20 %" in texts(app)
    assert list(table_with(app, "fact"))[1:] == ["random 20 %, seed 0", "last 10 of every user"]
    assert [label for label in metrics(app) if label.startswith("Biases only")] == ["Biases only, random 20 %, seed 0"]


def test_a_data_set_that_cannot_be_read_leads_to_the_sample(visit, monkeypatch):
    app = visit("data", "ml-100k")

    def damaged(name, *rest):
        if name == "ml-100k":
            raise DataError("u.data, line 7: the rating is missing")
        return load_encoded(name, *rest)

    monkeypatch.setattr(data_cached, "load_encoded", damaged)
    app.run()
    assert not app.exception and "MovieLens 100K cannot be read: u\\.data, line 7" in app.error[0].value
    app.button(key="show_sample").click().run()
    assert not app.exception and not app.error and metrics(app)["Users"] == "650"


def test_a_first_visitor_need_not_wait_for_a_model(app, monkeypatch):
    """Nothing is trained yet: the page is whole at once, with the split that the model in training will have."""
    monkeypatch.setattr("collab.services.trainings.Trainings.submit_once", _waiting)
    app.query_params["data"] = "sample"
    app.query_params["data_part"] = "split"
    app.switch_page("pages/data.py").run()
    assert not app.exception and "**In use: random 20 %, seed 0.**" in texts(app)
    assert metrics(app)["Ratings"] == "56,820"


def _waiting(jobs, record):
    """Note a run that nobody trains."""
    return jobs.store.create(record).id
