"""A run that is asked: pairs, frames, items and somebody new, with the answers of the command line."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from collab.__main__ import main
from collab.errors import DataError, RunError
from collab.models import MODELS
from collab.services.notebook import fit, load, split
from collab.services.training_job import digest

HOLDOUT = "random:0.2"
MINE = {"Alien (1979)": 5, "aliens (1986)": 4.5, "Toy Story (1995)": 1}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLLAB_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def rows(home):
    return split(load("sample"), HOLDOUT)


@pytest.fixture(scope="module")
def run(rows):
    """Kept in the home, so that the command line knows it too."""
    found = fit(rows, "bayes")
    found.save()
    return found


@pytest.fixture
def command(home, capsys):
    def ask(*words):
        assert main([*words, "--json"]) == 0
        return json.loads(capsys.readouterr().out.splitlines()[-1])

    return ask


@pytest.fixture
def by_id(run, rows):
    """The item_id of a title."""
    return dict(zip(rows.data.items.title, rows.data.items.item_id, strict=True)).get


def without_data(run):
    """The same run where the data set is another one."""
    record = dataclasses.replace(run.record, fingerprint="0" * 16)
    return dataclasses.replace(run, trained=dataclasses.replace(run.trained, record=record))


# --- predictions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_predictions_are_those_that_were_measured(rows, model):
    quick = {"epochs": 1} if "epochs" in {each.name for each in dataclasses.fields(MODELS[model].settings_type)} else {}
    run, valid = fit(rows, model, **quick), rows.valid
    predicted = run.predict(valid.user_id, valid.item_id)
    assert predicted.dtype == np.float32 and predicted.shape == (len(valid),)
    assert digest(predicted) == run.record.prediction_digest
    assert np.array_equal(run.predict(valid.user_id, valid.title), predicted)
    measured = run.evaluate(valid)
    assert measured.to_dict() == run.evaluate().to_dict() == run.record.valid
    assert len(run.recommend({"Alien (1979)": 5}, n=4)) == 4


def test_neighbours_where_somebody_has_rated_two_ids_of_a_title(home, movielens_folders):
    """The run holds one rating of such a pair, and so fewer than it was trained on."""
    rows = split(load("ml-100k"), "random:0.9")
    run = fit(rows, "neighbours")
    pairs = rows.train.drop_duplicates(["user_id", "title"])
    assert run.model.weights()["left_over"].shape == (3, len(pairs)) and len(pairs) < len(rows.train)
    assert run.evaluate(rows.valid.head(500)).n_ratings == 500


def test_a_prediction_by_hand(rows):
    """Biases only: the mean, plus how kind the user is, plus how good the film is."""
    run = fit(rows, "bias")
    user, film = run.users.index[run.users.user_id == "7"][0], run.item_index("Alien (1979)")
    mean = rows.train.rating.mean()
    assert run.predict(None, None) == pytest.approx([mean], abs=1e-5)
    alone = [run.predict("7", None)[0] - mean, run.predict(None, "Alien (1979)")[0] - mean]
    assert alone == pytest.approx([run.model.user_biases[user] - mean, run.model.item_biases[film]], abs=1e-5)
    assert run.predict(7, "alien (1979)") == pytest.approx([mean + sum(alone)], abs=1e-5)


def test_one_for_many_and_as_many_of_both(run, by_id):
    users, films = ["1", "2", None], ["Alien (1979)", int(by_id("Toy Story (1995)")), None]
    table = [[run.predict(user, film)[0] for film in films] for user in users]
    assert run.predict(users, films) == pytest.approx(np.diag(table), abs=1e-6)
    assert run.predict(users, films[0]) == pytest.approx([each[0] for each in table], abs=1e-6)
    assert run.predict(np.array(["2"]), pd.Series(films)) == pytest.approx(table[1], abs=1e-6)
    assert run.predict([], []).shape == run.predict([], "Alien (1979)").shape == (0,)
    with pytest.raises(DataError, match="3 users and 2 items"):
        run.predict(users, films[:2])


def test_errors_by_hand(run):
    frame = pd.DataFrame({"user_id": [1, 2], "title": ["Alien (1979)", "Toy Story (1995)"], "rating": [4, 1]})
    off = run.predict(frame.user_id, frame.title) - [4, 1]
    found = run.evaluate(frame)
    assert (found.mse, found.mae) == pytest.approx((np.mean(off**2), np.abs(off).mean()))
    said = f"MSE {found.mse:.4f}, RMSE {found.mse**0.5:.4f}, MAE {found.mae:.4f} on 2 ratings"
    assert found.n_ratings == 2 and str(found) == said
    for wrong, expected in (
        (frame.drop(columns="rating"), "no column rating; it has user_id, title"),
        (frame.drop(columns=["user_id", "title"]), "no column user_id, item_id or title; it has rating"),
        (frame.assign(user_id="nobody"), "no user 'nobody'"),
        (frame.assign(title="Alien"), "did you mean"),
        (frame.assign(item_id="no such item"), "'no such item' is not a film"),
        (frame.assign(rating=[3, np.nan]), "the rating nan"),
        (frame.head(0), "no row"),
    ):
        with pytest.raises(DataError, match=expected):
            run.evaluate(wrong)


# --- similar items -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measure", "column"), [("cosine", "similarity"), ("euclidean", "distance"), ("cautious", "similarity")]
)
def test_similar_as_the_command_line_says(run, command, by_id, measure, column):
    told = command("similar", "--run", run.id, "--title", "alien (1979)", "--measure", measure, "--top", "4")
    table = run.similar("alien (1979)", 4, measure=measure)
    assert list(table) == ["title", column, "n_ratings", "genres", "year"]
    assert table[["title", column, "n_ratings"]].to_dict("records") == told["similar"]
    assert run.similar(by_id("Alien (1979)"), 4, measure=measure).equals(table)
    assert run.similar("Alien (1979)", minimum_count=100).n_ratings.min() >= 100


def test_the_command_line_asks_a_zip(run, command, tmp_path):
    file = str(tmp_path / "run.zip")
    command("export-run", "--run", run.id, "--out", file)
    asked = [command("similar", "--run", each, "--title", "Alien (1979)") for each in (run.id, file)]
    assert asked[0] == asked[1] and len(command("runs")["runs"]) == 1


def test_a_model_without_factors_names_a_run_with_them(rows, run):
    with pytest.raises(RunError, match=f"bias.*cannot say which are alike; run {run.id}"):
        fit(rows, "bias").similar("Alien (1979)")


def test_a_film_that_was_only_held_out_is_predicted_and_not_named(home, tmp_path):
    data = load("sample")
    gone = data.ratings.index[data.ratings.item_id == data.items.item_id[0]]
    (tmp_path / "rows").write_text("".join(f"{row}\n" for row in gone))
    run, title = fit(split(data, f"rows:{tmp_path / 'rows'}"), "bayes", epochs=2), data.items.title[0]
    assert run.predict("1", title) == pytest.approx(run.predict("1", None)) and np.isfinite(run.evaluate().mse)
    for ask in (run.similar, run.item_index, lambda film: run.recommend({film: 4})):
        with pytest.raises(DataError, match="is not a film that run"):
            ask(title)


def test_ids_that_are_kept_apart(rows, by_id):
    run = fit(rows, "bias", items_by="id")
    item_id = by_id("Alien (1979)")
    assert run.items.label[run.item_index("Alien (1979)")] == item_id and run.item_index(item_id) == run.item_index(
        int(item_id)
    )
    assert run.evaluate(rows.valid).values == run.evaluate().values
    assert without_data(run).predict(1, item_id) == run.predict(1, "Alien (1979)")


# --- somebody new --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["watch", "rating", "long-shot"])
def test_recommended_as_the_command_line_says(run, command, by_id, tmp_path, order):
    file = tmp_path / "mine.csv"
    file.write_text("title,rating\n" + "".join(f"{title},{stars}\n" for title, stars in MINE.items()))
    told = command("recommend", "--run", run.id, "--ratings", str(file), "--order", order, "--top", "6")
    table = run.recommend(MINE, 6, order=order)
    columns = ["title", "predicted", "uncertainty", "low", "high", "score"]
    assert list(table) == [*columns, "n_ratings", "genres", "year"]
    assert table[columns].to_dict("records") == [{name: each[name] for name in columns} for each in told["recommended"]]
    titles = ["Alien (1979)", "Aliens (1986)", "Toy Story (1995)"]
    frame = pd.DataFrame({"title": titles, "rating": list(MINE.values())})
    ids = pd.DataFrame({"item_id": [by_id(title) for title in titles], "rating": list(MINE.values())})
    mapping = {int(by_id(title)): np.float32(stars) for title, stars in zip(titles, MINE.values(), strict=True)}
    for ratings in (str(file), file, frame, ids, mapping):
        assert run.recommend(ratings, 6, order=order).equals(table)


def test_what_nobody_can_mean_is_refused(run):
    for ratings, expected in (
        ({"Alien": 5}, "did you mean Alien"),
        ({"Alien (1979)": 9}, r"Alien \(1979\) is rated 9; write a number from"),
        ({"Alien (1979)": "five"}, "is rated five"),
        (pd.DataFrame({"title": ["Alien (1979)"]}), "no column rating"),
        ("no such file.csv", "cannot be read"),
    ):
        with pytest.raises(DataError, match=expected):
            run.recommend(ratings)


def test_titles_of_a_file_that_the_run_lacks_are_named(run, tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("title,rating\nAlien (1979),5\nNo Such Film (1900),3\n")
    with pytest.warns(UserWarning, match=r"left out: No Such Film \(1900\)"):
        found = run.recommend(file)
    assert found.equals(run.recommend({"Alien (1979)": 5}))


def test_what_was_not_seen_stays_and_nothing_said_is_the_average_person(run):
    picked = run.recommend({"Alien (1979)": 5}, 1).title[0]
    assert picked in run.recommend({"Alien (1979)": 5, picked: None}, 20).title.tolist()
    assert picked not in run.recommend({"Alien (1979)": 5, picked: 4}, 20).title.tolist()
    everybody = run.recommend({}, 10, order="rating")
    assert len(everybody) == 10 and everybody.score.is_monotonic_decreasing


def test_without_the_data_titles_are_known_and_ids_are_not(run, by_id):
    gone = without_data(run)
    with pytest.warns(UserWarning, match="ordered by rating: the data set Built-in sample is not the one"):
        found = gone.recommend(MINE)
    assert found.equals(run.recommend(MINE, order="rating")) and found.equals(gone.recommend(MINE, order="rating"))
    assert gone.similar("alien (1979)").equals(run.similar("Alien (1979)"))
    with pytest.raises(DataError, match="is not a film that run"):
        gone.predict(1, by_id("Alien (1979)"))
    with pytest.raises(RunError, match="its ratings have changed"):
        gone.evaluate()


def test_a_run_says_what_it_is(run):
    assert repr(run).startswith(f"<Run {run.id}: bayes · 8 factors") and f"MSE {run.record.valid['mse']:.4f}" in repr(
        run
    )
    assert len(run.items) == len(run.model.item_factors) and len(run.users) == len(run.model.user_factors)
    assert list(run.history) == ["epoch", "train_loss", "valid_loss", "seconds"] and len(run.history) == 20
