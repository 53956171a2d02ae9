"""The distribution of one rating: its source by model, its numbers by hand, and what was given without a look at sealed rows."""

from types import SimpleNamespace

import numpy as np
import pytest

from collab.data.ratings import RatingScale
from collab.data.splitting import Split
from collab.explore.distribution import (
    HELD_OUT,
    ONE_NOISE,
    OWN,
    OWN_VARIANCE,
    SEALED,
    TRAINING,
    Given,
    actual_ratings,
    distribution,
    held_out_items,
)
from collab.models import build_model, preset_of

STARS, HALVES = RatingScale(1.0, 5.0, 1.0), RatingScale(0.5, 5.0, 0.5)


def always(mean, variance=None, chances=None):
    """A model of one answer."""
    model = SimpleNamespace(predict=lambda user, item: np.full(len(user), mean))
    if variance is not None:
        model.predict_with_variance = lambda user, item: (np.full(len(user), mean), np.full(len(user), variance))
    if chances is not None:
        model.level_probabilities = lambda user, item: np.array([chances])
    return model


def test_own_chances_by_hand():
    found = distribution(always(4.0, 9.0, [0.1, 0.0, 0.1, 0.4, 0.4]), 1, 1, STARS, 9.0)
    assert found.source == OWN and found.expected == pytest.approx(0.1 + 0.3 + 1.6 + 2.0)
    assert found.deviation == pytest.approx((0.1 * 9 + 0.1 * 1 + 0.4 * 1) ** 0.5)
    assert (found.likely_low, found.likely_high) == (4.0, 5.0)


@pytest.mark.parametrize("scale", [STARS, HALVES])
def test_variance_of_the_model_or_one_for_all(scale):
    """A bell curve in the middle of the scale: chances are the same from both ends, 68.3 % within one deviation."""
    middle = (scale.low + scale.high) / 2
    own = distribution(always(middle, 0.25), 1, 1, scale, 9.0)
    noise = distribution(always(middle), 1, 1, scale, 0.25)
    assert (own.source, noise.source) == (OWN_VARIANCE, ONE_NOISE)
    assert own.chances == pytest.approx(noise.chances)
    assert own.chances == pytest.approx(own.chances[::-1]) and own.chances.sum() == pytest.approx(1)
    assert own.expected == pytest.approx(own.predicted) and len(own.chances) == len(scale.levels)
    if scale is STARS:  # 2.5 to 3.5 is one deviation to either side
        assert own.chances[2] == pytest.approx(0.6827, abs=1e-4)


def test_models_of_the_house():
    sources = {}
    for name in ("ordinal", "bayes", "dot-bias"):
        model = build_model(name, preset_of(name, "fast"), 4, 4, HALVES)
        found = distribution(model, 1, 1, HALVES, 1.0)
        sources[name] = found.source
        assert len(found.chances) == 10 and found.chances.sum() == pytest.approx(1, abs=1e-5)
    assert sources == {"ordinal": OWN, "bayes": OWN_VARIANCE, "dot-bias": ONE_NOISE}


def test_what_was_given_and_sealed_rows_stay_closed(make_ratings):
    ratings = make_ratings([(1, 11, 4), (1, 12, 5), (1, 13, 2), (1, 11, 3), (2, 11, 1)])
    split = Split(train=np.array([0, 4]), valid=np.array([3, 1]), test=np.array([2]))
    assert actual_ratings(ratings, split, 1, 1) == [Given(4.0, TRAINING), Given(3.0, HELD_OUT)]
    assert actual_ratings(ratings, split, 1, 3) == [Given(None, SEALED)]
    assert actual_ratings(ratings, split, 2, 2) == []
    assert held_out_items(ratings, split, 1).tolist() == [1, 2] and len(held_out_items(ratings, split, 2)) == 0
