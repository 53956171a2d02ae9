"""Lessons: the book's ideas, one per module and small enough to check by hand, and the chapter's printed tables as data.

Begin with `dot_product.py`, or with `chapter.py` for the printed tables.
May import: errors, data, models, training, explore, recommend.

Decisions:

- *A step of Learn has two halves*: a module here computes, so that every formula can be checked by hand or against
  torch, and one of the same name in `ui/learn/` draws.
- *Numbers come from Collab's own code*, never from a second version of it: the rule of sizes, the sums of `neighbours`,
  `layers()` of an untrained net.
- *The printed figures are data* (`chapter.py`). A row names its model and preset, and any finished run with its
  settings, split and seed counts, whoever trained it. Learn and `tests/benchmarks/chapter.py` take every figure,
  verdict and reason from the same functions. The train loss is compared as the chapter's library counts it, as a
  running mean over batches.
- *Remedies for a cold start are measured, not claimed*: on people held out whole, with the paired interval
  (`cold_start.py`). Feedback loops are simulated with a real model and invented people (`feedback.py`).
"""
