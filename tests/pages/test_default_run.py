"""Every page on the default run of MovieLens 100K: what it says of the model is what the run's record and the model itself say.

The run is trained by `bayes`, which solves in sweeps: a page that spoke of its epochs, batches or learning rate would be wrong.
"""

import json
import re

import numpy as np
import pyarrow as pa
import pytest

from collab.data.tables import trained_items
from collab.explore.distribution import distribution
from collab.explore.similarity import Options, item_space, similar_items
from collab.lessons.chapter import ROWS
from collab.models import CHAPTER_MODEL, DEFAULT_MODEL, DEFAULT_PRESET, MODELS, PRESET_TITLES, preset_of
from collab.models.baselines import biases_only, global_mean
from collab.models.settings import parse
from collab.training.calibration import calibration
from collab.training.metrics import errors
from collab.ui.charts import formats
from collab.ui.frame import cached
from collab.ui.learn import distance, feedback
from collab.ui.learn.steps import STEPS
from tests.pages.in_the_picks import picked
from tests.pages.on_the_page import link, metrics, table_with, texts
from tests.pages.seen import in_markdown
from tests.pages.test_frame import PAGES

DATA = "ml-100k"
LACKING = re.compile(
    r"learning[ -]rate|batch|momentum|one-cycle|weight decay|sigmoid|epoch|gradient|dropout|steps were|third of the rate",
    re.IGNORECASE,
)
NOT_SAID = {"id", "spec", "form_id", "url", "data", "js", "css", "icon", "element_id", "page_script_hash"}


def strings(message):
    """All texts in a message of Streamlit's that a person may read or hear."""
    for field, value in message.ListFields():
        if field.name in NOT_SAID:
            continue
        if field.name == "columns" and isinstance(value, str):  # of a table, by names that are not shown
            yield from (
                each[text] for each in json.loads(value or "{}").values() for text in ("label", "help") if text in each
            )
            continue
        for each in [value] if isinstance(value, str) or hasattr(value, "ListFields") else _listed(value):
            if isinstance(each, str):
                yield each
            elif hasattr(each, "ListFields"):
                yield from strings(each)


def _listed(value):
    return list(value) if hasattr(value, "__iter__") and not isinstance(value, bytes) else []


def texts_of(block):
    """All texts in a part of the page, one after the other, of what is folded or in a popover too."""
    for child in block.children.values():
        if hasattr(child, "children"):
            yield from strings(child.proto) if child.proto is not None else ()
            yield from texts_of(child)
        elif type(child.proto).__name__ != "BidiComponent":
            yield from strings(child.proto)


def said(app):
    return "\n".join(texts_of(app.main))


def lacking(text):
    """The words for what the model of the run does not have; names of settings in `code` do not count."""
    return LACKING.findall(re.sub(r"`[^`]*`", "", text))


def alts(app):
    return [each.proto.alt for kind in ("vega_lite_chart", "plotly_chart") for each in app.get(kind)]


def spec_of(app, kind="plotly_chart", place=0):
    return json.loads(app.get(kind)[place].proto.spec)


class Truth:
    """The run, loaded from its folder, and its errors worked out anew on the rows that it held out."""

    def __init__(self, app):
        run_id = app.query_params["run"]
        self.run = cached.trained_run(run_id if isinstance(run_id, str) else run_id[-1])
        self.record, self.model, self.items, self.users = (
            self.run.record,
            self.run.model,
            self.run.items,
            self.run.users,
        )
        self.train, self.valid = cached.ratings_of(self.run.id)
        self.errors = errors(self.model.predict(self.valid.user_index, self.valid.item_index), self.valid.rating)
        users, items = biases_only(self.train)
        expected = global_mean(self.train) + users[self.valid.user_index] + items[self.valid.item_index]
        self.biases = errors(expected, self.valid.rating)
        self.mean = errors(np.full(len(self.valid), global_mean(self.train)), self.valid.rating)


@pytest.fixture
def default_run(visit):
    """A function that opens a page on the default run, as a first visitor comes; returns the page and what is true of the run."""

    def open_page(page, **link):
        app = visit(page, DATA, **link)
        return app, Truth(app)

    return open_page


