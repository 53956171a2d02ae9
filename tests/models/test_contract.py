"""What every model keeps, whatever its family and settings: it learns a checkerboard, repeats itself, stops, comes back."""

import dataclasses
import json

import numpy as np
import pytest

from collab.data.ratings import Ratings, RatingScale, Vocabulary
from collab.data.splitting import split_random
from collab.errors import SettingError
from collab.models import MODELS, build_model, weight_shapes
from collab.models.contract import FoldsIn
from collab.training.fit import fit

N_SIDE = 40
COLUMNS = ("user_index", "item_index", "rating", "time")
# what a family's settings can be besides its presets; a setting that a family does not have is left out
VARIANTS = ({}, {"y_range": None}, {"use_biases": False}, {"y_range": None, "use_biases": False})


def every_case():
    """(model, settings) of all families, presets and variants, without doubles."""
    cases = {}
    for name, family in MODELS.items():
        for preset_name, preset in family.presets.items():
            fields = {field.name for field in dataclasses.fields(preset)}
            for variant in VARIANTS:
                if variant.keys() <= fields:
                    words = [name, preset_name, *(f"{key}={value}" for key, value in variant.items())]
                    try:
                        settings = dataclasses.replace(preset, **variant)
                    except SettingError:  # a range that cannot be off
                        continue
                    cases[name, settings] = pytest.param(name, settings, id=", ".join(words))
    return list(cases.values())


every_model = pytest.mark.parametrize("name, settings", every_case())


@pytest.fixture(scope="module")
def checkerboard():
    """Training and held-out cells of a board on which even users love even films and odd users odd ones, and hate the others."""
    user, film = np.divmod(np.arange(N_SIDE * N_SIDE), N_SIDE)
    labels = Vocabulary.of(
        [str(number) for number in range(N_SIDE + 1)]
    )  # the last user and the last film rate nothing
    ratings = Ratings(
        labels,
        labels,
        user + 1,
        film + 1,
        np.where((user + film) % 2 == 0, 5.0, 1.0),
        np.arange(len(user)),
        RatingScale(1.0, 5.0, 1.0),
    )
    split = split_random(len(ratings), 0.2, seed=0)
    return ratings.take(split.train), ratings.take(split.valid)


def build(name, settings, train):
    return build_model(name, settings, train.n_users, train.n_items, train.rating_scale)


def lasting(settings, epochs, **changes):
    """The settings with so many epochs, where the model has any, and other changes."""
    if any(field.name == "epochs" for field in dataclasses.fields(settings)):
        changes["epochs"] = epochs
    return dataclasses.replace(settings, **changes)


def fresh(name, settings, train, valid, **how):
    """A model after a short training, and how it ended."""
    model = build(name, lasting(settings, 2, **how), train)
    return model, fit(model, train, valid)


def everything(model, train):
    """Predictions of every user for every film, `#na#` among them."""
    return model.predict(np.arange(train.n_users)[:, None], np.arange(train.n_items))


def as_bytes(model):
    return {name: table.tobytes() for name, table in model.weights().items()}


@pytest.fixture(scope="module")
def trained_long(checkerboard):
    """A function that gives a model after a long training on the board, and how it ended; each is trained once."""
    train, valid = checkerboard
    known = {}

    def teach(name, settings):
        if (name, settings) not in known:
            small = {"batch_size": min(settings.batch_size, 128)} if hasattr(settings, "batch_size") else {}
            model = build(name, lasting(settings, 100, **small), train)  # small as the board is
            known[name, settings] = model, fit(model, train, valid)
        return known[name, settings]

    return teach


@every_model
def test_learns_the_checkerboard(name, settings, checkerboard, trained_long):
    valid = checkerboard[1]
    model, outcome = trained_long(name, settings)
    predicted = model.predict(valid.user_index, valid.item_index)
    assert outcome.state == "finished"
    if not MODELS[name].is_baseline:  # which cannot tell even films from odd ones
        assert np.abs(predicted - valid.rating).max() < 1.0  # of the four stars between love and hate


@every_model
def test_same_seed_same_bytes(name, settings, checkerboard):
    first, outcome = fresh(name, settings, *checkerboard)
    second, again = fresh(name, settings, *checkerboard)
    assert as_bytes(first) == as_bytes(second)
    assert outcome.valid == again.valid
    assert [report.train_loss for report in outcome.epochs] == [report.train_loss for report in again.epochs]


