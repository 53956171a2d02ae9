"""Splits: the rows that the documentation promises, every row once, sealed rows that change nothing but the training rows, and
files of row numbers with every mistake one can make."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from collab.data.splitting import (
    SHARE_LIMITS,
    Split,
    seal,
    sealed_share,
    split_by,
    split_by_time,
    split_last,
    split_random,
    split_rows,
    with_sealed,
)
from collab.errors import DataError, SettingError


def assert_complete(split, n_rows):
    """Every row stands in exactly one part, and both parts have rows."""
    parts = (split.train, split.valid, split.test)
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(n_rows))
    assert all(part.dtype == np.int64 for part in parts)
    assert len(split.train) > 0
    assert len(split.valid) > 0


@pytest.mark.parametrize("seed", [0, 1, 42])
def test_random_holds_out_the_first_share_of_numpys_permutation(movielens_100k, seed):
    split = split_by("random:0.2", movielens_100k, seed)
    order = np.random.default_rng(seed).permutation(100_000)
    assert np.array_equal(split.valid, order[:20_000])
    assert np.array_equal(split.train, order[20_000:])


@given(st.integers(2, 400), st.floats(*SHARE_LIMITS), st.integers(0, 2**32))
def test_a_random_split_holds_every_row_once(n_rows, share, seed):
    assume(0 < round(share * n_rows) < n_rows)
    split = split_random(n_rows, share, seed)
    assert_complete(split, n_rows)
    assert len(split.valid) == round(share * n_rows)
    again = split_random(n_rows, share, seed)
    assert np.array_equal(split.valid, again.valid)
    assert np.array_equal(split.train, again.train)


@given(st.integers(2, 200), st.data())
def test_named_rows_are_held_out_in_their_order(n_rows, data):
    rows = data.draw(st.lists(st.integers(0, n_rows - 1), unique=True, min_size=1, max_size=n_rows - 1))
    split = split_rows(n_rows, np.array(rows))
    assert_complete(split, n_rows)
    assert split.valid.tolist() == rows
    assert split.train.tolist() == [row for row in range(n_rows) if row not in rows]


@pytest.mark.parametrize("share", [0.0, 0.009, 0.91, 1.0, -0.2, 20.0, float("nan")])
def test_a_share_out_of_range_is_refused_with_the_range(share):
    with pytest.raises(SettingError, match=r"allowed is 0\.01 to 0\.9"):
        split_random(100, share, 0)


@pytest.mark.parametrize(
    "n_rows, share, words", [(10, 0.01, "nothing to check with"), (1, 0.9, "nothing to train with")]
)
def test_a_share_that_empties_one_part_is_refused(n_rows, share, words):
    with pytest.raises(SettingError, match=words):
        split_random(n_rows, share, 0)


def test_a_negative_seed_is_refused():
    with pytest.raises(SettingError, match="seed of the split is -1; allowed is a whole number from 0"):
        split_random(100, 0.2, -1)


@pytest.mark.parametrize(
    "holdout, words",
    [
        ("random:many", "'many' is not a number; write for example random:0.2"),
        ("random", "is not a number"),
        ("fold:u9", "MovieLens 100K has no fold 'u9'; its folds: u1, u2, u3, u4, u5, ua, ub"),
        ("0.2", "write random:SHARE, fold:NAME or rows:FILE"),
        ("", "write random:SHARE, fold:NAME or rows:FILE"),
        ("random:0.2+sealed:much", "'much' is not a number; write for example random:0.2+sealed:0.1"),
        ("random:0.2+sealed:", "'' is not a number"),
        ("random:0.2+sealed:0", "the sealed share is 0; allowed is 0.01 to 0.9"),
        ("random:0.2+sealed:nan", "the sealed share is nan; allowed is 0.01 to 0.9"),
        ("random:0.2+sealed:-0.1", "the sealed share is -0.1; allowed is 0.01 to 0.9"),
        ("fold:u9+sealed:0.1", "has no fold 'u9'"),
        ("+sealed:0.1", "write random:SHARE, fold:NAME or rows:FILE"),
    ],
)
def test_another_form_is_refused_and_the_right_one_named(movielens_100k, holdout, words):
    with pytest.raises(SettingError) as refusal:
        split_by(holdout, movielens_100k, 0)
    assert words in str(refusal.value)
    assert repr(holdout) in str(refusal.value) or repr(holdout.partition("+sealed:")[0]) in str(refusal.value)


def test_a_data_set_without_folds_says_so(sample):
    with pytest.raises(SettingError, match="Built-in sample has no fold 'u1'; its folds: none"):
        split_by("fold:u1", sample, 0)


def test_a_fold_holds_out_its_test_rows(movielens_100k):
    split = split_by("fold:u1", movielens_100k, 0)
    assert_complete(split, 100_000)
    assert len(split.valid) == 20_000
    assert np.array_equal(split.valid, movielens_100k.folds["u1"]())
    assert np.array_equal(split_by("fold:u1", movielens_100k, 1).valid, split.valid)  # the seed has no say


def test_rows_of_a_file_are_held_out(movielens_100k, tmp_path):
    file = tmp_path / "rows.txt"
    file.write_text("99999\n0\n\n 17 \r\n5")
    split = split_by(f"rows:{file}", movielens_100k, 0)
    assert split.valid.tolist() == [99_999, 0, 17, 5]
    assert split.valid.dtype == np.int64
    assert_complete(split, 100_000)


@pytest.mark.parametrize(
    "content, words",
    [
        ("3\nfour\n", "line 2: 'four' is not a row number from 0 to 99999"),
        ("3\n\n-1\n", "line 3: '-1' is not a row number"),
        ("3\n1.0\n", "line 2: '1.0' is not a row number"),
        ("100000\n", "line 1: '100000' is not a row number"),
        ("3 4\n", "line 1: '3 4' is not a row number"),
        ("²\n", "line 1: '²' is not a row number"),
        ("3\n5\n\n3\n", "line 4: row 3 is named twice (first in line 1); name it once"),
        ("", "names no row"),
        ("\n \n", "names no row"),
        (b"\xff\xfe3", "give a text file with one row number a line"),
    ],
)
def test_a_wrong_file_of_rows_is_refused_with_its_line(movielens_100k, tmp_path, content, words):
    file = tmp_path / "rows.txt"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError) as refusal:
        split_by(f"rows:{file}", movielens_100k, 0)
    assert str(refusal.value).startswith(str(file))
    assert words in str(refusal.value)


def test_a_file_of_all_rows_is_refused(movielens_100k, tmp_path):
    file = tmp_path / "rows.txt"
    file.write_text("\n".join(map(str, range(100_000))))
    with pytest.raises(DataError, match="names every row; both parts of the split need at least one"):
        split_by(f"rows:{file}", movielens_100k, 0)


@pytest.mark.parametrize("name", ["absent.txt", "."])
def test_a_file_that_cannot_be_read_is_refused(movielens_100k, tmp_path, name):
    with pytest.raises(DataError, match="cannot be read"):
        split_by(f"rows:{tmp_path / name}", movielens_100k, 0)


def test_a_split_cannot_be_changed():
    split = Split(np.array([0]), np.array([1]))
    with pytest.raises(AttributeError):
        split.train = np.array([1])


# --- sealed rows ---------------------------------------------------------------------------------------------------------


@given(st.integers(4, 400), st.floats(*SHARE_LIMITS), st.floats(*SHARE_LIMITS), st.integers(0, 2**32), st.booleans())
def test_sealed_rows_come_out_of_the_training_rows_alone(n_rows, share, sealed, seed, drawn):
    n_valid, n_sealed = round(share * n_rows), round(sealed * n_rows)
    assume(n_valid > 0 and n_sealed > 0 and n_valid + n_sealed < n_rows)
    open_split = split_random(n_rows, share, seed)
    split = seal(open_split, sealed, seed, drawn=drawn)
    assert_complete(split, n_rows)
    assert np.array_equal(split.valid, open_split.valid)
    assert len(split.test) == n_sealed
    kept = np.isin(open_split.train, split.train)
    assert np.array_equal(split.train, open_split.train[kept])  # those that are left keep their order
    again = seal(open_split, sealed, seed, drawn=drawn)
    assert np.array_equal(split.test, again.test)


def test_random_seals_the_next_rows_of_the_permutation(movielens_100k):
    split = split_by("random:0.2+sealed:0.1", movielens_100k, 3)
    order = np.random.default_rng(3).permutation(100_000)
    assert np.array_equal(split.valid, order[:20_000])
    assert np.array_equal(split.test, order[20_000:30_000])
    assert np.array_equal(split.train, order[30_000:])


@pytest.mark.parametrize("form", ["random:0.2", "fold:u1", "rows"])
def test_every_form_can_seal_rows_and_holds_out_the_same(movielens_100k, tmp_path, form):
    if form == "rows":
        (tmp_path / "a+b.txt").write_text("99999\n0\n17\n")
        form = f"rows:{tmp_path / 'a+b.txt'}"
    plain, split, other = (
        split_by(holdout, movielens_100k, seed)
        for holdout, seed in ((form, 5), (f"{form}+sealed:0.1", 5), (f"{form}+sealed:0.1", 6))
    )
    assert_complete(split, 100_000)
    assert np.array_equal(split.valid, plain.valid) and len(plain.test) == 0
    assert len(split.test) == 10_000 and set(split.test) <= set(plain.train)
    assert set(split.test) != set(other.test)


@pytest.mark.parametrize(
    "n_rows, sealed, words",
    [(10, 0.01, "seal a larger share"), (10, 0.8, "hold out or seal a smaller share")],
)
def test_a_sealed_share_that_takes_nothing_or_all_is_refused(n_rows, sealed, words):
    with pytest.raises(SettingError, match=words):
        seal(split_random(n_rows, 0.2, 0), sealed, 0, drawn=True)


def test_sealed_share_of_a_holdout():
    assert sealed_share("fold:u1") == ("fold:u1", 0.0)
    assert sealed_share("random:0.2+sealed:0.05") == ("random:0.2", 0.05)
    assert with_sealed("random:0.2", 0.1) == with_sealed("random:0.2+sealed:0.3", 0.1) == "random:0.2+sealed:0.1"


TIMES = st.lists(st.tuples(st.integers(1, 5), st.integers(0, 9)), min_size=2, max_size=60)


@given(TIMES, st.floats(*SHARE_LIMITS))
def test_by_time_no_training_row_is_newer_than_a_held_out_one(rows, share):
    time = np.array([time for _, time in rows])
    assume(0 < round(share * len(time)) < len(time))
    split = split_by_time(time, share)
    assert_complete(split, len(time))
    assert len(split.valid) == round(share * len(time)) and time[split.train].max() <= time[split.valid].min()


def test_of_rows_at_the_same_time_the_last_are_held_out():
    split = split_by_time(np.array([5, 7, 5, 7, 5]), 0.6)
    assert split.train.tolist() == [0, 2] and split.valid.tolist() == [4, 1, 3]
    split = split_last(np.array([1, 1, 2, 1, 2]), np.array([3, 9, 4, 3, 4]), 1)
    assert split.valid.tolist() == [1, 4] and split.train.tolist() == [0, 2, 3]


@given(TIMES, st.data())
def test_the_last_of_every_user_are_their_newest(rows, data):
    user, time = (np.array(column) for column in zip(*rows, strict=True))
    counts = np.bincount(user)
    assume(counts.max() > 1)
    n = data.draw(st.integers(1, min(8, int(counts.max()) - 1)))
    split = split_last(user, time, n)
    assert_complete(split, len(user))
    for each in range(1, 6):
        train, valid = (time[part[user[part] == each]] for part in (split.train, split.valid))
        assert len(valid) == (n if counts[each : each + 1].sum() > n else 0)
        assert not len(valid) or train.max() <= valid.min()


def test_last_ratings_that_nobody_has_are_refused():
    with pytest.raises(SettingError, match=r"no user has more than 3 ratings.*take fewer than 3"):
        split_last(np.array([1, 1, 1]), np.arange(3), 3)
    with pytest.raises(SettingError, match="allowed is a whole number from 1"):
        split_last(np.array([1, 1, 1]), np.arange(3), 0)


def test_a_share_by_time_out_of_range_is_refused():
    with pytest.raises(SettingError, match=r"allowed is 0\.01 to 0\.9"):
        split_by_time(np.arange(100), 0.95)
