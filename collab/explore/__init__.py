"""Analyses of a data set, a split or a trained model: the arithmetic behind the menu's section Explore.

Arrays and tables in, arrays and tables out; each module answers one question. Begin with `similarity.py` or `components.py`.
May import: errors, data, models, training.
"""