@every_model
def test_another_seed_other_weights(name, settings, checkerboard):
    first, _ = fresh(name, settings, *checkerboard, seed=1)
    second, _ = fresh(name, settings, *checkerboard, seed=2)
    same = [table == as_bytes(second)[key] for key, table in as_bytes(first).items() if not key.startswith("known_")]
    assert not any(same) if MODELS[name].by_chance else all(same)


@every_model
def test_saved_and_loaded_gives_equal_predictions(name, settings, checkerboard):
    train, _ = checkerboard
    model, _ = fresh(name, settings, *checkerboard)
    other = build(name, dataclasses.replace(settings, seed=7), train)
    other.load(model.weights())
    assert as_bytes(other) == as_bytes(model)
    assert np.array_equal(everything(other, train), everything(model, train))


@every_model
def test_saved_weights_do_not_change_with_the_model(name, settings, checkerboard):
    train, valid = checkerboard
    model = build(name, lasting(settings, 1), train)
    saved = model.weights()
    copies = {key: table.copy() for key, table in saved.items()}
    fit(model, train, valid)
    assert all(np.array_equal(table, copies[key]) for key, table in saved.items())
    for table in saved.values():
        assert table.dtype == np.float32
        assert table.flags.c_contiguous


@every_model
def test_predictions_are_finite_stars_inside_the_range(name, settings, checkerboard):
    train, _ = checkerboard
    model, _ = fresh(name, settings, *checkerboard)
    predicted = everything(model, train)
    assert predicted.dtype == np.float32
    assert predicted.shape == (train.n_users, train.n_items)
    assert np.isfinite(predicted).all()
    low, high = model.y_range or (-np.inf, np.inf)
    if model.item_covariances is not None:  # a model that has no sigmoid by its nature cuts to the scale
        low, high = train.rating_scale.low, train.rating_scale.high
    assert low <= predicted.min()
    assert predicted.max() <= high
    assert np.array_equal(model.predict(np.array([3, 4]), np.array([5, 6])), predicted[[3, 4], [5, 6]])
    assert model.predict(np.array([], dtype=int), np.array([], dtype=int)).shape == (0,)


@every_model
def test_those_without_a_rating_get_one_answer(name, settings, checkerboard):
    """The unknown user and the one who rated nothing are the same to a model, and so are the unknown film and the unrated one."""
    train, _ = checkerboard
    model, _ = fresh(name, settings, *checkerboard)
    predicted = everything(model, train)
    assert np.array_equal(predicted[0], predicted[-1])
    assert np.array_equal(predicted[:, 0], predicted[:, -1])
    assert predicted[1:-1, 1:-1].min() <= predicted[0, 0] <= predicted[1:-1, 1:-1].max()


@every_model
def test_stopping_keeps_what_was_learned(name, settings, checkerboard):
    train, valid = checkerboard
    model, wanted = (build(name, settings, train) for _ in range(2))
    n_steps = model.n_steps(len(train))
    n_taken = max(1, n_steps - 1) if n_steps > 1 else 1
    reports = []
    outcome = fit(model, train, valid, on_batch=reports.append, should_stop=lambda: len(reports) == n_taken)
    steps = next(wanted.train_epochs(train))
    for _ in range(n_taken):
        next(steps)
    wanted.finalize()
    assert outcome.state == ("stopped" if n_taken < n_steps * model.epochs else "finished")
    assert as_bytes(model) == as_bytes(wanted)
    assert as_bytes(model) != as_bytes(build(name, settings, train))
    assert np.isfinite(everything(model, train)).all()


@every_model
def test_training_does_not_change_the_data(name, settings, checkerboard):
    before = [[getattr(part, column).tobytes() for column in COLUMNS] for part in checkerboard]
    fresh(name, settings, *checkerboard)
    assert [[getattr(part, column).tobytes() for column in COLUMNS] for part in checkerboard] == before


@every_model
def test_predicting_does_not_change_the_model(name, settings, checkerboard):
    model, _ = fresh(name, settings, *checkerboard)
    before = as_bytes(model)
    everything(model, checkerboard[0])
    assert as_bytes(model) == before


@every_model
def test_layers_name_every_parameter(name, settings, checkerboard):
    model = build(name, settings, checkerboard[0])
    assert sum(layer.n_parameters for layer in model.layers()) == sum(
        table.size for key, table in model.weights().items() if not key.startswith("known_")
    )
    assert all(layer.name and layer.kind for layer in model.layers())
    json.dumps([list(layer.shape) for layer in model.layers()])


