"""Cosine, distance and dot product by hand, and what scaling does to them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.lessons.closeness import arrow, cosine, distance, dot


def test_by_hand():
    assert distance((0.0, 0.0), (3.0, 4.0)) == 5.0
    assert dot((1.0, 2.0), (3.0, 4.0)) == 11.0
    assert cosine((3.0, 4.0), (4.0, 3.0)) == 0.96
    assert arrow(2.0, 90.0) == pytest.approx((0.0, 2.0))


@given(st.floats(0.5, 3), st.floats(0.5, 3), st.floats(0, 180))
def test_length_changes_distance_and_dot_product_but_not_cosine(length, other, degrees):
    first, second = arrow(length, 20.0), arrow(other, 20.0 + degrees)
    assert cosine(first, second) == pytest.approx(math.cos(math.radians(degrees)), abs=1e-9)
    assert dot(first, second) == pytest.approx(length * other * math.cos(math.radians(degrees)), abs=1e-9)
    law_of_cosines = length**2 + other**2 - 2 * dot(first, second)
    assert distance(first, second) ** 2 == pytest.approx(law_of_cosines, abs=1e-9)
