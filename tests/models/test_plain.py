"""The dot product by hand: step by step the same as the fast one, from the same start."""

import numpy as np
import pytest
import torch

from collab.data.dataset import encode
from collab.data.splitting import split_by
from collab.models.dot import DotBiasSettings, DotProductBias
from collab.models.plain import DotBiasPlainSettings, DotProductBiasPlain
from collab.training.fit import fit

HOW = {"n_factors": 4, "epochs": 3, "learning_rate": 0.05, "weight_decay": 0.2, "batch_size": 16, "seed": 3}


def test_every_step_is_that_of_the_packed_model(make_ratings):
    generator = np.random.default_rng(1)
    ratings = make_ratings(generator.integers([1, 1, 1], [13, 31, 6], size=(70, 3)).tolist())
    sizes = ratings.n_users, ratings.n_items
    fast, plain = (
        DotProductBias(DotBiasSettings(**HOW), *sizes),
        DotProductBiasPlain(DotBiasPlainSettings(**HOW), *sizes),
    )
    plain.load(fast.weights())
    for model in (fast, plain):
        model.generator.manual_seed(9)  # drew differently for its start
    epochs = [[list(steps) for steps in model.train_epochs(ratings)] for model in (fast, plain)]
    for ours, theirs in zip(*epochs, strict=True):
        for one, other in zip(ours, theirs, strict=True):
            assert one.squared_error == pytest.approx(other.squared_error, rel=1e-4)
            assert (one.n_rows, one.learning_rate, one.momentum) == (other.n_rows, other.learning_rate, other.momentum)
    for model in (fast, plain):
        model.finalize()
    for name, table in fast.weights().items():
        np.testing.assert_allclose(plain.weights()[name], table, atol=1e-4)


def test_starts_normal():
    model = DotProductBiasPlain(DotBiasPlainSettings(), 500, 400)
    for table in model.parameters.values():
        assert isinstance(table, torch.nn.Parameter) and table.requires_grad
    factors = model.user_factors
    assert abs(factors.mean()) < 3e-4 and factors.std() == pytest.approx(0.01, rel=0.02)
    assert np.abs(factors).max() > 0.03  # not cut at two deviations, unlike `dot-bias`


def test_the_same_curve_within_noise_on_movielens(movielens_100k):
    ratings, split = encode(movielens_100k), split_by("random:0.2", movielens_100k, 0)
    train, valid = ratings.take(split.train), ratings.take(split.valid)
    fast = fit(DotProductBias(DotBiasSettings(batch_size=256), train.n_users, train.n_items), train, valid)
    plain = fit(DotProductBiasPlain(DotBiasPlainSettings(batch_size=256), train.n_users, train.n_items), train, valid)
    for one, other in zip(fast.epochs, plain.epochs, strict=True):
        assert one.valid_loss == pytest.approx(other.valid_loss, abs=0.015)
    assert fast.valid.mse == pytest.approx(plain.valid.mse, abs=0.01)
