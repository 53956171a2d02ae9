"""RunRecord: everything about a run except its tables, and the bounds that every entry must satisfy.

`run.json` holds exactly this, with a digest of itself. It is checked whenever it is read, from a folder or from a zip: an entry
that is out of bounds, or contradicts another, is refused here, so that no page has to check it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from typing_extensions import TypedDict

from collab.data.catalogue import entry_of
from collab.data.ratings import RatingScale
from collab.data.splitting import sealed_share
from collab.errors import CollabError, RunError
from collab.models import family_of
from collab.models.contract import ITEM_TABLE, USER_TABLE
from collab.models.settings import settings_from, to_dict
from collab.training.calibration import Calibration
from collab.training.metrics import METRICS

FORMAT = 2
RUN_ID = re.compile(r"[0-9a-f]{8}")
BUSY = ("queued", "running")
STATES = (*BUSY, "finished", "stopped", "diverged", "interrupted", "failed")
TABLES = ("items.csv", "users.csv", "weights.safetensors")
"""The files without which there is no model to look at."""

FILES = ("run.json", "history.csv", "batches.csv", *TABLES, "valid_rows.csv")
LONGEST_NAME = 80
LONGEST_MESSAGE = 1000
LARGEST_ERROR = 1e12
"""In stars or squared stars; a training with a larger loss counts as diverged."""

LARGEST_SEED = 2**63
"""No seed of a split is so large."""

MOST_ROWS = 500_000
"""Rows of a table of users or items."""

LARGEST_RECORD = 1_000_000
"""Bytes of a run.json."""

CLOCK_ERROR = timedelta(days=1)
"""A date may be so far ahead, because clocks of machines differ; a later one is refused."""

_HOLDOUT = re.compile(r"(random:[0-9.]{1,12}|fold:\w{1,20}|rows:[^\0]{1,4000}?)(\+sealed:[0-9.]{1,12})?")


def _data_set(name: str) -> str:
    """Refuse a name that is not in the catalogue."""
    entry_of(name)
    return name


def _metric(name: str) -> str:
    """Refuse a name that no metric has, nor the number of ratings."""
    _complain_if(name not in METRICS and name != "n_ratings", f"there is no metric {_short(name)}")
    return name


def _date(text: str) -> str:
    when = datetime.fromisoformat(text)
    if when.tzinfo is None or not datetime(2020, 1, 1, tzinfo=UTC) <= when <= datetime.now(UTC) + CLOCK_ERROR:
        raise ValueError("allowed is a time with its zone, from the year 2020 to now")
    return text


def checked_name(name: str) -> str:
    """A run's name without unprintable characters. Raises RunError for one that is empty or too long."""
    name = " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise RunError(f"a run's name has 1 to {LONGEST_NAME} characters; this one has {len(name)}")
    return name


def _name(name: str) -> str:
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise ValueError(f"allowed are 1 to {LONGEST_NAME} characters that can be seen")
    return name


Number = int | float
Id = Annotated[str, Field(pattern=r"^[0-9a-f]{8}$")]
Digest = Annotated[str, Field(pattern=r"^([0-9a-f]{16})?$")]
Who = Annotated[str, Field(pattern=r"^[\w-]{0,64}$")]
Date = Annotated[str, Field(max_length=40), AfterValidator(_date)]
Count = Annotated[int, Field(ge=0, le=10**12)]
Seconds = Annotated[Number, Field(ge=0, le=1e9)]
Error = Annotated[Number, Field(ge=-LARGEST_ERROR, le=LARGEST_ERROR)]
Errors = dict[Annotated[str, AfterValidator(_metric)], Error]
Baselines = Literal["global_mean", "biases_only"]
ShortText = Annotated[str, Field(max_length=60)]


