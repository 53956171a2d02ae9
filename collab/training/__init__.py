"""The training loop for every model, the learning-rate range test, and how a fit is evaluated.

Begin with `fit.py`, then `metrics.py`.
May import: errors, data, models.

Decisions:

- *One loop.* `fit` trains every model, in tests, workers, notebooks and the command line. A model yields the steps of
  its epochs (`models/contract.py`); `fit` keeps the time, reports, stops, and ends a training as *diverged*.
- *Same data, settings, seed and number of threads, same bytes.* `tests/training/test_reproducibility.py` asks a second
  process. A run holds a digest of its predictions for the held-out rows, and its page says what else they depend on:
  the versions of torch, numpy and scipy, and the kind of processor.
- *A metric is an entry in METRICS* (`metrics.py`), with name, title, unit, direction, formula, and a help for the table
  on People. Train, the comparison on Runs, People and the command line show it.
- *Uncertainty is measured, not promised.* Every model that gives a variance has its intervals and the chances of the
  rating levels checked on the held-out ratings at the end of a training (`calibration.py`).
"""