@pytest.mark.parametrize("page", PAGES)
def test_every_page_names_the_run_with_its_error_and_nothing_that_it_lacks(default_run, page):
    app, true = default_run(page)
    settings = preset_of(DEFAULT_MODEL, DEFAULT_PRESET)
    assert (true.record.model, true.record.preset, true.model.settings) == ("bayes", "fast", settings)
    assert not app.error and not app.warning and app.title[0].value and link(app, "data") == DATA
    assert "ynthetic" not in texts(app)
    (named,) = app.selectbox(key="_pick_run").options
    assert named == f"{true.record.name} · MSE {formats.loss(true.errors.mse)}"
    assert true.record.name.startswith(f"bayes · {true.model.item_factors.shape[1]} factors · {settings.epochs} sweeps")
    caption = app.sidebar.caption[-1].value
    assert f"Held-out MSE **{formats.loss(true.errors.mse)}**, biases only {formats.loss(true.biases.mse)}." in caption
    assert (
        f"{len(true.train):,} ratings to train, {len(true.valid):,} held out (random:0.2, split seed 0)"
        in in_markdown(caption).text
    )
    if page != "learn":  # it speaks of the chapter's model too, and says so
        assert not lacking(said(app))
    for mse in re.findall(r"[Hh]eld-out MSE \**(\d\.\d{4})", said(app)):
        assert mse == formats.loss(true.errors.mse)


def test_what_is_looked_for_would_be_found(visit_dot_bias):
    """A run that has them speaks of epochs, batches and rates."""
    text = said(visit_dot_bias("train", DATA, model="dot-bias"))
    found = {each.lower() for each in lacking(text)}
    assert {"learning rate", "batch", "momentum", "weight decay", "epoch", "sigmoid"} <= found


def test_overview(default_run):
    app, true = default_run("overview")
    shown = metrics(app)
    for label, error in (("Held-out MSE", true.errors), ("Biases only", true.biases), ("Global mean", true.mean)):
        assert shown[label] == formats.loss(error.mse)
    below = (true.biases.mse - true.errors.mse) / true.biases.mse
    assert (
        f"The squared error of {formats.loss(true.errors.mse)} is **{below:.1%} below what biases alone reach**"
        in said(app)
    )
    assert f"is off by **{true.errors.mae:.2f} stars** on average" in said(app)
    assert f"Trained in {formats.duration(true.record.seconds)}." in said(app)
    assert any(alt.startswith(f"Loss of {true.record.name}") and "by sweep" in alt for alt in alts(app))
    assert curves(app)["valid"] == pytest.approx(cached.runs().progress(true.run.id).history.valid_loss.tolist())


def curves(app):
    """The losses of the first chart, by the name of the curve; its axis counts sweeps, and both baselines stand there."""
    layers = spec_of(app, "vega_lite_chart")["layer"]
    assert {layer["encoding"]["x"]["title"] for layer in layers if "data" not in layer} == {"sweep"}
    named = {layer["encoding"]["text"]["value"] for layer in layers if "data" in layer and "text" in layer["encoding"]}
    assert {name.rpartition(" ")[0] for name in named} == {"global mean", "biases only"}
    rows = pa.ipc.open_stream(app.get("vega_lite_chart")[0].proto.data.data).read_all().to_pylist()
    lines = {kind: [row["loss"] for row in rows if row["kind"] == kind] for kind in {row["kind"] for row in rows}}
    assert set(lines) == {"train", "valid"}
    return lines


def test_train(default_run):
    app, true = default_run("train")
    n_sweeps = true.model.settings.epochs
    assert app.selectbox(key="model").value == DEFAULT_MODEL and app.session_state["preset"] == DEFAULT_PRESET
    assert MODELS[DEFAULT_MODEL].about in said(app) and app.slider(key="set_n_factors").value == 8
    assert f"Finished after {formats.duration(true.record.seconds)} · {formats.plain(true.record.name)}" in said(app)
    for name, label in (("mse", "MSE (stars²)"), ("rmse", "RMSE (stars)"), ("mae", "MAE (stars)")):
        assert metrics(app)[label] == formats.loss(getattr(true.errors, name))
    lines, history = curves(app), table_with(app, "valid_loss")
    assert len(lines["valid"]) == len(lines["train"]) == len(history) == n_sweeps == true.record.epochs_done
    assert lines["valid"][-1] == pytest.approx(true.errors.mse, abs=1e-6)
    # what the training loss is of a model that solves: its error on the training ratings after the last sweep, before the cut
    trained = errors(true.model.predict(true.train.user_index, true.train.item_index), true.train.rating)
    assert lines["train"][-1] == pytest.approx(trained.mse, abs=2e-3)
    assert f"Loss over {n_sweeps} sweeps: train {formats.loss(lines['train'][-1])}, valid" in " ".join(alts(app))
    layers = table_with(app, "layer", "parameters")
    weights = true.model.weights()
    assert layers.set_index("layer")["parameters"].to_dict() == {
        name.replace("_", " "): table.size for name, table in weights.items()
    }
    (told,) = (
        text.value.split("`")[1] for text in app.caption if "Settings, as the command line takes them" in text.value
    )
    given = dict(part.split("=") for part in told.split(" "))
    kind = type(true.model.settings)
    assert kind(**{name: parse(kind, name, text) for name, text in given.items()}) == true.model.settings


