"""Collaborative filtering that people can see and try: models, what they have learned, and a dashboard over both.

In a notebook:

    import collab
    rows = collab.split(collab.load("ml-100k"), "random:0.2", seed=0)
    run = collab.fit(rows, "bayes")
    print(run.evaluate())
    print(run.similar("Alien (1979)", n=3)[["title", "similarity"]])
    print(run.recommend({"Alien (1979)": 5, "Titanic (1997)": 2}, n=5)[["title", "predicted"]])

`collab.services.notebook` says what these take and give, `collab.services.run` what a run can be asked. `run.save()` keeps it for
the dashboard and the command line, `collab.load_run(id)` brings it back. All errors are a `CollabError`.

Eight packages, in the order in which data flow; an import may only point to a package further left:

    data <- models <- training <- explore <- recommend <- lessons <- services <- ui <- pages

`errors.py` holds the errors that all of them raise, `__main__.py` the command line, which uses the services as `ui` does.
Every package says in its `__init__.py` what it holds, where to begin, and what it may import. The names of this one are looked up
at their first use, so `import collab` alone loads no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collab.errors import CollabError
    from collab.services.notebook import SplitDataset, fit, load, load_run, split
    from collab.services.run import Run

__all__ = ["CollabError", "Run", "SplitDataset", "fit", "load", "load_run", "split"]

_HOMES = {"CollabError": "collab.errors", "Run": "collab.services.run"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_HOMES.get(name, "collab.services.notebook")), name)
    return found


def __dir__() -> list[str]:
    return __all__
