"""The command line, `python -m collab COMMAND`.

The commands are `train | check | runs | models | similar | recommend | prepare`, and for hosts `pin | rename-run | delete-run |
stop-run | export-run | import-run`. They use the same code and run folders as the dashboard. Errors go to standard error with
exit code 2, progress is shown on a terminal only, and with --json the last line of standard output is one JSON object.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from collab.data.catalogue import CATALOGUE, DEFAULT, SAMPLE, entry_of
from collab.errors import CollabError, DataError, DownloadError, SettingError
from collab.explore.similarity import MEASURE_COLUMNS
from collab.models import DEFAULT_MODEL, MODELS, family_of, preset_of
from collab.models.settings import parse
from collab.recommend.orders import ORDERS, WATCH
from collab.services import disk
from collab.services.default_run import default_run, pin, unpin
from collab.services.downloads import fetch_if_needed
from collab.services.environment import Environment, read_environment
from collab.services.notebook import load_run
from collab.services.plans import default_plan, plan
from collab.services.run_record import RunRecord
from collab.services.run_zip import export_zip, import_zip
from collab.services.runs import KEPT_DAYS, RunStore
from collab.services.sealed import check_sealed
from collab.services.training_job import train_planned
from collab.training.fit import EpochReport
from collab.training.metrics import METRICS, metrics_in_words

RUN_HELP = "id of a run, or a zip that export-run has written"


def train(arguments: argparse.Namespace, environment: Environment) -> dict[str, Any]:
    """Train a model and keep it as a run."""
    family = family_of(arguments.model)
    settings = preset_of(family.name, arguments.preset)
    changes: dict[str, Any] = {}
    for assignment in arguments.set:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise SettingError(f"--set {assignment!r}: write name=value, for example --set n_factors=30")
        changes[name] = parse(family.settings_type, name, text)
    if arguments.seed is not None:
        changes["seed"] = arguments.seed
    settings = dataclasses.replace(settings, **changes)
    split_seed = arguments.split_seed if arguments.split_seed is not None else settings.seed
    fetch_if_needed(arguments.data, environment)
    show = sys.stderr.isatty()

    def report(epoch: EpochReport) -> None:
        if show:
            print(
                f"{family.epoch_word} {epoch.epoch:3d}  train_loss {epoch.train_loss:.4f}  valid_loss {epoch.valid_loss:.4f}  "
                f"{epoch.seconds:.2f} s",
                file=sys.stderr,
            )

    planned = plan(
        family.name,
        settings,
        arguments.data,
        arguments.holdout,
        split_seed,
        preset=arguments.preset,
        items_by=arguments.items_by,
    )
    record = train_planned(planned, RunStore(environment.home), environment, on_epoch=report)
    answer = describe_run(record)
    say(
        arguments,
        answer,
        f"run {record.id}: {metrics_in_words(record.valid)} on {record.n_valid:,} held-out ratings ({record.holdout}, split seed "
        f"{record.split_seed}); biases only {record.baselines['biases_only']['mse']:.4f}, global mean "
        f"{record.baselines['global_mean']['mse']:.4f}; {record.seconds:.2f} s, {record.cpu_seconds:.2f} s of CPU",
    )
    return answer


def describe_run(record: RunRecord) -> dict[str, Any]:
    """A run as --json prints it."""
    return {
        "run": record.id,
        "state": record.state,
        "model": record.model,
        "preset": record.preset,
        "settings": record.settings,
        "data": record.data,
        "items_by": record.items_by,
        "split": {
            "holdout": record.holdout,
            "seed": record.split_seed,
            "n_train": record.n_train,
            "n_valid": record.n_valid,
            "n_sealed": record.n_sealed,
        },
        **{f"valid_{name}": record.valid.get(name) for name in METRICS},
        "baselines": record.baselines,
        "certainty": record.certainty,
        "sealed": record.sealed,
        "n_tried": record.n_tried,
        "seconds": record.seconds,
        "cpu_seconds": record.cpu_seconds,
        "prediction_digest": record.prediction_digest,
        "name": record.name,
        "created": record.created,
    }


def check(arguments: argparse.Namespace, environment: Environment) -> None:
    """Measure a run on its sealed rows, once: the figure to quote when the choosing is over."""
    record = check_sealed(arguments.run, RunStore(environment.home), environment)
    model, biases, mean = (record.sealed[name] for name in ("model", "biases_only", "global_mean"))
    say(
        arguments,
        {"run": record.id, "n_sealed": record.n_sealed, "n_tried": record.n_tried, "sealed": record.sealed},
        f"run {record.id}: {metrics_in_words(model)} on "
        f"{record.n_sealed:,} sealed ratings ({record.holdout}, split seed {record.split_seed}); biases only "
        f"{biases['mse']:.4f}, global mean {mean['mse']:.4f}",
    )


def models(arguments: argparse.Namespace, environment: Environment) -> None:
    """Name the models, one a line."""
    say(arguments, {"models": list(MODELS)}, "\n".join(MODELS))


def runs(arguments: argparse.Namespace, environment: Environment) -> None:
    """List the runs, the last to arrive first, and those that are damaged."""
    store = RunStore(environment.home)
    store.rescue()
    records, damaged = store.records(), store.damaged()
    lines = [
        f"{record.id}  {record.created}  {record.state:11}  {record.data:16}  "
        f"MSE {record.valid.get('mse', float('nan')):.4f}  {record.name}"
        for record in records
    ]
    say(
        arguments,
        {
            "runs": [describe_run(record) for record in records],
            "damaged": [{"run": each.id, "reason": each.reason} for each in damaged],
        },
        "\n".join([*lines, *(f"{each.id}  damaged: {each.reason}" for each in damaged)])
        or "there is no run yet: python -m collab train",
    )


def pin_run(arguments: argparse.Namespace, environment: Environment) -> None:
    """Choose the run that every visitor without a link sees."""
    store = RunStore(environment.home)
    if arguments.none == bool(arguments.run):
        raise SettingError("name the run to pin, or --none to have none pinned; python -m collab runs lists them")
    if arguments.none:
        unpin(store)
        say(arguments, {"pinned": None}, "no run is pinned now: visitors see the default model")
    else:
        record = pin(arguments.run, store)
        say(arguments, {"pinned": record.id}, f"run {record.id} is pinned: {record.name} ({record.data_title})")


def rename_run(arguments: argparse.Namespace, environment: Environment) -> None:
    """Give a run that has ended another name."""
    record = RunStore(environment.home).rename(arguments.run, arguments.name)
    say(arguments, {"run": record.id, "name": record.name}, f"run {record.id} is called {record.name} now")


def delete_run(arguments: argparse.Namespace, environment: Environment) -> None:
    """Put a run that has ended, or is damaged, into the trash; the page Runs can bring it back."""
    RunStore(environment.home).delete(arguments.run)
    say(arguments, {"run": arguments.run}, f"run {arguments.run} is deleted; it is kept for {KEPT_DAYS} days")


def stop_run(arguments: argparse.Namespace, environment: Environment) -> None:
    """Ask the server that trains a run, or has it waiting, to stop it; its weights so far are kept."""
    RunStore(environment.home).ask_to_stop(arguments.run)
    say(arguments, {"run": arguments.run}, f"run {arguments.run} is asked to stop")


def export_run(arguments: argparse.Namespace, environment: Environment) -> None:
    """Save a run as a zip, to be kept or to be looked at elsewhere."""
    file, content = Path(arguments.out), export_zip(RunStore(environment.home), arguments.run)
    with disk.writing(f"{file} could not be written", file.parent):
        disk.replace(file, content)
    say(arguments, {"run": arguments.run, "file": str(file)}, f"run {arguments.run} is in {file}")


def import_run(arguments: argparse.Namespace, environment: Environment) -> None:
    """Add a run from a zip that `export-run`, or the page Runs, has made."""
    record = import_zip(RunStore(environment.home), Path(arguments.file))
    say(arguments, {"run": record.id}, f"run {record.id} is here: {record.name} ({record.data_title})")


def similar(arguments: argparse.Namespace, environment: Environment) -> None:
    """Name the films that a run places next to a film."""
    run = load_run(arguments.run)
    table = run.similar(
        arguments.title, arguments.top, measure=arguments.measure, minimum_count=arguments.minimum_count
    )
    column = MEASURE_COLUMNS[arguments.measure]
    rows = [
        {"title": row.title, column: float(getattr(row, column)), "n_ratings": int(row.n_ratings)}
        for row in table.itertuples()
    ]
    title = run.items.title[run.item_index(arguments.title)]
    say(
        arguments,
        {"run": run.id, "title": title, "measure": arguments.measure, "similar": rows},
        "\n".join(f"{row[column]:8.3f}  {row['title']} ({row['n_ratings']} ratings)" for row in rows),
    )


def recommend_items(arguments: argparse.Namespace, environment: Environment) -> None:
    """Recommend films to somebody who has rated the films in a file."""
    run = load_run(arguments.run)
    answers = run.answers_in(Path(arguments.ratings))
    for title in answers.not_found:
        print(f"not found: {title}", file=sys.stderr)
    found = run.picks(answers, arguments.top, order=arguments.order, minimum_count=arguments.minimum_count)
    if found.order != arguments.order:
        print(f"collab: ordered by {found.order}: {run.why_no_weights}", file=sys.stderr)
    rows = [
        {
            "title": film.title,
            **{name: float(getattr(film, name)) for name in ("predicted", "uncertainty", "low", "high", "score")},
            "chances": {
                f"{level:g}": round(float(chance), 4)
                for level, chance in zip(run.record.scale.levels, chances, strict=True)
            },
        }
        for film, chances in zip(found.items.itertuples(), found.chances, strict=True)
    ]
    say(
        arguments,
        {
            "run": run.id,
            "order": found.order,
            "n_ratings": len(answers.rated),
            "not_found": answers.not_found,
            "recommended": rows,
        },
        "\n".join(f"{row['predicted']:5.2f} ± {row['uncertainty']:.2f}  {row['title']}" for row in rows),
    )


def prepare(arguments: argparse.Namespace, environment: Environment) -> None:
    """Fetch the data sets and train the default model on each, so that a demonstration starts at once."""
    names = arguments.data or [name for name, entry in CATALOGUE.items() if entry.download_from]
    done, failures = [], []
    for name in names:
        try:
            fetch_if_needed(name, environment)
        except (DataError, DownloadError) as reason:
            failures.append(f"{entry_of(name).title}: {reason}")
        else:
            done.append(prepare_run(name, environment))
    if failures and not done:
        done.append(prepare_run(SAMPLE, environment))
    say(
        arguments,
        {"prepared": done, "failed": failures},
        "\n".join(f"{each['data']}: run {each['run']} is ready, MSE {each['valid_mse']:.4f}" for each in done),
    )
    if failures:
        raise CollabError(
            " ".join(failures)
            + ("" if any(each["data"] != SAMPLE for each in done) else " The built-in sample is ready instead.")
        )


def prepare_run(data: str, environment: Environment) -> dict[str, Any]:
    """The default run on a data set, trained now if there is none."""
    store = RunStore(environment.home)
    record = default_run(data, store).record
    if record is not None and record.has_weights:
        return describe_run(record)
    return describe_run(train_planned(default_plan(data), store, environment))


def say(arguments: argparse.Namespace, answer: dict[str, Any], text: str) -> None:
    """Print the answer: one line of JSON with --json, else `text`."""
    print(json.dumps(answer, ensure_ascii=False) if arguments.json else text)


def parser() -> argparse.ArgumentParser:
    """The argument parser, with all commands."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="print the answer as one line of JSON")
    top = argparse.ArgumentParser(
        prog="python -m collab", description="Collaborative filtering for scripts and people without a browser."
    )
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, action: Any) -> argparse.ArgumentParser:
        made = commands.add_parser(
            name, help=action.__doc__.splitlines()[0], description=action.__doc__, parents=[common]
        )
        made.set_defaults(action=action)
        return made

    made = command("train", train)
    made.add_argument("--data", default=DEFAULT, help=f"data set: {', '.join(CATALOGUE)} (default {DEFAULT})")
    made.add_argument("--model", default=DEFAULT_MODEL, help=f"model: {', '.join(MODELS)} (default {DEFAULT_MODEL})")
    made.add_argument(
        "--preset",
        default="",
        help="settings to start from: "
        + "; ".join(f"{name}: {' or '.join(family.presets)}" for name, family in MODELS.items())
        + f" (default: the first, of {DEFAULT_MODEL} {next(iter(MODELS[DEFAULT_MODEL].presets))})",
    )
    made.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="change one setting; may be given several times",
    )
    made.add_argument(
        "--holdout",
        default="random:0.2",
        metavar="SPEC",
        help="rows held out: random:SHARE, fold:NAME or rows:FILE (default random:0.2); with +sealed:SHARE after it, as in "
        "random:0.2+sealed:0.1, more rows are kept out of training until `check` looks at them",
    )
    made.add_argument("--seed", type=int, default=None, help="seed of the model (default: the preset's, 0)")
    made.add_argument("--split-seed", type=int, default=None, help="seed of a random split (default: the seed)")
    made.add_argument(
        "--items-by", default="title", choices=("title", "id"), help="merge ids that share a title, or keep them apart"
    )
    made = command("check", check)
    made.add_argument("--run", required=True, help="id of a run that was trained with +sealed:SHARE in its --holdout")
    command("models", models)
    command("runs", runs)
    made = command("similar", similar)
    made.add_argument("--run", required=True, help=RUN_HELP)
    made.add_argument("--title", required=True, help="title of a film")
    made.add_argument("--measure", default="cosine", help=f"{', '.join(MEASURE_COLUMNS)} (default cosine)")
    made.add_argument("--minimum-count", type=int, default=20, help="leave out films with fewer ratings (default 20)")
    made.add_argument("--top", type=int, default=10, help="how many (default 10)")
    made = command("recommend", recommend_items)
    made.add_argument("--run", required=True, help=RUN_HELP)
    made.add_argument(
        "--ratings",
        required=True,
        metavar="FILE",
        help="CSV file with the columns title,rating; or an export of movielens.org, or of Letterboxd (CSV or zip)",
    )
    made.add_argument(
        "--order",
        default=WATCH,
        choices=ORDERS,
        help="watch: what they would watch and like; rating: what they would rate highest; safe and long-shot: the lower and the "
        "upper end of the interval; popular (default watch; rating where the run's data are not at hand)",
    )
    made.add_argument("--minimum-count", type=int, default=20, help="leave out films with fewer ratings (default 20)")
    made.add_argument("--top", type=int, default=10, help="how many (default 10)")
    made = command("pin", pin_run)
    made.add_argument("run", nargs="?", default="", metavar="RUN", help="id of a run")
    made.add_argument("--none", action="store_true", help="have no run pinned")
    made = command("rename-run", rename_run)
    made.add_argument("--run", required=True, help="id of a run")
    made.add_argument("--name", required=True, help="its new name")
    for name, action in (("delete-run", delete_run), ("stop-run", stop_run)):
        command(name, action).add_argument("--run", required=True, help="id of a run")
    made = command("export-run", export_run)
    made.add_argument("--run", required=True, help="id of a run")
    made.add_argument("--out", required=True, metavar="FILE", help="the zip to write")
    command("import-run", import_run).add_argument("file", metavar="FILE", help="the zip to read")
    made = command("prepare", prepare)
    made.add_argument("--data", action="append", help="only this data set; may be given several times")
    return top


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    arguments = parser().parse_args(words)
    try:
        arguments.action(arguments, read_environment())
        return 0
    except CollabError as reason:
        print(f"collab: {reason}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("collab: interrupted; what was trained so far is kept as an interrupted run", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