def test_train_says_whether_the_intervals_hold(default_run):
    app, true = default_run("train")
    mean, variance = true.model.predict_with_variance(true.valid.user_index, true.valid.item_index)
    found = calibration(mean, variance, true.valid.rating, true.train.rating, true.valid.rating_scale)
    assert f"Those that promise 80 % hold **{100 * found.within_80:.1f}\u00a0%** of the held-out ratings" in said(app)
    assert "it is as sure as it may be" in said(app) and abs(found.within_80 - 0.8) < 0.02
    assert f"log loss {formats.loss(found.log_loss)} against {formats.loss(found.histogram_log_loss)}" in said(app)


def test_runs(default_run):
    app, true = default_run("runs")
    (row,) = table_with(app, "settings", "against").to_dict("records")
    assert (row["model"], row["settings"], row["state"]) == ("bayes", "Fast", "finished")
    assert row["mse"] == pytest.approx(true.errors.mse, abs=1e-6)
    assert row["against"] == pytest.approx(true.errors.mse - true.biases.mse, abs=1e-6)
    assert f"Loss by sweep of 1 run; held out at the end: A {formats.loss(true.errors.mse)}" in alts(app)
    assert "Both have one figure for each sweep." in said(app)
    figures = next(frame for frame in app.dataframe if frame.proto.alt == "Final figures of the runs")
    assert figures.value["epochs"].tolist() == [20] and json.loads(figures.proto.columns)["epochs"]["label"] == "Sweeps"


def test_rate_and_its_intervals(default_run):
    app, true = default_run("rate")
    assert f"(held-out MSE {formats.loss(true.errors.mse)}, biases only {formats.loss(true.biases.mse)})" in said(app)
    next(each for each in app.feedback if each.key.startswith("stars-")).set_value(4).run()
    assert not app.exception and "in 8 of 10 cases from" in picked(app)[1]
    assert "the rest is what is unknown of the films" in said(app)  # which a model of points alone would not know


def test_your_taste_is_against_the_average_person_of_the_model(default_run):
    app, true = default_run("taste")
    shown = trained_items(true.items, 20)
    predicted = true.model.predict(np.zeros(len(shown), dtype=np.int64), shown)
    assert f"Predicted ratings of {len(shown)} films: mean {formats.stars(predicted.mean())}" in " ".join(alts(app))
    assert "Predictions are cut to the scale." in said(app)
    assert true.model.predict(true.valid.user_index, true.valid.item_index).max() <= true.record.scale.high


def test_map(default_run):
    app, true = default_run("map", film="Alien (1979)")
    film = true.items.index[true.items["title"] == "Alien (1979)"][0]
    near = similar_items(item_space(true.model, true.items, true.users), true.items, film, Options("cautious"), 5)
    buttons = [each for each in app.button if str(each.key).startswith("near_")]
    assert [each.key for each in buttons] == [f"near_{index}" for index in near["item_index"]]
    assert [each.label[-4:] for each in buttons] == [f"{value:.2f}" for value in near["similarity"]]
    assert (
        "cautious cosine: little known films score less" in said(app) and "doubt" in app.selectbox(key="colour").options
    )
    assert f"bias {formats.signed(true.model.item_biases[film])}" in said(app)
    assert len(app.selectbox(key="x").options) == true.model.item_factors.shape[1] == 8


def test_two_runs(default_run):
    app, _ = default_run("map", map_view="Two runs")
    assert app.button(key="train_another_seed").label == "Train the same with another seed"
    assert MODELS[DEFAULT_MODEL].by_chance  # so that this is worth a press


