"""What the end of a training writes down about how sure the model is."""

from types import SimpleNamespace

import pytest

from collab.services import training_job
from collab.services.training_job import measure_certainty


@pytest.fixture
def ratings(make_ratings):
    return make_ratings([(user, film, 1 + (user * film) % 5) for user in range(1, 9) for film in range(1, 9)])


def test_certainty_is_measured_on_all_held_out_rows_however_many_go_at_once(ratings, monkeypatch):
    sizes = []

    def predict_with_variance(user_index, item_index):
        sizes.append(len(user_index))
        return 2 + user_index / 8 + item_index / 9, 0.5 + item_index / 20

    model = SimpleNamespace(predict_with_variance=predict_with_variance)
    at_once = measure_certainty(model, ratings, ratings)
    assert sizes == [64]
    monkeypatch.setattr(training_job, "PREDICTED_AT_ONCE", 10)
    assert measure_certainty(model, ratings, ratings) == at_once
    assert sum(sizes) == 128 and max(sizes[1:]) <= 10
    assert set(at_once) == {"within_50", "within_80", "within_95", "log_loss", "histogram_log_loss"}


def test_a_model_without_variances_has_no_certainty(ratings):
    assert measure_certainty(SimpleNamespace(), ratings, ratings) == {}
