"""fit: what it reports and in which order, when it stops, and when it gives up."""

import math

import numpy as np
import pytest

from collab.data.splitting import split_random
from collab.models import build_model
from collab.models.contract import Step
from collab.models.dot import DotBiasSettings
from collab.training.fit import BatchReport, EpochReport, fit
from collab.training.metrics import errors


class Scripted:
    """A model whose steps are written down by epoch, as (summed squared error, number of ratings); it predicts a constant."""

    def __init__(self, *epochs, predicts=3.0):
        self.script, self.predicts = epochs, predicts
        self.epochs = len(epochs)
        self.log = []

    def n_steps(self, n_train):
        return len(self.script[0])

    def train_epochs(self, train):
        for steps in self.script:
            yield self._epoch(steps)

    def _epoch(self, steps):
        for squared_error, n_rows in steps:
            self.log.append("step")
            yield Step(squared_error, n_rows, 0.01, 0.9)

    def finalize(self):
        self.log.append("finalize")

    def predict(self, user_index, item_index):
        self.log.append("predict")
        return np.full(len(user_index), self.predicts, dtype=np.float32)

    def on_batch(self, report):
        self.log.append(report)

    def on_epoch(self, report):
        self.log.append(report)

    def fit(self, ratings, **how):
        return fit(self, ratings, ratings, on_batch=self.on_batch, on_epoch=self.on_epoch, **how)

    def after(self, n_steps):
        """A `should_stop` that says yes once so many steps were taken."""
        return lambda: self.log.count("step") >= n_steps


@pytest.fixture(scope="module")
def four(make_ratings):
    return make_ratings([("1", "A", 5), ("1", "B", 3), ("2", "A", 4), ("2", "B", 2)])


@pytest.fixture(scope="module")
def many(make_ratings):
    rows = np.random.default_rng(0).integers([1, 1, 1], [21, 31, 6], size=(400, 3)).tolist()
    ratings = make_ratings(rows)
    split = split_random(len(ratings), 0.2, 0)
    return ratings.take(split.train), ratings.take(split.valid)


def test_the_train_loss_is_weighted_by_length(four):
    model = Scripted([(4.0, 4), (9.0, 1)], [(2.0, 4), (1.0, 1)])
    outcome = model.fit(four)
    assert [report.train_loss for report in outcome.epochs] == [
        pytest.approx(13 / 5),
        pytest.approx(3 / 5),
    ]  # no mean of means
    batches = [entry for entry in model.log if isinstance(entry, BatchReport)]
    assert [report.train_loss for report in batches] == [1.0, 9.0, 0.5, 1.0]


def test_the_losses_of_a_model_are_means_over_its_ratings(many):
    train, valid = many
    model = build_model("dot-bias", DotBiasSettings(n_factors=4, epochs=3, batch_size=48), train.n_users, train.n_items)
    batches, epochs = [], []
    outcome = fit(model, train, valid, on_batch=batches.append, on_epoch=epochs.append)
    for epoch in epochs:
        own = [report for report in batches if epoch.epoch - 1 < report.epoch <= epoch.epoch]
        total = sum(report.train_loss * report.n_rows for report in own)
        assert epoch.train_loss == pytest.approx(total / sum(report.n_rows for report in own))
    assert outcome.valid == errors(model.predict(valid.user_index, valid.item_index), valid.rating)
    assert epochs[-1].valid_loss == outcome.valid.mse
    assert tuple(epochs) == outcome.epochs


def test_reports_come_in_order(four):
    model = Scripted([(4.0, 4), (3.0, 3)], [(2.0, 4), (1.5, 3)], predicts=3.0)
    outcome = model.fit(four)
    kinds = [entry if isinstance(entry, str) else type(entry) for entry in model.log]
    assert kinds == ["step", BatchReport, "step", BatchReport, "finalize", "predict", EpochReport] * 2
    batches = [entry for entry in model.log if isinstance(entry, BatchReport)]
    assert [(report.step, report.n_steps) for report in batches] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert [report.epoch for report in batches] == [0.5, 1.0, 1.5, 2.0]
    assert {(report.learning_rate, report.momentum) for report in batches} == {(0.01, 0.9)}
    assert [report.seconds for report in batches] == sorted(report.seconds for report in batches)
    assert [report.epoch for report in outcome.epochs] == [1, 2]
    assert [report.valid_loss for report in outcome.epochs] == [1.5, 1.5]  # 2, 0, 1 and −1 off
    assert outcome.state == "finished"
    assert outcome.valid.mse == 1.5
    assert outcome.valid.n_ratings == 4


