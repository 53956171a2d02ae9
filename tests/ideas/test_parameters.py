"""What one step changes, by hand; and both ways to hold the parameters learn the same."""

import numpy as np
import pytest

from collab.ideas.parameters import KINDS, N_FACTORS, N_FILMS, N_USERS, both_curves, one_step


def test_plain_tensor_stays_as_it_was():
    step = one_step("plain tensor")
    assert step.parameters == (("films.weight", (N_FILMS, N_FACTORS)),)
    assert not step.changed.any()


@pytest.mark.parametrize(
    ("kind", "name"), [("own parameter", "users"), ("nn.Embedding", "users.weight")], ids=["own", "layer"]
)
def test_parameters_are_stepped_in_the_rows_of_the_batch(kind, name):
    step = one_step(kind)
    assert step.parameters == ((name, (N_USERS, N_FACTORS)), ("films.weight", (N_FILMS, N_FACTORS)))
    assert np.flatnonzero(step.changed).tolist() == [1, 3, 4]


def test_embedding_and_own_parameter_step_alike():
    one, other = (one_step(kind) for kind in ("own parameter", "nn.Embedding"))
    assert np.array_equal(one.after, other.after)


def test_all_kinds_start_alike():
    starts = [one_step(kind).before for kind in KINDS]
    assert all(np.array_equal(starts[0], each) for each in starts)


def test_both_curves(make_ratings):
    rows = [(user, film, 1 + (user + film) % 5) for user in range(30) for film in range(12)]
    curves = both_curves(make_ratings(rows), make_ratings(rows), 0)
    assert {name: len(curve) for name, curve in curves.items()} == {"dot-bias": 5, "dot-bias-plain": 5}
    assert curves["dot-bias"] == pytest.approx(curves["dot-bias-plain"], abs=0.05)