@dataclass(frozen=True)
class FileMark:
    """What identifies the content of a file: its size in bytes and its SHA-256."""

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)

    size: Annotated[int, Field(ge=0, le=10**12)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

    @classmethod
    def of(cls, content: bytes) -> FileMark:
        return cls(len(content), hashlib.sha256(content).hexdigest())


class EnvironmentRecord(TypedDict, total=False):
    """What else the figures of a run depend on, as returned by `training_job.describe_environment`."""

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)

    python: ShortText
    torch: ShortText
    numpy: ShortText
    scipy: ShortText
    threads: Annotated[int, Field(ge=1, le=10_000)]
    machine: ShortText
    processor: ShortText
    linear_algebra: ShortText
    system: ShortText
    cores: Annotated[int, Field(ge=1, le=100_000)] | None


class LayerRecord(TypedDict):
    """A part of a model with its shape; see `contract.Layer`."""

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, Field(min_length=1, max_length=80)]
    kind: Annotated[str, Field(min_length=1, max_length=80)]
    shape: Annotated[list[Count], Field(max_length=4)]
    table: Literal["", USER_TABLE, ITEM_TABLE]
    n_parameters: Count


@dataclass(frozen=True)
class RunRecord:
    """Everything about a run except its tables."""

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    id: Id
    name: Annotated[str, AfterValidator(_name)]
    state: Literal[STATES]
    model: ShortText
    settings: dict[ShortText, Any]
    data: Annotated[str, AfterValidator(_data_set)]  # name of the data set
    holdout: Annotated[str, Field(max_length=4100)]  # "random:0.2", "fold:u1" or "rows:FILE"; "+sealed:0.1" seals rows
    split_seed: Annotated[int, Field(ge=0, lt=LARGEST_SEED)]
    items_by: Literal["title", "id"] = "title"
    preset: ShortText = ""
    starter: Who = ""  # which browser may stop, rename and delete it; "": only the command line
    owner: Who = ""  # whose lock shows that it is still being worked on
    created: Date | Literal[""] = ""  # ISO time, UTC
    arrived: Date | Literal[""] = (
        ""  # when this home got it, ISO time with microseconds, UTC; not taken from an imported file
    )
    format: int = FORMAT
    data_title: ShortText = ""
    synthetic: bool = False
    rating_scale: dict[Literal["low", "high", "step"], Annotated[Number, Field(ge=-1000, le=1000)]] = field(
        default_factory=dict
    )
    fingerprint: Digest = ""  # of the data set
    n_train: Count = 0
    n_valid: Count = 0
    n_sealed: Count = 0  # rows used neither to train nor to check it
    environment: EnvironmentRecord = field(default_factory=dict)
    layers: Annotated[list[LayerRecord], Field(max_length=60)] = field(default_factory=list)
    baselines: dict[Baselines, Errors] = field(default_factory=dict)
    valid: Errors = field(default_factory=dict)  # METRICS and n_ratings at the end
    # a collab.training.calibration.Calibration, if there is one
    certainty: dict[
        Literal[tuple(each.name for each in dataclasses.fields(Calibration))],
        Annotated[Number, Field(ge=0, le=100)],
    ] = field(default_factory=dict)
    prediction_digest: Digest = ""  # of the final predictions for the held-out rows, see training_job.digest
    # errors on the sealed rows; empty until they are checked
    sealed: dict[Literal["model", Baselines], Errors] = field(default_factory=dict)
    n_tried: Count = 0  # settings tried on the same held-out rows when this one was chosen; 0: not counted
    # the sealed rows were checked for another of these settings, so they are no longer unseen
    sealed_seen: bool = False
    n_steps: Count = 0  # of the whole training
    epochs_done: Count = 0
    seconds: Seconds = 0.0  # of the fit alone
    cpu_seconds: Seconds = 0.0
    message: Annotated[str, Field(max_length=LONGEST_MESSAGE)] = ""  # why it did not finish, and what to do
    group: Id | Literal[""] = ""  # id of the run that this one repeats with another seed
    files: dict[Literal[FILES[1:]], FileMark] = field(default_factory=dict)  # its files as they were written at its end

    @property
    def busy(self) -> bool:
        return self.state in BUSY

    @property
    def has_weights(self) -> bool:
        """Whether there is a model to look at."""
        return not self.busy and bool(self.valid)

    @property
    def n_rows(self) -> int:
        """The rows of the model's tables of users and items together; 0 if it has none."""
        sizes = {each["table"]: each["shape"][0] for each in self.layers if each["table"]}
        return sum(sizes.values())

    @property
    def scale(self) -> RatingScale:
        return RatingScale(**self.rating_scale)

    def to_json(self) -> str:
        return signed(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str | bytes) -> RunRecord:
        """The record in a run.json. Raises RunError, naming the entry, if it is damaged, forged or of another version."""
        if len(text) > LARGEST_RECORD:
            raise RunError(f"run.json is damaged: it is longer than {LARGEST_RECORD:,} bytes")
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as reason:
            raise RunError(f"run.json is damaged: it is no JSON ({_short(reason)})") from None
        if not isinstance(values, dict):
            raise RunError(f"run.json is damaged: it holds {_short(values)}, which is no record")
        if values.get("format") != FORMAT:
            raise RunError(
                f"run.json is of format {_short(values.get('format'))}, and this version of Collab reads format {FORMAT}: "
                "another version wrote it; train the run again"
            )
        digest = values.pop("digest", None)
        if missing := {each.name for each in dataclasses.fields(cls)} - set(values):
            raise RunError(f"run.json is damaged: it has no {min(missing)}")
        try:
            plain = _plain(values)
            if digest != _digest(plain):
                raise RunError("run.json is damaged: it is not what was written, its digest says")
            return _SCHEMA.validate_json(plain)
        except ValidationError as reason:
            raise RunError(f"run.json is damaged: {_first(reason)}") from None
        except (ValueError, RecursionError) as reason:  # a number of thousands of digits, or deeply nested lists
            raise RunError(f"run.json is damaged: {_short(reason)}") from None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        try:
            family = family_of(self.model)
            settings = settings_from(family.settings_type, self.settings)
            entry, (_, sealed) = entry_of(self.data), sealed_share(self.holdout)
        except (CollabError, ValueError, TypeError) as reason:
            raise ValueError(_short(reason, 300)) from None
        _complain_if(not self.created, "it was never created")
        _complain_if(to_dict(settings) != self.settings, "its settings are not all of the model's")
        _complain_if(not _HOLDOUT.fullmatch(self.holdout), f"holdout is {_short(self.holdout)}")
        fold = self.holdout.partition("+")[0].removeprefix("fold:")
        known = not self.holdout.startswith("fold:") or f"{fold}.test" in entry.fold_md5
        _complain_if(not known, f"{self.data} has no fold {_short(fold)}")
        ended_well = self.state in ("finished", "stopped")
        _complain_if(ended_well and not self.valid, f"it is {self.state}, and its error is not there")
        _complain_if(self.state == "queued" and bool(self.valid), "it waits, and has an error")
        _complain_if(self.sealed_seen and not self.n_sealed, "its sealed rows were looked at, and it has none")
        if self.preset:
            preset = family.presets.get(self.preset)
            _complain_if(
                preset is None or dataclasses.replace(preset, seed=settings.seed) != settings,
                f"its settings are not those of the preset {_short(self.preset)}",
            )
        _complain_if(
            (self.data_title, self.synthetic) != (entry.title, entry.synthetic),
            f"{self.data} is not called {_short(self.data_title)}, or synthetic where it is not",
        )
        _complain_if(self.epochs_done > getattr(settings, "epochs", 10**6), "more epochs are done than were asked for")
        for layer in self.layers:
            n_parameters = math.prod(layer["shape"]) if layer["shape"] else 0
            _complain_if(
                layer["n_parameters"] != n_parameters, f"a layer of shape {layer['shape']} has other parameters"
            )
        _complain_if(any(self.certainty.get(f"within_{share}", 0) > 1 for share in (50, 80, 95)), "a share is above 1")
        if self.rating_scale:
            _complain_if(
                len(self.rating_scale) < 3 or not self.scale.step > 0, "its rating scale is not low, high, step"
            )
            n_steps = (self.scale.high - self.scale.low) / self.scale.step
            _complain_if(not 0 < n_steps <= 1000, f"its rating scale is {self.scale}")
        for name, found in (
            *self.baselines.items(),
            *self.sealed.items(),
            *([("valid", self.valid)] if self.valid else []),
        ):
            _check_errors(name, found)
        if self.valid:
            _complain_if(len(self.baselines) < 2 or not self.rating_scale, "it has no baselines or rating scale")
            _complain_if(
                any(each["n_ratings"] != self.n_valid for each in (self.valid, *self.baselines.values())),
                "its errors are not of n_valid ratings",
            )
            _complain_if(not self.n_train or not self.fingerprint, "it was trained on nothing")
            n = self.n_train + self.n_valid + self.n_sealed
            _complain_if(abs(sealed * n - self.n_sealed) > 1, "n_sealed does not go with its holdout")
            if self.holdout.startswith("random:"):
                share = float(self.holdout.removeprefix("random:").partition("+")[0])
                _complain_if(abs(share * n - self.n_valid) > 1, "n_train and n_valid do not go with its holdout")
        if self.sealed:
            _complain_if(
                len(self.sealed) < 3 or any(each["n_ratings"] != self.n_sealed for each in self.sealed.values()),
                "its sealed errors are not whole, or not of n_sealed ratings",
            )
        _complain_if(self.has_weights and not set(TABLES) <= set(self.files), "it lacks the marks of its files")
        return self