def test_similar(default_run):
    app, true = default_run("similar")
    first = int(true.items["n_ratings"].argmax())
    table = table_with(app, "similarity", "n_ratings", "year")
    near = similar_items(item_space(true.model, true.items, true.users), true.items, first, Options("cautious"))
    assert app.radio(key="measure").value == "cautious"
    shown = next(frame.value for frame in app.dataframe[::-1] if "similarity" in frame.value)
    assert shown["item_index"].tolist() == near["item_index"].tolist() and len(table) == 10
    assert f"bias {formats.signed(true.model.item_biases[first])}" in said(app)
    assert f"All {true.model.item_factors.shape[1]} parts as a table" in said(app)
    assert "Train 4 more seeds" in said(app)


def test_biases(default_run):
    app, true = default_run("biases")
    table = table_with(app, "bias", "deviation")
    np.testing.assert_allclose(table["bias"], true.model.item_biases[table["item_index"]], rtol=1e-6)
    deviation = np.sqrt(true.model.item_covariances[table["item_index"], -1, -1])
    np.testing.assert_allclose(table["deviation"], deviation, rtol=1e-5)
    assert "the biases of a Bayesian model are posterior means" in said(app)
    app.button_group(key="view").set_value("users").run()
    table = table_with(app, "bias", "user_id")
    own = true.model.user_biases[table["user_index"]] - true.model.user_biases[0]
    np.testing.assert_allclose(table["bias"], own, atol=1e-6)


def test_people(default_run):
    app, true = default_run("people", user="1")
    rows = true.valid.take(np.flatnonzero(true.valid.user_index == 1))
    mean, variance = true.model.predict_with_variance(rows.user_index, rows.item_index)
    n_inside = int((np.abs(rows.rating - mean) <= 1.2815515655 * np.sqrt(variance)).sum())
    assert f"The 80 % intervals hold {n_inside} of {len(rows)}; {0.8 * len(rows):.0f} would be as promised." in said(
        app
    )
    ends = table_with(app, "low", "high")[["low", "high"]]
    assert (ends.min().min(), ends.max().max()) == (
        true.record.scale.low,
        true.record.scale.high,
    )  # none beyond the scale
    told = table_with(app, "rmse", "mae")
    assert told["rmse"].iat[0] == pytest.approx(errors(mean, rows.rating).rmse)
    bias = true.model.user_biases[1] - true.model.user_biases[0]
    assert f"bias {formats.signed(bias)} against the average user" in said(app)


def test_new_film_cannot_be_answered_and_a_model_that_can_is_offered(default_run):
    app, true = default_run("similar", similar_view="As if it were new")
    assert not getattr(true.model, "has_descriptions", False)
    assert "This model has no answer of its own to genres and years" in said(app)
    assert app.button(key="train_default").label == "Train a net with side information"


def test_the_chapters_tables_do_not_count_it(default_run):
    app, _ = default_run("learn", step="tables")
    assert "**8 to be trained.**" in said(app) and "21 runs, about" in said(app)
    assert "The recipe: batches of 64, five epochs" in said(app)
    for row in ROWS:
        app.selectbox(key="row").set_value(row.short).run()
        assert (
            f"Ours is `{row.model}`, preset *{PRESET_TITLES[row.preset]}*." in said(app) and row.model != DEFAULT_MODEL
        )


# --- Learn -----------------------------------------------------------------------------------------------------------------


def test_doors_to_train_name_their_model_and_another_one_than_the_default_is_in_the_link():
    for step in STEPS:
        if step.door.page == "pages/train.py":
            assert step.door.link["model"] in MODELS, step.slug
    models = {step.slug: step.door.link.get("model") for step in STEPS}
    assert models["look-up"] == models["weight-decay"] == CHAPTER_MODEL and models["uncertainty"] == DEFAULT_MODEL


@pytest.mark.parametrize("slug", [step.slug for step in STEPS])
def test_a_step_names_the_run_in_use_rightly_or_not_at_all(default_run, slug, monkeypatch):
    """A step that says “the run in use” and what it is means this run; and none gives it a range, which it does not have."""
    monkeypatch.setattr(feedback, "N_WORLDS", 1)  # the simulation is long, and not of this run
    app, true = default_run("learn", step=slug)
    for name in re.findall(r"[Tt]he run in use, (\w+ ·[^,]*),", said(app)):
        assert name == formats.plain(true.record.name)
    assert not app.warning and not app.error and "before the range" not in json.dumps([said(app), *alts(app)])


