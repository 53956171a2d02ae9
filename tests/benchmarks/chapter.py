"""The chapter's eight tables: the printed figures, ours for the same recipe, and what holds; as Learn shows them.

    python -m tests.benchmarks.chapter
    python -m tests.benchmarks.chapter --peers PEERS/bin/python        # fastai's own dot product on our rows, too

Split: random 20 % (seed 0, 1, 2; model seed the same), items are titles, batch 64, five epochs of one-cycle at 5e-3, nothing is
cut. Spread: standard deviation over the three seeds. An epoch: median of the three, CPU seconds, the check on the held-out rows
included, one pinned core, one thread. The train loss is the running mean that fastai prints.

`--peers` trains the first row, the plain dot product, with fastai's learner on the same rows (every row once an epoch): what is
left of its difference to the print is the split's and the seed's.
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import tempfile
from pathlib import Path

import pandas as pd

from collab.lessons.chapter import ROWS, SEEDS
from collab.lessons.chapter_findings import findings, ties
from collab.lessons.chapter_summary import Summary, epoch_table, final_table
from collab.services.chapter_runs import curve_of, left_untrained, plan_missing, runs_of, summary_of
from collab.services.environment import read_environment
from collab.services.runs import RunStore
from collab.services.training_job import carry_out
from tests.benchmarks.conditions import parts, pin, run_peer

FORMATS = {
    "epoch": "{:.0f}",
    "epoch_seconds": "{:.2f}",
    **dict.fromkeys(("difference", "train_difference", "valid_difference"), "{:+.4f}"),
}


def train(folder: Path) -> list[Summary]:
    """Train all rows into a store in `folder`, each seed once, and sum them up as the page does."""
    environment, store = read_environment(), RunStore(folder)
    for planned in plan_missing(ROWS, []):
        record = carry_out(store.create(planned), store, environment)
        assert record.state == "finished", record.message
        # the page shows the time that passed; here the core is shared with nobody, and CPU time moves less
        store.write_record(dataclasses.replace(record, seconds=record.cpu_seconds))
        print(f"    {record.name}: MSE {record.valid['mse']:.4f}, {record.cpu_seconds:.2f} s of CPU", flush=True)
    records = store.records()
    return [
        summary_of(
            row,
            runs_of(row, records),
            lambda run_id: curve_of(store.progress(run_id)),
            lambda run_id: left_untrained(store.load(run_id), environment),
        )
        for row in ROWS
    ]


def tell(table: pd.DataFrame) -> None:
    """Print a table, its figures as the page writes them."""
    formatters = {
        name: (FORMATS.get(name, "{:.4f}").format if table[name].dtype.kind in "fi" else str) for name in table
    }
    print(table.to_string(index=False, formatters=formatters), "\n", flush=True)


def main() -> None:
    """Print all tables, the verdicts and the findings."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--peers", default="", help="the Python of the opponents' environment")
    peers = arguments.parse_args().peers
    print(f"core {pin()}, one thread; random 20 % held out, seeds 0, 1, 2; titles; nothing cut")
    with tempfile.TemporaryDirectory() as folder:
        summaries = train(Path(folder))
    for summary in summaries:
        print(f"\n{summary.row.title}: {summary.verdict}. {summary.reason} {summary.row.note}".rstrip())
        tell(epoch_table(summary))
    tell(final_table(summaries))
    for finding in findings(summaries):
        print(f"{finding.statement} {'Holds' if finding.holds else 'Does not hold'}.")
        print(f"    printed: {finding.printed}\n    ours: {finding.ours}")
    printed, ours = ties(summaries)
    print(f"Ties:\n    printed: {printed}\n    ours: {ours}")
    if peers:
        losses = []
        for part in parts(SEEDS):
            answer = run_peer(
                peers,
                "fastai_learner.py",
                part,
                permuted=True,
                dot_product=True,
                seed=part.seed,
                **{
                    name: getattr(ROWS[0].settings, name)
                    for name in ("epochs", "batch_size", "learning_rate", "weight_decay", "n_factors")
                },
            )
            losses.append(float(answer["valid_mse"][-1]))
        print(
            f"fastai's dot product on our rows: MSE {statistics.mean(losses):.4f} ± {statistics.stdev(losses):.4f} "
            f"({' '.join(f'{loss:.4f}' for loss in losses)})"
        )


if __name__ == "__main__":
    main()