def _complain_if(wrong: bool, what: str) -> None:
    """Raise ValueError, for the validator that calls it."""
    if wrong:
        raise ValueError(what)


def _check_errors(name: str, found: dict[str, Number]) -> None:
    """Refuse impossible errors: an RMSE that is not the root of the MSE, a mean absolute error above it."""
    _complain_if(not {"mse", "rmse", "n_ratings"} <= set(found), f"{name} is not whole")
    _complain_if(min(found.get("mae", 0), found["mse"], found["rmse"]) < 0, f"an error of {name} is below 0")
    slack = 1e-6 * (1 + found["rmse"])
    _complain_if(abs(math.sqrt(found["mse"]) - found["rmse"]) > slack, f"the RMSE of {name} is not the root of its MSE")
    _complain_if(found.get("mae", 0) > found["rmse"] + slack, f"the MAE of {name} is above its RMSE")


_SCHEMA = TypeAdapter(RunRecord)


def signed(values: dict[str, Any]) -> str:
    """The text of a run.json: these entries, and the digest that reveals any change of them."""
    return json.dumps(values | {"digest": _digest(_plain(values))}, indent=1, ensure_ascii=False)


def _plain(values: dict[str, Any]) -> bytes:
    """The entries in canonical form, whatever their layout was."""
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def _digest(plain: bytes) -> str:
    return hashlib.sha256(plain).hexdigest()


def _first(reason: ValidationError) -> str:
    """The first error of a schema in one line: the entry, its value, and what is wrong with it."""
    error = reason.errors(include_url=False)[0]
    where = ".".join(str(part) for part in error["loc"] if not str(part).startswith("function-"))
    said = error["msg"].removeprefix("Value error, ")
    return f"{where[:80]} is {_short(error['input'])}: {said}" if where else said


def _short(value: object, most: int = 60) -> str:
    try:
        text = str(value) if isinstance(value, Exception) else repr(value)
    except (ValueError, RecursionError):  # a number of thousands of digits
        text = "too large to be shown"
    return text if len(text) <= most else f"{text[:most]}…"