@every_model
def test_the_shapes_of_its_weights_follow_from_its_settings(name, settings, checkerboard):
    """A file of weights is held against them before a model is built."""
    train, valid = checkerboard
    model, _ = fresh(name, settings, train, valid)
    found = {key: table.shape for key, table in model.weights().items()}
    assert weight_shapes(name, model.settings, train.n_users, train.n_items, train.rating_scale, found) == found


@every_model
def test_factors_and_biases_have_a_row_for_everybody(name, settings, checkerboard):
    train, _ = checkerboard
    model, _ = fresh(name, settings, *checkerboard)
    assert model.name == name
    assert model.epochs == getattr(lasting(settings, 2), "epochs", 1)
    by_factors = not isinstance(model, FoldsIn)
    if by_factors:
        assert model.user_factors.shape == (train.n_users, model.item_factors.shape[1])
    if model.has_factors or by_factors:
        assert model.item_factors.shape[0] == train.n_items
        assert bool(model.item_factors.shape[1]) == model.has_factors
    if model.has_biases or by_factors:
        assert model.user_biases.shape == (train.n_users,)
        assert model.item_biases.shape == (train.n_items,)
    if by_factors and not model.has_biases:
        assert not model.user_biases.any()
        assert not model.item_biases.any()


@every_model
def test_few_ratings_are_enough_to_train_on(name, settings, checkerboard):
    train, valid = (part.take(np.arange(3)) for part in checkerboard)
    model, outcome = fresh(name, settings, train, valid)
    assert outcome.state == "finished"
    assert np.isfinite(everything(model, train)).all()


@every_model
@pytest.mark.parametrize("n_ratings", [3, 1000])
def test_an_epoch_has_as_many_steps_as_announced(name, settings, checkerboard, n_ratings):
    train = checkerboard[0].take(np.arange(n_ratings))
    model = build(name, lasting(settings, 2), train)
    assert [len(list(steps)) for steps in model.train_epochs(train)] == [model.n_steps(n_ratings)] * model.epochs


@every_model
def test_covariances_are_those_of_the_films(name, settings, checkerboard):
    train, _ = checkerboard
    model, _ = fresh(name, settings, *checkerboard)
    if model.item_covariances is not None:
        width = model.item_factors.shape[1] + 1
        assert model.item_covariances.shape == (train.n_items, width, width)
        assert np.array_equal(model.item_covariances, model.item_covariances.transpose(0, 2, 1))
        assert np.linalg.eigvalsh(model.item_covariances.astype(np.float64)).min() > 0


@every_model
def test_without_a_sigmoid_a_prediction_is_the_plain_sum(name, settings, checkerboard):
    """What the pages and the cold start build on: p·q + b_u + b_i is all there is, any global mean included."""
    train, _ = checkerboard
    model, _ = fresh(name, settings, *checkerboard)
    if model.y_range is None and not isinstance(model, FoldsIn):
        total = model.user_factors @ model.item_factors.T + model.user_biases[:, None] + model.item_biases
        if model.item_covariances is not None:
            total = np.clip(total, train.rating_scale.low, train.rating_scale.high)
        np.testing.assert_allclose(everything(model, train), total, atol=1e-5)


@every_model
def test_a_model_that_folds_in_by_itself_answers_for_a_newcomer(name, settings, checkerboard, trained_long):
    train, _ = checkerboard
    if not isinstance(build(name, settings, train), FoldsIn):
        return
    model, _ = trained_long(name, settings)
    before = as_bytes(model)
    films, stars = np.array([2, 5, 4, 7, 6, 9]), np.array([5.0, 1.0, 5.0, 1.0, 5.0, 1.0])
    found, average = model.fold_in_user(films, stars, 0.8), model.fold_in_user(films[:0], stars[:0], 0.8)
    for rating, variance, _ in (found, average):
        assert rating.shape == variance.shape == (train.n_items,)
        assert np.isfinite(rating).all() and np.isfinite(variance).all() and (variance >= 0).all()
    again = model.fold_in_user(films[::-1], stars[::-1], 0.8)
    assert np.array_equal(again.rating, found.rating) and np.array_equal(again.variance, found.variance)
    assert found.variance.mean() <= average.variance.mean()
    assert as_bytes(model) == before
    if not MODELS[name].is_baseline:  # which cannot tell even films from odd ones
        assert found.rating[10:40:2].mean() > found.rating[11:40:2].mean() + 1  # even films are loved
