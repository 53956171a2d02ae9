"""What one step changes, for each way to hold the users."""

import numpy as np
import pytest

from collab.lessons.parameters import KINDS, N_FACTORS, N_ITEMS, N_USERS, one_step


def test_plain_tensor_stays_as_it_was():
    step = one_step("plain tensor")
    assert step.parameters == (("films.weight", (N_ITEMS, N_FACTORS)),)
    assert not step.changed.any()


@pytest.mark.parametrize(
    ("kind", "name"), [("own parameter", "users"), ("nn.Embedding", "users.weight")], ids=["own", "layer"]
)
def test_parameters_are_stepped_in_the_rows_of_the_batch(kind, name):
    step = one_step(kind)
    assert step.parameters == ((name, (N_USERS, N_FACTORS)), ("films.weight", (N_ITEMS, N_FACTORS)))
    assert np.flatnonzero(step.changed).tolist() == [1, 3, 4]


def test_embedding_and_own_parameter_step_alike():
    one, other = (one_step(kind) for kind in ("own parameter", "nn.Embedding"))
    assert np.array_equal(one.after, other.after)


def test_all_kinds_start_alike():
    starts = [one_step(kind).before for kind in KINDS]
    assert all(np.array_equal(starts[0], each) for each in starts)
