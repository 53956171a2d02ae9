"""Collaborative filtering that people can see and try: models, what they have learned, and a dashboard over both.

Eight packages, in the order in which data flow; an import may only point to a package further left:

    data <- models <- training <- explore <- recommend <- lessons <- services <- ui <- pages

`errors.py` holds the errors that all of them raise, `__main__.py` the command line, which uses the services as `ui` does.
Every package says in its `__init__.py` what it holds, where to begin, and what it may import.
"""
