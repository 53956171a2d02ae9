"""What can be read out of a data set, a split or a trained model: the arithmetic behind the menu's section Explore.

Takes arrays and tables, gives arrays and tables. Begin with `similarity.py` or `components.py`: a module is one question.
May import: errors, data, models, training.
"""
