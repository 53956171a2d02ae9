"""One place to register a thing: a metric, a data set and a family of models, each made here as one entry and then used."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from collab.data.catalogue import CATALOGUE, Entry
from collab.data.dataset import Dataset
from collab.data.ratings import RatingScale
from collab.models import MODELS, preset_of
from collab.services.environment import read_environment
from collab.services.plans import default_plan, plan
from collab.training.metrics import METRICS, Metric
from tests.pages.on_the_page import link, metrics, table_with, texts, wait
from tests.pages.seen import in_markdown
from tests.training_here import train_here

CLOSE = Metric("close", "Within half a star", "", "Share.", lambda difference: np.mean(np.abs(difference) <= 0.5), True)
JOKES = RatingScale(-10.0, 10.0, 5.0)
N_USERS, N_JOKES = 60, 40


def read_jokes(archive):
    """A local file without times, users, years, genres and checksums."""
    lines = archive.read("jokes.csv").decode().splitlines()[1:]
    rows = pd.DataFrame([line.split(",") for line in lines], columns=["user_id", "item_id", "rating"]).astype("str")
    items = pd.DataFrame({"item_id": [str(number) for number in range(1, N_JOKES + 1)]})
    items = items.assign(title="Joke " + items["item_id"], year=pd.array([pd.NA] * N_JOKES, "Int64"), genres="")
    return Dataset("jokes", "Jokes", rows.assign(rating=rows["rating"].astype("float32")), items, None, JOKES)


@pytest.fixture
def jokes(monkeypatch, tmp_path):
    """The catalogue's entry, and its file in a folder of COLLAB_DATA."""
    draw = np.random.default_rng(0)
    taste, kind = draw.normal(size=N_USERS), draw.normal(size=N_JOKES)
    folder = tmp_path / "given" / "jokes"
    folder.mkdir(parents=True)
    lines = ["user,joke,rating"]
    for user, joke in np.argwhere(draw.random((N_USERS, N_JOKES)) < 0.5):
        liked = np.clip(np.round(taste[user] * kind[joke] + draw.normal(0, 0.5)), -2, 2) * 5
        lines.append(f"{user + 1},{joke + 1},{liked:g}")
    (folder / "jokes.csv").write_text("\n".join(lines) + "\n")
    monkeypatch.setenv("COLLAB_DATA", str(folder.parent))
    entry = Entry("jokes", "Jokes", "forty of them", read_jokes, "jokes.csv")
    monkeypatch.setitem(CATALOGUE, entry.name, entry)
    return entry


def test_a_metric_is_one_entry(app, monkeypatch):
    """In the record, on Train, in the comparison, and by its direction."""
    monkeypatch.setitem(METRICS, CLOSE.name, CLOSE)
    settings = dataclasses.replace(preset_of("bayes"), epochs=3)
    first, second = (
        train_here(read_environment(), plan("bayes", each, "sample", "random:0.2", 0))
        for each in (settings, dataclasses.replace(settings, n_factors=3))
    )
    assert 0 < first.valid["close"] < 1 and first.baselines["biases_only"]["close"] > 0
    app.query_params["data"], app.query_params["run"] = "sample", first.id
    app.switch_page("pages/train.py").run()
    assert not app.exception and metrics(app)["Within half a star"] == f"{first.valid['close']:.4f}"
    app.query_params["pick"] = f"{first.id},{second.id}"
    app.switch_page("pages/runs.py").run()
    figures = table_with(app, "close", "mse")
    assert not app.exception and set(figures["close"]) == {first.valid["close"], second.valid["close"]}


def test_a_data_set_is_one_entry(app, jokes):
    """Also one that lies in a local file, without a download, terms, checksums, times, years, genres or facts about its users."""
    run_id = train_here(read_environment(), default_plan("jokes")).id
    app.query_params["data"] = "jokes"
    app.switch_page("pages/data.py").run()
    assert not app.exception and not app.error and metrics(app)["Users"] == f"{N_USERS}"
    assert "First rating" not in metrics(app)
    parts = next(group for group in app.button_group if group.key == "data_part")
    for part in parts.options:
        if part != "over time":
            app.session_state["data_part"] = part
            app.run()
            assert not app.exception and not app.error, part
    assert "over time" not in parts.options and "jokes" in texts(app).lower()
    assert link(app, "run") == run_id
    for page in (
        "overview",
        "rate",
        "taste",
        "together",
        "map",
        "similar",
        "biases",
        "people",
        "train",
        "runs",
        "learn",
    ):
        app.query_params["data"], app.query_params["run"] = "jokes", run_id
        app.switch_page(f"pages/{page}.py").run()
        assert not app.exception and not app.error, page


def test_a_data_set_that_nobody_can_fetch_says_where_to_put_it(app, jokes, monkeypatch):
    monkeypatch.delenv("COLLAB_DATA")
    app.query_params["data"] = "jokes"
    app.switch_page("pages/data.py").run()
    wait(app, lambda: "Training the model" not in texts(app), 120)
    assert not app.exception and "Jokes was not found; the built-in sample stands in" in texts(app)
    assert (
        "put jokes.zip, or a folder jokes with jokes.csv"
        in in_markdown(app.button(key="_fetch_again").help).text.lower()
    )


def test_a_family_is_one_entry(app, monkeypatch):
    """Offered, explained and trained; its presets and its time come from the entry."""
    again = dataclasses.replace(MODELS["bias"], name="bias-again", title="Biases once more", about="As Biases only.")
    monkeypatch.setitem(MODELS, again.name, again)
    record = train_here(read_environment(), plan(again.name, preset_of(again.name), "sample", "random:0.2", 0))
    app.query_params["data"], app.query_params["run"] = "sample", record.id
    app.switch_page("pages/train.py").run()
    assert not app.exception and again.title in app.selectbox(key="model").options
    app.selectbox(key="model").set_value(again.name).run()
    assert not app.exception and again.about in [caption.value for caption in app.caption]
    for page in ("rate", "biases", "runs"):
        app.query_params["data"], app.query_params["run"] = "sample", record.id
        app.switch_page(f"pages/{page}.py").run()
        assert not app.exception and not app.error, page
