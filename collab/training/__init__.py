"""The training loop for every model, the learning-rate range test, and how a fit is evaluated.

Begin with `fit.py`, then `metrics.py`.
May import: errors, data, models.
"""
