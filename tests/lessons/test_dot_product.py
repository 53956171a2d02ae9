"""The chapter's dot products, to the last digit."""

from decimal import Decimal

import numpy as np
import pytest

from collab.lessons.dot_product import EXAMPLES, FIRST, SECOND, dot, factors, products, written


def test_figures_of_the_chapter():
    assert [written(dot(film, FIRST.user)) for _, film in FIRST.items] == ["2.142", "−1.611"]
    assert [written(dot(film, SECOND.user)) for _, film in SECOND.items] == ["2.142", "0.011"]
    assert products(FIRST.items[0][1], FIRST.user) == factors("0.882", "0.72", "0.54")


@pytest.mark.parametrize("telling", EXAMPLES)
def test_equals_numpy(telling):
    assert len(telling.names) == len(telling.user) == 3
    for _, film in telling.items:
        expected = np.dot(np.array(film, dtype=float), np.array(telling.user, dtype=float))
        assert float(dot(film, telling.user)) == pytest.approx(expected, abs=1e-12)


def test_numbers_as_they_are_written():
    assert [written(Decimal(text)) for text in ("0.7200", "-1.60", "10", "0.00", "-0.0")] == [
        "0.72",
        "−1.6",
        "10",
        "0",
        "0",
    ]
    assert written(Decimal("0.54"), signed=True) == "+0.54" and written(Decimal("-0.54"), signed=True) == "−0.54"
