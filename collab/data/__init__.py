"""Input data: the catalogue of data sets and their readers, ratings as indices, splits, features, titles, answer files.

Begin with `ratings.py` (the input of every model), then `catalogue.py`. All errors in input data are raised here.
May import: errors.
"""
