"""Collaborative filtering that people can see and try: models, what they have learned, and a dashboard over both.

Eight rooms, in the order in which data flow; an import may only point to a room further left:

    data <- models <- training <- explore <- recommend <- lessons <- services <- ui <- pages

`errors.py` holds the errors that all of them raise, `__main__.py` the command line, which stands on the services beside `ui`.
Every room says in its `__init__.py` what lives there, where to begin, and what it may import.
"""
