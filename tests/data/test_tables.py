"""Tables of a run: which films were trained, and which were rated most."""

import numpy as np
import pandas as pd

from collab.data.tables import item_rows, most_rated_items, trained_items


def test_trained_and_most_rated_items():
    items = pd.DataFrame({"title": list("#ABCDE"), "n_ratings": [0, 5, 0, 9, 5, 1]})
    assert list(trained_items(items)) == [1, 3, 4, 5]
    assert list(trained_items(items, 5)) == [1, 3, 4]
    assert list(most_rated_items(items, 3)) == [3, 1, 4]
    assert list(most_rated_items(items, 99)) == [3, 1, 4, 5]
    rows = item_rows(items, np.array([3, 1]), ["n_ratings"])
    assert rows.to_dict("list") == {"item_index": [3, 1], "n_ratings": [9, 5]} and rows.index.tolist() == [0, 1]
