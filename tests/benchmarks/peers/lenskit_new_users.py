"""LensKit's own fold-in of people whom its training never saw: run by the opponents' interpreter.

    PEERS/bin/python lenskit_new_users.py QUESTION.npz ANSWER.npz

QUESTION holds the training rows, `n_items`, the ratings known of every query one after the other (`given_item`, `given_rating`;
those of query j from `start[j]` to `start[j + 1]`) and `settings` (JSON: n_factors, regularization, epochs, seed). ANSWER holds
`predicted` (n_queries, n_items), not cut, and `seconds` (n_queries,) of CPU of the scorer's call for all films.

A film that the same person rated twice counts once with the mean, because the library's matrix has one cell for it. A film that
it does not know, or a person without a rating, gets its bias model's answer, as in its own prediction pipeline.
"""

import json
import sys
import time
import warnings
from itertools import pairwise

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
from lenskit.als import BiasedMFScorer  # noqa: E402
from lenskit.data import ItemList, RecQuery, from_interactions_df  # noqa: E402
from lenskit.training import TrainingOptions  # noqa: E402

question, answer = np.load(sys.argv[1]), sys.argv[2]
settings = json.loads(str(question["settings"]))
rows = pd.DataFrame({f"{name}_id": question[f"train_{name}"] for name in ("user", "item")})
rows["rating"] = question["train_rating"]
model = BiasedMFScorer(
    embedding_size=settings["n_factors"], epochs=settings["epochs"], regularization=settings["regularization"]
)
data = from_interactions_df(rows.groupby(["user_id", "item_id"], as_index=False)["rating"].mean())
model.train(data, TrainingOptions(rng=settings["seed"]))

films = ItemList(item_ids=np.arange(int(question["n_items"])))
start, predicted, seconds = question["start"], [], []
for first, end in pairwise(start):
    history = ItemList(item_ids=question["given_item"][first:end], rating=question["given_rating"][first:end])
    moment = time.process_time()
    scores = model(RecQuery(history_items=history), films).scores()
    seconds.append(time.process_time() - moment)
    plain = model.bias.compute_for_items(films, None, history)[0] if np.isnan(scores).any() else scores
    predicted.append(np.where(np.isnan(scores), plain, scores).astype(np.float32))
np.savez(answer, predicted=predicted, seconds=seconds)
