"""The figures of a curve by hand, and the recipe by the size of the tables."""

from collab.lessons.decay_curves import DecayCurve, chapter_settings, decay_curve


def test_rise_by_hand():
    curve = DecayCurve(0.0, 64, (1.0, 0.5, 0.25), (1.0, 0.75, 1.25))
    assert curve.best_epoch == 2 and curve.rise == 0.5
    assert DecayCurve(0.1, 64, (1.0, 0.5), (1.0, 0.75)).rise == 0.0


def test_recipe():
    assert chapter_settings(944, 1665, 0.1).batch_size == 64 and chapter_settings(611, 9720, 0.1).batch_size == 256
    assert chapter_settings(944, 1665, 0.03).weight_decay == 0.03


def test_a_curve_has_every_epoch(make_ratings):
    ratings = make_ratings([(user, film, 1 + (user + film) % 5) for user in range(10) for film in range(10)])
    curve = decay_curve(ratings, ratings, 0.0)
    assert len(curve.train) == len(curve.valid) == 5 and curve.valid[-1] < curve.valid[0]