def test_the_schedule_of_the_reports_rises_and_falls(many):
    train, valid = many
    settings = DotBiasSettings(n_factors=4, epochs=4, batch_size=16)
    batches = []
    fit(build_model("dot-bias", settings, train.n_users, train.n_items), train, valid, on_batch=batches.append)
    rates, momenta = (np.array([getattr(report, name) for report in batches]) for name in ("learning_rate", "momentum"))
    top = len(batches) // 4
    assert len(batches) == 4 * (len(train) // 16)
    assert np.argmax(rates) == np.argmin(momenta) == top
    assert rates[0] == pytest.approx(settings.learning_rate / 25)
    assert (np.diff(rates[: top + 1]) > 0).all()
    assert (np.diff(rates[top:]) < 0).all()


@pytest.mark.parametrize("n_steps, n_reports", [(1, 0), (2, 0), (3, 1), (5, 1), (6, 2), (8, 2)])
def test_stops_before_the_next_step(four, n_steps, n_reports):
    model = Scripted(*([(4.0, 4)] * 3,) * 3)
    outcome = model.fit(four, should_stop=model.after(n_steps))
    assert outcome.state == "stopped"
    assert model.log.count("step") == n_steps
    assert len(outcome.epochs) == n_reports  # half an epoch is no row of the table
    assert outcome.valid.mse == 1.5  # but what was learned is checked
    assert model.log.count("finalize") == model.log.count("predict") == n_reports + (n_steps % 3 > 0)


def test_told_to_stop_after_the_last_step_it_has_finished(four):
    model = Scripted(*([(4.0, 4)] * 3,) * 2)
    outcome = model.fit(four, should_stop=model.after(6))
    assert outcome.state == "finished"
    assert len(outcome.epochs) == 2


@pytest.mark.parametrize("loss", [math.nan, math.inf, 1e9])
def test_a_hopeless_loss_ends_the_training_at_once(four, loss):
    model = Scripted([(4.0, 4), (4.0, 4)], [(loss, 4), (4.0, 4)])
    outcome = model.fit(four)
    assert outcome.state == "diverged"
    assert model.log.count("step") == 3
    assert len(outcome.epochs) == 1
    assert outcome.valid is None


@pytest.mark.parametrize("predicts", [math.nan, math.inf])
def test_a_model_that_predicts_nothing_finite_has_diverged(four, predicts):
    model = Scripted([(4.0, 4)], [(4.0, 4)], predicts=predicts)
    outcome = model.fit(four)
    assert outcome.state == "diverged"
    assert len(outcome.epochs) == 1
    assert outcome.valid is None


@pytest.mark.parametrize(
    "settings",
    [
        DotBiasSettings(n_factors=50, epochs=20, learning_rate=1.0, weight_decay=0.0, batch_size=8, y_range=None),
        DotBiasSettings(
            n_factors=200, epochs=20, learning_rate=0.5, weight_decay=0.0, batch_size=8, y_range=None, use_biases=False
        ),
    ],
)
def test_a_huge_rate_without_a_range_diverges(many, settings):
    train, valid = many
    outcome = fit(build_model("dot-bias", settings, train.n_users, train.n_items), train, valid)
    assert outcome.state == "diverged"
    assert outcome.valid is None


def test_ratings_that_are_nearly_all_alike_are_no_divergence(make_ratings):
    """Without a range a model starts at 0, which is far away in units of their variance."""
    ratings = make_ratings([(user, film, 5) for user in range(1, 9) for film in range(1, 9)])
    settings = DotBiasSettings(
        n_factors=2, epochs=100, learning_rate=0.05, weight_decay=0.0, batch_size=8, y_range=None
    )
    outcome = fit(build_model("dot-bias", settings, 9, 9), ratings, ratings)
    assert outcome.state == "finished"
    assert outcome.valid.mse < 0.1


def test_training_lowers_the_loss(many):
    train, valid = many
    settings = DotBiasSettings(n_factors=4, epochs=20, batch_size=8, weight_decay=0.0)
    outcome = fit(build_model("dot-bias", settings, train.n_users, train.n_items), train, valid)
    losses = [report.train_loss for report in outcome.epochs]
    assert losses[-1] < 0.7 * losses[0]


def test_nothing_has_to_be_reported(many):
    train, valid = many
    settings = DotBiasSettings(n_factors=2, epochs=2)
    silent = fit(build_model("dot-bias", settings, train.n_users, train.n_items), train, valid)
    watched = fit(
        build_model("dot-bias", settings, train.n_users, train.n_items),
        train,
        valid,
        on_batch=lambda report: None,
        on_epoch=lambda report: None,
    )
    assert silent.valid == watched.valid
