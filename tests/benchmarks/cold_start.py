"""People whom a model never saw: how well it predicts them after a few ratings, what it picks for them and what it asks.

    python -m tests.benchmarks.cold_start            # 143 people, on whom settings were chosen
    python -m tests.benchmarks.cold_start --final    # the other 800 in four folds of 200, each left out of its own training
    python -m tests.benchmarks.cold_start --final --peers PEERS/bin/python    # LensKit's fold-in too; PEERS: conditions.py

Three parts, each a module that says what it measures and beside whom; named ones are run alone:

    --errors     the error after 0 to 15 ratings, the 80 % intervals: cold_start_errors.py; --every-model: of slower models too
    --ranking    the first ten picks, the chance of having seen a film, the time of a tap: cold_start_ranking.py
    --asking     which film to ask next, one film a screen; groups of films first: cold_start_asking.py

MovieLens 100K, items are titles, one core, one thread; the people are those of `tests.benchmarks.new_users`. At the end stand the
goals of these parts with what was found.
"""

from __future__ import annotations

import argparse

from tests.benchmarks import cold_start_asking, cold_start_errors, cold_start_ranking
from tests.benchmarks.cold_start_goals import print_goals
from tests.benchmarks.conditions import pin

PARTS = ("errors", "ranking", "asking")


def main() -> None:
    """Print the tables and the goals."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--final", action="store_true", help="the 800 people on whom no setting was chosen")
    parser.add_argument("--peers", default="", help="the Python of the opponents' environment")
    parser.add_argument("--every-model", action="store_true", help="the errors of slower models too")
    for name in PARTS:
        parser.add_argument(f"--{name}", action="append_const", dest="parts", const=name, help="this part alone")
    arguments = parser.parse_args()
    core, goals = pin(), []
    people = "800 people in four folds" if arguments.final else "143 people on whom settings were chosen"
    print(f"{people}; core {core}, one thread")
    for name in arguments.parts or PARTS:
        print(f"\n═══ {name}", flush=True)
        match name:
            case "errors":
                goals += cold_start_errors.report(arguments.final, arguments.peers, arguments.every_model)
            case "ranking":
                goals += cold_start_ranking.report(arguments.final)
            case "asking":
                goals += cold_start_asking.report(arguments.final)
    print_goals(goals, people)


if __name__ == "__main__":
    main()
