"""Settings of a model: a frozen dataclass whose fields carry their limits and their help.

So the Train page, the command line and links all accept and refuse the same values. A field is declared with `setting(...)`;
`check` refuses values out of range, `settings_from` refuses unknown names.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

from collab.errors import SettingError

Settings = TypeVar("Settings")
WHOLE_NUMBERS = "tuple[int, ...]"  # the type of a setting that is a list of whole numbers, which may be empty
RANGES = ("tuple[float, float]", "tuple[float, float] | None")  # types of a range; the second can be switched off


@dataclasses.dataclass(frozen=True)
class About:
    """What a control needs to know about a setting: its label, limits, step, and in `help` the effect of a larger value."""

    label: str
    help: str
    low: float | None = None
    high: float | None = None
    step: float | None = None
    log: bool = False  # whether its slider is logarithmic
    always_shown: bool = True  # else it is under "More settings"
    choices: tuple[str, ...] = ()  # allowed values of a string setting
    in_name: str = ""  # how it appears in the name of a run, as "{} factors"; empty: it does not
    most: int = 8  # maximum length of a list of whole numbers


def setting(default: Any, label: str, help: str, **about: Any) -> Any:
    """A dataclass field with a default and an `About`."""
    return dataclasses.field(default=default, metadata={"about": About(label, help, **about)})


def about(settings_type: type, name: str) -> About:
    """The `About` of one setting. Raises SettingError for a name that the settings do not have."""
    for field in dataclasses.fields(settings_type):
        if field.name == name:
            return field.metadata["about"]
    known = ", ".join(field.name for field in dataclasses.fields(settings_type))
    raise SettingError(f"there is no setting {name!r}; the settings are {known}")


def check(settings: Any) -> None:
    """Raise SettingError, with the allowed range, for the first value that is not allowed."""
    for field in dataclasses.fields(settings):
        value, limits = getattr(settings, field.name), field.metadata["about"]
        if field.type == "bool":
            if not isinstance(value, bool):
                raise SettingError(f"{field.name} is {value!r}; allowed are true and false")
        elif field.type == "str":
            if value not in limits.choices:
                raise SettingError(f"{field.name} is {value!r}; allowed is {' or '.join(limits.choices)}")
        elif field.type in RANGES:
            if value is not None or field.type == RANGES[0]:
                _check_range(field.name, value, limits)
        elif field.type == WHOLE_NUMBERS:
            _check_list(field.name, value, limits)
        else:
            _check_number(field.name, value, limits, whole=field.type == "int")


def _check_number(name: str, value: Any, limits: About, *, whole: bool) -> None:
    number = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
    if not number or not limits.low <= value <= limits.high:
        raise SettingError(
            f"{name} is {value!r}; allowed is {'a whole number' if whole else 'a number'} from "
            f"{limits.low:g} to {limits.high:g}"
        )


def _check_range(name: str, value: Any, limits: About) -> None:
    if not isinstance(value, tuple) or len(value) != 2:
        raise SettingError(f"{name} is {value!r}; write two numbers, low and high")
    for end in value:
        _check_number(name, end, limits, whole=False)
    if value[0] >= value[1]:
        raise SettingError(f"{name} is {value!r}; its low end must lie under its high end")


def _check_list(name: str, value: Any, limits: About) -> None:
    if not isinstance(value, tuple) or len(value) > limits.most:
        raise SettingError(f"{name} is {value!r}; write at most {limits.most} whole numbers, as in 100,50, or none")
    for number in value:
        _check_number(name, number, limits, whole=True)


def to_dict(settings: Any) -> dict[str, Any]:
    """The settings as plain values that JSON can hold."""
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in dataclasses.asdict(settings).items()
    }


def settings_from(settings_type: type[Settings], values: Mapping[str, Any]) -> Settings:
    """Settings from plain values, as `to_dict` wrote them. Raises SettingError for unknown names and bad values."""
    ready = {}
    for name, value in values.items():
        about(settings_type, name)  # refuses an unknown name
        ready[name] = tuple(value) if isinstance(value, list) else value
    return settings_type(**ready)


def parse(settings_type: type, name: str, text: str) -> Any:
    """The value of setting `name` written as text: "50", "5e-3", "true", "0,5.5", "100,50", "none". Raises SettingError."""
    limits = about(settings_type, name)
    kind = next(field.type for field in dataclasses.fields(settings_type) if field.name == name)
    plain = text.strip().lower()
    if kind == "str":
        if plain not in limits.choices:
            raise SettingError(f"{name}={text!r} is not {' or '.join(limits.choices)}")
        return plain
    try:
        if kind == "bool":
            return {
                "true": True,
                "false": False,
                "on": True,
                "off": False,
                "1": True,
                "0": False,
                "yes": True,
                "no": False,
            }[plain]
        if kind == "int":
            return int(plain)
        if kind == "float":
            return float(plain)
        if plain in ("none", "off", "") and kind in (RANGES[1], WHOLE_NUMBERS):
            return () if kind == WHOLE_NUMBERS else None
        if kind == WHOLE_NUMBERS:
            return tuple(int(number) for number in plain.split(","))
        low, high = plain.split(",")
        return (float(low), float(high))
    except (KeyError, ValueError):
        wanted = {
            "bool": "true or false",
            "int": "a whole number",
            "float": "a number",
            WHOLE_NUMBERS: "a list of whole numbers as in 100,50, or none, each",
            RANGES[0]: "two numbers as in 0,5.5",
        }.get(kind, "two numbers as in 0,5.5, or none")
        limit = "" if limits.low is None else f" from {limits.low:g} to {limits.high:g}"
        raise SettingError(f"{name}={text!r} is not {wanted}{limit}") from None


def as_text(value: Any) -> str:
    """A value as `parse` reads it, numbers in their short form: "50", "0.005", "true", "0,5.5", "none"."""
    if value is None or value in ((), []):
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return ",".join(f"{each:g}" for each in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
