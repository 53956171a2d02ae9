"""Matrix factorisations of cornac, Surprise and LensKit for several numbers of epochs: run by the opponents' interpreter.

    PEERS/bin/python factorisations.py QUESTION.npz ANSWER.npz

QUESTION holds the rows of both parts and `settings` (JSON: library, epochs as a list, n_times, seed, and the library's own
settings). ANSWER holds `seconds` (n_epochs, n_times) of CPU of the fit alone, the library's data set being ready, and
`predicted` (n_epochs, n_valid), not cut. Whom a library does not know it predicts in its own way.
"""

import json
import sys
import time
import warnings

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
question, answer = np.load(sys.argv[1]), sys.argv[2]
settings = json.loads(str(question["settings"]))
train = [question[f"train_{column}"] for column in ("user", "item", "rating")]
user, item = question["valid_user"], question["valid_item"]


def cornac_mf():
    """Compiled stochastic gradient descent with a constant rate; of an unknown user or film nothing is added to the mean."""
    from cornac.data import Dataset
    from cornac.models import MF

    data = Dataset.build(list(zip(*(column.tolist() for column in train), strict=True)), seed=settings["seed"])
    rows = np.array([data.uid_map.get(each, -1) for each in user.tolist()])
    columns = np.array([data.iid_map.get(each, -1) for each in item.tolist()])

    def fit(epochs):
        model = MF(
            k=settings["n_factors"],
            max_iter=epochs,
            learning_rate=settings["learning_rate"],
            lambda_reg=settings["regularization"],
            num_threads=1,
            seed=settings["seed"],
        )
        return lambda: model.fit(data)

    def predict(model):
        score = np.where(rows >= 0, model.u_biases[rows], 0) + np.where(columns >= 0, model.i_biases[columns], 0)
        both = (rows >= 0) & (columns >= 0)
        return model.global_mean + score + both * (model.u_factors[rows] * model.i_factors[columns]).sum(1)

    return fit, predict


def surprise_svd():
    """Compiled stochastic gradient descent with a constant rate; its own `predict`, not cut."""
    from surprise import SVD, Dataset, Reader

    frame = pd.DataFrame(dict(zip(("user", "item", "rating"), train, strict=True)))
    data = Dataset.load_from_df(frame, Reader(rating_scale=(1, 5))).build_full_trainset()

    def fit(epochs):
        model = SVD(
            n_factors=settings["n_factors"],
            n_epochs=epochs,
            reg_all=settings["regularization"],
            random_state=settings["seed"],
        )
        return lambda: model.fit(data)

    def predict(model):
        return [model.predict(*pair, clip=False).est for pair in zip(user.tolist(), item.tolist(), strict=True)]

    return fit, predict


def lenskit_als():
    """Alternating least squares on what the biases leave; its own prediction pipeline, biases where it has no factors."""
    from lenskit.als import BiasedMFScorer
    from lenskit.batch import predict as predict_all
    from lenskit.data import from_interactions_df
    from lenskit.pipeline import predict_pipeline
    from lenskit.training import TrainingOptions

    data = from_interactions_df(pd.DataFrame(dict(zip(("user_id", "item_id", "rating"), train, strict=True))))
    asked = pd.DataFrame({"user_id": user, "item_id": item})

    def fit(epochs):
        model = BiasedMFScorer(
            embedding_size=settings["n_factors"], epochs=epochs, regularization=settings["regularization"]
        )

        def run():
            model.train(data, TrainingOptions(rng=settings["seed"]))
            return model

        return run

    def predict(model):
        pipeline = predict_pipeline(model)
        pipeline.train(data, TrainingOptions(retrain=False))  # the fallback alone: the factors are there
        found = predict_all(pipeline, asked, n_jobs=1).to_df()
        return asked.merge(
            found[["user_id", "item_id", "score"]].drop_duplicates(["user_id", "item_id"]), how="left"
        ).score

    return fit, predict


fit, predict = {"cornac": cornac_mf, "surprise": surprise_svd, "lenskit": lenskit_als}[settings["library"]]()
fit(1)()  # what is loaded or compiled on first use is nobody's training time
seconds, predicted = [], []
for epochs in settings["epochs"]:
    seconds.append([])
    for _ in range(settings["n_times"]):
        run = fit(epochs)
        start = time.process_time()
        model = run()
        seconds[-1].append(time.process_time() - start)
    predicted.append(np.asarray(predict(model), dtype=np.float64))
np.savez(answer, seconds=seconds, predicted=predicted)
