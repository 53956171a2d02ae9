"""Same data, settings, seed and number of threads: the same bytes, here and in another process.

`python -m tests.training.test_reproducibility` prints what this process predicts; the test compares that with its own.
"""

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from collab.data.catalogue import load_dataset
from collab.data.dataset import encode
from collab.data.splitting import split_random
from collab.models import MODELS, build_model
from collab.training.fit import fit

CASES = [(name, preset) for name, family in MODELS.items() for preset in family.presets]
PROJECT = Path(__file__).resolve().parents[2]


def bytes_after_training(name, preset):
    """The digest of every table and of predictions for held-out rows, after up to two epochs on every third row of the sample."""
    everything = encode(load_dataset("sample"))
    ratings = everything.take(np.arange(0, len(everything), 3))
    split = split_random(len(ratings), 0.2, seed=0)
    train, valid = ratings.take(split.train), ratings.take(split.valid)
    settings = MODELS[name].presets[preset]
    if hasattr(settings, "epochs"):
        settings = dataclasses.replace(settings, epochs=2)
    model = build_model(name, settings, train.n_users, train.n_items, train.rating_scale)
    fit(model, train, valid)
    tables = {"predictions": model.predict(valid.user_index, valid.item_index), **model.weights()}
    return {key: hashlib.sha256(table.tobytes()).hexdigest() for key, table in tables.items()}


@pytest.fixture(scope="module")
def elsewhere():
    """What a fresh process finds, in which words hash otherwise and the libraries of linear algebra may take two threads."""
    told = os.environ | {name: "2" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    answer = subprocess.run(
        [sys.executable, "-m", "tests.training.test_reproducibility"],
        cwd=PROJECT,
        env=told | {"PYTHONHASHSEED": "12345", "TZ": "Asia/Kathmandu"},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(answer.stdout)


@pytest.mark.parametrize("name, preset", CASES)
def test_same_bytes_here_and_elsewhere(name, preset, elsewhere):
    """That they are the same when this process does it again is in tests/models/test_contract.py."""
    assert elsewhere[f"{name} {preset}"] == bytes_after_training(name, preset)


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(json.dumps({f"{name} {preset}": bytes_after_training(name, preset) for name, preset in CASES}))
