"""Split: which rows train a model, which are held out to validate it, and which stay sealed until a model is chosen."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from collab.data.dataset import Dataset
from collab.errors import DataError, SettingError

SHARE_LIMITS = (0.01, 0.9)
SEALED = "+sealed:"  # separates the form of a holdout from the share of its sealed rows
NONE = np.empty(0, dtype=np.int64)
NONE.flags.writeable = False


@dataclass(frozen=True)
class Split:
    """Row numbers (int64) of the ratings, each row in exactly one part: `train` fits, `valid` is held out for model selection,
    `test` is sealed, not to be used before a model is chosen (empty if not requested)."""

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray = field(default_factory=lambda: NONE)


def with_sealed(holdout: str, share: float) -> str:
    """`holdout` with a sealed share; an existing one is replaced."""
    return f"{holdout.rpartition(SEALED)[0] or holdout}{SEALED}{share:g}"


def sealed_share(holdout: str) -> tuple[str, float]:
    """A holdout's form without its sealed part, and the share of sealed rows, 0.0 where there are none.

    Raises SettingError for a share that is not a number or out of range.
    """
    form, sign, text = holdout.rpartition(SEALED)
    if not sign:
        return holdout, 0.0
    try:
        share = float(text)
    except ValueError:
        raise SettingError(
            f"holdout {holdout!r}: {text!r} is not a number; write for example random:0.2{SEALED}0.1"
        ) from None
    if not SHARE_LIMITS[0] <= share <= SHARE_LIMITS[1]:
        raise SettingError(
            f"holdout {holdout!r}: the sealed share is {share:g}; allowed is {SHARE_LIMITS[0]:g} to {SHARE_LIMITS[1]:g}"
        )
    return form, share


def seal(split: Split, share: float, seed: int, *, drawn: bool) -> Split:
    """Move `share` of all rows from the training rows to `test`; the held-out rows do not change.

    Where the training rows are already in random order (`drawn`), the first of them are sealed; otherwise the first of
    `numpy.random.default_rng(seed).permutation` of the training rows are, and the others keep their order.
    """
    n_sealed = round(share * (len(split.train) + len(split.valid)))
    if n_sealed == 0 or n_sealed >= len(split.train):
        raise SettingError(
            f"a sealed share of {share:g} takes {n_sealed} of the {len(split.train)} rows that are not held out; "
            f"{'seal' if n_sealed == 0 else 'hold out or seal'} a {'larger' if n_sealed == 0 else 'smaller'} share"
        )
    if drawn:
        return Split(split.train[n_sealed:], split.valid, split.train[:n_sealed])
    if seed < 0:
        raise SettingError(f"the seed of the split is {seed}; allowed is a whole number from 0")
    order = np.random.default_rng(seed).permutation(len(split.train))
    return Split(split.train[np.sort(order[n_sealed:])], split.valid, split.train[order[:n_sealed]])


def split_random(n_rows: int, share: float, seed: int) -> Split:
    """Hold out the first `share` of `numpy.random.default_rng(seed).permutation(n_rows)`."""
    n_valid = _n_valid(n_rows, share)
    if seed < 0:
        raise SettingError(f"the seed of the split is {seed}; allowed is a whole number from 0")
    order = np.random.default_rng(seed).permutation(n_rows)
    return Split(train=order[n_valid:], valid=order[:n_valid])


def _n_valid(n_rows: int, share: float) -> int:
    """How many rows a `share` holds out. Raises SettingError for a share out of range, or one that leaves a part empty."""
    if not SHARE_LIMITS[0] <= share <= SHARE_LIMITS[1]:
        raise SettingError(f"the share held out is {share:g}; allowed is {SHARE_LIMITS[0]:g} to {SHARE_LIMITS[1]:g}")
    n_valid = round(share * n_rows)
    if n_valid == 0 or n_valid == n_rows:
        raise SettingError(
            f"a share of {share:g} of {n_rows} rows leaves nothing to {'check' if n_valid == 0 else 'train'} with"
        )
    return n_valid


def split_by_time(time: np.ndarray, share: float) -> Split:
    """Hold out the newest `share` of the rows; `time` is (n_rows,), and of rows with equal times the last count as newest.

    Both parts are ordered by time. Raises SettingError for a share out of range, or one that leaves a part empty.
    """
    n_rows = len(time)
    n_valid = _n_valid(n_rows, share)
    order = np.argsort(time, kind="stable")
    return Split(train=order[: n_rows - n_valid], valid=order[n_rows - n_valid :])


def split_last(user_index: np.ndarray, time: np.ndarray, n: int) -> Split:
    """Hold out the newest `n` ratings of every user with more than `n`; all rows of the other users train.

    Both arrays are (n_rows,); of rows with equal times the last count as newest. Both parts are in file order. Raises
    SettingError for `n` below 1, or where no user has more than `n`.
    """
    if n < 1:
        raise SettingError(f"the last {n} ratings of every user are to be held out; allowed is a whole number from 1")
    order = np.lexsort((time, user_index))
    n_of_user = np.bincount(user_index)
    ends = np.cumsum(n_of_user)
    from_end = ends[user_index[order]] - np.arange(len(order))  # 1 for each user's newest
    held_out = np.zeros(len(order), dtype=bool)
    held_out[order] = (from_end <= n) & (n_of_user[user_index[order]] > n)
    if not held_out.any():
        raise SettingError(f"no user has more than {n} ratings, so none can be held out; take fewer than {n} of each")
    return Split(train=np.flatnonzero(~held_out), valid=np.flatnonzero(held_out))


def split_rows(n_rows: int, valid_rows: np.ndarray) -> Split:
    """Hold out exactly `valid_rows`; the other rows train, in file order."""
    held_out = np.zeros(n_rows, dtype=bool)
    held_out[valid_rows] = True
    return Split(train=np.flatnonzero(~held_out), valid=np.asarray(valid_rows, dtype=np.int64))


def split_by(holdout: str, dataset: Dataset, seed: int) -> Split:
    """The split that `holdout` names.

    "random:0.2" holds out a share (`split_random`), "fold:u1" the test rows of an official fold, "rows:FILE" the
    0-based row numbers in a file, one per line. Each may end in "+sealed:0.1": that share of all rows is then moved from
    the training rows to the sealed ones (`seal`). Raises SettingError for another form, DataError for a bad file.
    """
    form, share = sealed_share(holdout)
    split = _split_by_form(form, dataset, seed)
    return seal(split, share, seed, drawn=form.startswith("random:")) if share else split


def _split_by_form(holdout: str, dataset: Dataset, seed: int) -> Split:
    kind, _, value = holdout.partition(":")
    n_rows = len(dataset.ratings)
    if kind == "random":
        try:
            share = float(value)
        except ValueError:
            raise SettingError(
                f"holdout {holdout!r}: {value!r} is not a number; write for example random:0.2"
            ) from None
        return split_random(n_rows, share, seed)
    if kind == "fold":
        if value not in dataset.folds:
            known = ", ".join(sorted(dataset.folds)) or "none"
            raise SettingError(f"holdout {holdout!r}: {dataset.title} has no fold {value!r}; its folds: {known}")
        return split_rows(n_rows, dataset.folds[value]())
    if kind == "rows":
        return split_rows(n_rows, _read_rows(Path(value), n_rows))
    raise SettingError(
        f"holdout {holdout!r} is unknown; write random:SHARE, fold:NAME or rows:FILE, with {SEALED}SHARE to seal rows"
    )


def _read_rows(file: Path, n_rows: int) -> np.ndarray:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as reason:
        raise DataError(f"{file}: cannot be read ({reason}); give a text file with one row number a line") from reason
    rows: dict[int, int] = {}
    for number, text in enumerate(map(str.strip, lines), 1):
        if not text:
            continue
        if not text.isascii() or not text.isdigit() or int(text) >= n_rows:
            raise DataError(f"{file}, line {number}: {text!r} is not a row number from 0 to {n_rows - 1}")
        if int(text) in rows:
            raise DataError(
                f"{file}, line {number}: row {text} is named twice (first in line {rows[int(text)]}); name it once"
            )
        rows[int(text)] = number
    if not rows or len(rows) == n_rows:
        raise DataError(
            f"{file}: names {'no row' if not rows else 'every row'}; both parts of the split need at least one"
        )
    return np.fromiter(rows, dtype=np.int64)
