"""What comes in: the catalogue of data sets and their readers, ratings as indices, splits, features, titles, answer files.

Begin with `ratings.py` (what every model is given), then `catalogue.py`. Every complaint about input is made here.
May import: errors.
"""
