"""Run: a trained run that can be asked for predictions, similar items, recommendations and errors.

The command line and notebooks (`collab.services.notebook`) ask the same object, so both give the same answers.
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from collab.data.answers import STARS
from collab.data.exports import read_export
from collab.data.ratings import Ratings
from collab.data.splitting import Split
from collab.data.titles import match_titles
from collab.errors import DataError, RunError
from collab.explore.similarity import ItemSpace, Options, item_space, similar_items
from collab.models.contract import Model
from collab.models.ease import ItemWeights
from collab.recommend.new_user import NewUser, OwnFoldIn, Picks, new_user, picks
from collab.recommend.orders import WATCH, Dials
from collab.services.environment import Environment
from collab.services.plans import runs_with
from collab.services.run_files import TrainedRun
from collab.services.run_names import RunNames
from collab.services.run_record import RunRecord
from collab.services.run_rows import item_weights_of, split_of
from collab.services.runs import RunStore
from collab.training.metrics import Errors, errors, metrics_in_words
from collab.training.one_thread import one_thread


@dataclass(frozen=True)
class Answers:
    """What somebody says of the items of a run: `rated`, stars by item_index; the item indices `not_seen`, which stay candidates,
    and `dismissed`, which do not; and the titles `not_found`, on which the run was not trained."""

    rated: Mapping[int, float]
    not_seen: tuple[int, ...] = ()
    dismissed: tuple[int, ...] = ()
    not_found: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """A trained run, to be asked.

    `history` has one row per epoch: epoch, train_loss and valid_loss (MSE, stars²), seconds. `record`, `model`, `items` and
    `users` are those of the run: its settings and figures; the model, with its factors as arrays; and one row per row of the
    model's tables, of which row 0 is the unknown item or user.

    An item is named by its title, also as people spell it ("The Thing (1982)" for "Thing, The (1982)"), or by the item_id of the
    data set, which then has to be at hand. `files` are the contents of a run that is only in memory, by name.
    """

    trained: TrainedRun
    history: pd.DataFrame
    environment: Environment
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.trained.id

    @property
    def record(self) -> RunRecord:
        return self.trained.record

    @property
    def model(self) -> Model:
        return self.trained.model

    @property
    def items(self) -> pd.DataFrame:
        return self.trained.items

    @property
    def users(self) -> pd.DataFrame:
        return self.trained.users

    def __repr__(self) -> str:
        record = self.record
        split = f"{record.holdout}, split seed {record.split_seed}"
        return f"<Run {self.id}: {record.name}; {record.data_title}, {split}; {metrics_in_words(record.valid)}>"

    def save(self) -> str:
        """Keep the run in the home, where the dashboard and the command line list it; returns its id there.

        Does nothing for a run that is there. Raises StorageError if it cannot be written.
        """
        store = RunStore(self.environment.home)
        if not self.files or self.id in (record.id for record in store.records()):
            return self.id

        def fill(folder: Path) -> None:
            for name, content in self.files.items():
                (folder / name).write_bytes(content)

        return store.bring_in(dataclasses.replace(self.record, owner=""), fill).id

    # --- predictions -------------------------------------------------------------------------------------------------

    def predict(self, users: Any, items: Any) -> np.ndarray:
        """The ratings that `users` would give `items`, in the units of the rating scale (stars): float32, (n,).

        `users` are n values of user_id, `items` n titles or values of item_id, or one of either for all. None stands for somebody
        or something unknown: what a model predicts then is said by its class, for most the rating of the average user or item.
        So is a user or an item without a training rating answered, unless the model knows facts of it. Raises DataError for any
        that the data set does not have.
        """
        return self._predict(self._names.users(users), self._names.items(items))

    def evaluate(self, frame: pd.DataFrame | None = None) -> Errors:
        """The errors of the predicted ratings: `mse` in stars², `rmse` and `mae` in stars, over `n_ratings`.

        Over the held-out rows of the run, or over the rows of `frame`, which has the columns user_id, item_id or title, and
        rating. Raises DataError for a frame that lacks one of them or names what the data set does not have, and RunError
        without a frame if the data set is missing or has changed.
        """
        if frame is None:
            split, ratings = self._rows
            valid = ratings.take(split.valid)
            return errors(self._predict(valid.user_index, valid.item_index), valid.rating)
        items = self._names.items_of(frame, "user_id", "rating")
        rating = pd.to_numeric(frame["rating"], errors="coerce").to_numpy(np.float64)
        if not len(rating):
            raise DataError("the frame has no row; give at least one rating")
        if not np.isfinite(rating).all():
            wrong = frame["rating"].iloc[np.flatnonzero(~np.isfinite(rating))[0]]
            raise DataError(f"a row of the frame has the rating {wrong}, which is not a number; leave such rows out")
        return errors(self._predict(self._names.users(frame["user_id"]), items), rating)

    def _predict(self, user_index: np.ndarray, item_index: np.ndarray) -> np.ndarray:
        n_users, n_items = len(user_index), len(item_index)
        if n_users != n_items and 1 not in (n_users, n_items):
            raise DataError(f"there are {n_users} users and {n_items} items; give as many of both, or one of either")
        n = n_items if n_users == 1 else n_users
        with one_thread():  # more of them would add up in another order than in the training
            return self.model.predict(np.resize(user_index, n), np.resize(item_index, n))

    # --- items and people --------------------------------------------------------------------------------------------

    def similar(
        self, item: str | int, n: int = 10, *, measure: str = "cosine", minimum_count: int = 20
    ) -> pd.DataFrame:
        """The `n` items closest to `item`, closest first: title, similarity, n_ratings, genres, year.

        `measure` is cosine, dot, euclidean or, for a Bayesian model, cautious; the second column is called as
        `explore.similarity.MEASURE_COLUMNS` says. Items with fewer than `minimum_count` training ratings are left out.
        Raises DataError for an item that the run was not trained on, RunError for a model without factors of items.
        """
        if not self.model.has_factors:
            other = next(runs_with("factors", RunStore(self.environment.home).records()), None)
            hint = f"run {other.id} ({other.name}) can" if other else "train one that has, for example bayes"
            raise RunError(
                f"run {self.id} is a model without factors of films ({self.record.model}), and cannot say which are alike; {hint}"
            )
        index, options = self.item_index(item), Options(measure, minimum_count=minimum_count)
        return similar_items(self._space, self.items, index, options, n).drop(columns="item_index")

    def recommend(
        self,
        ratings: Mapping[str | int, float | None] | pd.DataFrame | str | Path,
        n: int = 10,
        *,
        order: str = WATCH,
        minimum_count: int = 20,
    ) -> pd.DataFrame:
        """The top `n` items for somebody new with these `ratings`, best first.

        Columns: title, predicted, uncertainty (a standard deviation), low and high (of the 80 % interval), all in stars; score,
        by which they are ranked; n_ratings, genres, year.

        `ratings` are stars by title or item_id; or a frame with the columns title or item_id, and rating; or the path of a CSV
        file with the columns title,rating, or of an export of Letterboxd or movielens.org. None instead of stars: not seen.
        `order` is one of `recommend.orders`; "watch" needs the data set, and "rating" takes its place where that is not at hand,
        with a warning. Titles of a file that the run was not trained on are left out, with a warning; of a mapping or a frame
        they are refused. Raises DataError for these, and for stars that are not on the scale.
        """
        if isinstance(ratings, str | Path):
            answers = self.answers_in(Path(ratings))
        elif isinstance(ratings, pd.DataFrame):
            answers = self._answers(self._names.items_of(ratings, "rating"), ratings["rating"])
        else:
            answers = self._answers(self._names.items(list(ratings)), ratings.values())
        if answers.not_found:
            warnings.warn(f"not found, and left out: {', '.join(answers.not_found)}", stacklevel=2)
        found = self.picks(answers, n, order=order, minimum_count=minimum_count)
        if found.order != order:
            warnings.warn(f"ordered by {found.order}: {self.why_no_weights}", stacklevel=2)
        columns = ["title", "predicted", "uncertainty", "low", "high", "score", "n_ratings", "genres", "year"]
        return found.items[columns]

    def picks(self, answers: Answers, n: int = 10, *, order: str = WATCH, minimum_count: int = 20) -> Picks:
        """The top `n` items in `order` for somebody with these `answers`; in the order `rating` in place of `watch` where there
        are no item-item weights (`why_no_weights`)."""
        return picks(
            self._new_user,
            self.items,
            answers.rated,
            n,
            order=order,
            item_weights=self._item_weights[0] if order == WATCH else None,
            dials=Dials(minimum_count=minimum_count),
            not_seen=answers.not_seen,
            dismissed=answers.dismissed,
        )

    @property
    def why_no_weights(self) -> str:
        """Why the order `watch` is not to be had; "" if it is."""
        return self._item_weights[1]

    def answers_in(self, file: Path) -> Answers:
        """The answers in a CSV file with the columns title,rating, or in an export; stars beyond the scale count as its ends.

        Raises DataError for a file that cannot be read, or names nothing that the run was trained on.
        """
        read = read_export(file, STARS).answers
        stars, scale = dict(read.rows), self.record.scale
        places, not_found = match_titles(list(stars), self._names.titles)
        if len(not_found) == len(stars):
            raise DataError(f"{file}: none of its {len(stars)} titles is a film that run {self.id} was trained on")
        known = {index: title for index, title in zip(places, stars, strict=True) if index is not None}
        return Answers(
            {
                index: min(max(rating, scale.low), scale.high)
                for index, title in known.items()
                if (rating := stars[title]) is not None
            },
            tuple(index for index, title in known.items() if stars[title] is None and title not in read.said),
            tuple(index for index, title in known.items() if title in read.said),
            tuple(not_found),
        )

    def _answers(self, item_index: np.ndarray, stars: Iterable[Any]) -> Answers:
        """The answers `stars` for the items `item_index` (n,). Raises DataError for one that cannot be."""
        scale, given = self.record.scale, dict(zip(self._names.trained(item_index).tolist(), stars, strict=True))
        rated = {index: rating for index, rating in given.items() if not pd.isna(rating)}
        for index, rating in rated.items():
            if not isinstance(rating, int | float | np.number) or not scale.low <= rating <= scale.high:
                raise DataError(
                    f"{self.items['title'][index]} is rated {rating}; write a number from {scale.low:g} to {scale.high:g}, or "
                    "None for a film not seen"
                )
        return Answers(rated, tuple(index for index in given if index not in rated))

    def item_index(self, item: str | int) -> int:
        """The row of an item in `items` and in the arrays of the model.

        Raises DataError, with titles that may be meant, for an item that the run was not trained on.
        """
        return int(self._names.trained(self._names.items(item))[0])

    # --- computed once -----------------------------------------------------------------------------------------------

    @cached_property
    def _names(self) -> RunNames:
        return RunNames(self.trained, self.environment)

    @cached_property
    def _rows(self) -> tuple[Split, Ratings]:
        return split_of(self.trained, self.environment)

    @cached_property
    def _space(self) -> ItemSpace:
        return item_space(self.model, self.items, self.users)

    @cached_property
    def _new_user(self) -> NewUser | OwnFoldIn:
        return new_user(self.model, self.users, self.items, self.trained.valid_mse, self.record.scale)

    @cached_property
    def _item_weights(self) -> tuple[ItemWeights | None, str]:
        """The item-item weights, or None and the reason."""
        try:
            return item_weights_of(self.trained, self.environment), ""
        except RunError as reason:
            return None, str(reason)
