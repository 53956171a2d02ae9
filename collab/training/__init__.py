"""One loop that fits every model, the learning-rate range test, and how a fit is measured.

Begin with `fit.py`, then `metrics.py`.
May import: errors, data, models.
"""