def test_the_filled_matrix_is_the_models(default_run):
    app, true = default_run("learn", step="matrix", matrix_filled="true", matrix_users="5", matrix_films="5")
    figure = spec_of(app)
    users = [int(label) for label in figure["layout"]["yaxis"]["ticktext"]]
    blanks = figure["data"][0]["text"]
    films = np.argsort(-np.bincount(true.train.item_index, minlength=true.train.n_items), kind="stable")[:5]
    for row, user in enumerate(users):
        for column, film in enumerate(films):
            if blanks[row][column]:
                predicted = true.model.predict(np.array([user]), np.array([film]))[0]
                assert blanks[row][column] == formats.stars(predicted)
    assert any(map(any, blanks))


def test_a_score_is_a_plain_sum_of_the_models_tables(default_run):
    app, true = default_run("learn", step="biases")
    figure = spec_of(app)
    assert figure["layout"]["yaxis"]["title"]["text"] == "stars"
    user = int(re.search(r"User (\d+):", said(app)).group(1))
    film = true.items.index[true.items["label"] == app.selectbox(key="film").value][0]
    taste = float(true.model.user_factors[user] @ true.model.item_factors[film])
    total = true.model.user_biases[user] + true.model.item_biases[film] + taste
    (told,) = (alt for alt in alts(app) if "is made of" in alt)
    assert sum(map(float, re.findall(r"[+-]\d\.\d\d", told))) == pytest.approx(total, abs=0.025)
    assert told.endswith(f"taste {taste:+.2f}")
    predicted = true.model.predict(np.array([user]), np.array([film]))[0]
    assert metrics(app)["Predicted"] == f"{formats.stars(predicted)} stars"


def test_the_range_is_not_the_runs(default_run):
    app, true = default_run("learn", step="range")
    assert true.model.y_range is None
    assert (
        f"{formats.plain(true.record.name)}, has no such curve: its predictions are plain sums, cut to the scale, 1 to 5"
        in said(app)
    )


def test_rare_films_are_not_shown_on_this_run(default_run):
    """Its nearest films are well known ones: there is nothing to mend, so the step asks for the chapter's model."""
    app, true = default_run("learn", step="distance", distance_view="Rare films")
    film = distance.example_film(true.run)
    assert (distance.nearest(true.run, film)["n_ratings"] >= distance.FEW).all()
    assert f"This is about the chapter’s own model, {CHAPTER_MODEL}" in said(app) and not app.get("plotly_chart")
    assert app.button(key="train_chapter_model").label == f"Train {CHAPTER_MODEL}"


def test_how_sure_the_run_is_of_biases(default_run):
    app, true = default_run("learn", step="uncertainty")
    deviation = np.sqrt(true.model.item_covariances[:, -1, -1])
    for label, value in list(metrics(app).items())[1:]:
        n = int(re.search(r"([\d,]+) ratings?$", label).group(1).replace(",", ""))
        those = np.flatnonzero(true.items["n_ratings"].to_numpy() == n)
        told = {f"{formats.signed(true.model.item_biases[film])} ± {deviation[film]:.2f}" for film in those}
        assert value in told


def test_the_chances_of_a_rating_are_read_off_the_models_own_variance(default_run):
    app, true = default_run("learn", step="distribution")
    user = int(app.selectbox(key="user").value)
    film = true.items.index[true.items["label"] == app.selectbox(key="film").value][0]
    found = distribution(true.model, user, film, true.record.scale, true.errors.mse)
    assert "as wide as the model is unsure of this user, of this film and of the rating itself" in said(app)
    assert "predicts one number" not in said(app) and "equally wide for all" not in said(app)
    assert metrics(app)["Expected"] == formats.stars(found.expected)
    bars = spec_of(app)["data"][0]
    assert bars["text"] == [f"{100 * chance:.0f} %" if chance >= 0.005 else "<1 %" for chance in found.chances]


def test_similar_users_are_trained_on_its_ratings(default_run):
    app, _ = default_run("learn", step="similar-users")
    assert "Trained here on the training ratings of the run in use." in said(app)
