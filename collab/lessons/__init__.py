"""Lessons: the book's ideas, one per module and small enough to check by hand, and the chapter's printed tables as data.

Begin with `dot_product.py`, or with `chapter.py` for the printed tables.
May import: errors, data, models, training, explore, recommend.
"""
