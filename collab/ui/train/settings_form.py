"""The controls of a model's settings, built from the description of each setting, and kept in the link."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import streamlit as st

from collab.data.splitting import SHARE_LIMITS
from collab.errors import SettingError
from collab.models import DEFAULT_MODEL, DEFAULT_PRESET, MODELS, PRESET_TITLES, Family
from collab.models.settings import RANGES, WHOLE_NUMBERS, About, as_text, parse, settings_from, to_dict
from collab.ui.charts import formats
from collab.ui.frame import link

STEPS_OF_A_DECADE = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
MODEL = "model"  # link name of the model
SHARE = "share"  # link name of the share held out; the other names are those of the settings
USUAL_SHARE = 0.2


def _key(name: str) -> str:
    return f"set_{name}"


def take_over(settings: Any, share: float | None = None) -> None:
    """Set every control to these settings (in a callback, or before the controls are drawn)."""
    for name, value in dataclasses.asdict(settings).items():
        st.session_state[_key(name)] = value
        st.session_state.pop(f"{_key(name)}_refused", None)
    if share is not None:
        st.session_state[_key(SHARE)] = share


def choose_model() -> Family:
    """Draw the choice of a model; returns the chosen family. Another model starts at its own default preset."""
    state = st.session_state
    if (again := state.pop("_train_take_over", None)) is not None:  # a model's name and settings
        _switch(again[0])
        take_over(again[1])
    if link.came(MODEL):
        _switch(link.own(MODEL) or DEFAULT_MODEL)
    chosen = state.setdefault("_train_model", DEFAULT_MODEL)
    state[MODEL] = chosen
    st.selectbox(
        "Model",
        list(MODELS),
        key=MODEL,
        format_func=lambda name: MODELS[name].title,
        on_change=lambda: _switch(state[MODEL]),
        help="What is trained: the chapter’s own model first, then the others from the simplest on. The Bayesian ones know how "
        "sure they are.",
    )
    st.caption(MODELS[chosen].about)
    link.put(MODEL, chosen if chosen != DEFAULT_MODEL else None)
    return MODELS[chosen]


def _switch(name: str) -> None:
    """Make `name` the chosen model, its settings at the default preset but for the seed."""
    state = st.session_state
    if name == state.get("_train_model", DEFAULT_MODEL):
        return
    state["_train_model"] = name
    preset = MODELS[name].presets[DEFAULT_PRESET]
    take_over(dataclasses.replace(preset, seed=state.get(_key("seed"), preset.seed)))


def settings_form(family: Family) -> tuple[Any | None, float]:
    """Draw the controls; returns their settings (None if they contradict each other) and the share held out."""
    _from_link(family)
    current, share = _current(family)
    matching = (
        name
        for name, preset in family.presets.items()
        if dataclasses.asdict(preset) | {"seed": current["seed"]} == current
    )
    st.session_state["preset"] = next(matching, None)
    st.segmented_control(
        "Preset",
        list(family.presets),
        key="preset",
        format_func=PRESET_TITLES.get,
        on_change=_use_preset,
        args=(family,),
        help=family.help,
    )
    fields = dataclasses.fields(family.settings_type)
    for field in fields:
        if field.metadata["about"].always_shown:
            _control(family, field)
    with st.expander("More settings"):
        for field in fields:
            if not field.metadata["about"].always_shown:
                _control(family, field)
        st.slider(
            "Share held out",
            *SHARE_LIMITS,
            step=0.01,
            key=_key(SHARE),
            persist_state="session",
            help="The part of the ratings that the model never sees; a larger one measures better and trains worse.",
        )
    current, share = _current(family)
    try:
        settings = settings_from(family.settings_type, current)
    except SettingError as reason:
        st.error(formats.sentence(str(reason)), icon=":material/error:")
        settings = None
    _to_link(family, current, share)
    return settings, share


def _current(family: Family) -> tuple[dict[str, Any], float]:
    defaults = to_dict(family.presets[DEFAULT_PRESET])
    state = st.session_state
    values = {}
    for name, value in defaults.items():
        key = _key(name)
        state.setdefault(key, tuple(value) if isinstance(value, list) else value)
        values[name] = state[key]
    return values, state.setdefault(_key(SHARE), USUAL_SHARE)


def _use_preset(family: Family) -> None:
    chosen = st.session_state["preset"]
    if chosen is not None:
        take_over(dataclasses.replace(family.presets[chosen], seed=st.session_state[_key("seed")]))


def _options(limits: About, value: float) -> list[float]:
    """Values in nearly equal ratios from the low to the high limit, with the current one among them."""
    decades = range(math.floor(math.log10(limits.low)), math.ceil(math.log10(limits.high)) + 1)
    values = {float(f"{step * 10.0**decade:.6g}") for decade in decades for step in STEPS_OF_A_DECADE}
    if isinstance(value, int):
        powers = {2**exponent for exponent in range(3, 14)} if limits.step == 8 else {round(each) for each in values}
        return sorted({each for each in powers if limits.low <= each <= limits.high} | {value})
    return sorted({each for each in values if limits.low <= each <= limits.high} | {value})


def _control(family: Family, field: dataclasses.Field) -> None:
    limits, key = field.metadata["about"], _key(field.name)
    value, common = st.session_state[key], {"help": limits.help, "persist_state": "session"}
    if limits.choices:
        st.segmented_control(limits.label, limits.choices, format_func=str.capitalize, required=True, key=key, **common)
    elif isinstance(value, bool):
        st.toggle(limits.label, key=key, **common)
    elif field.type == WHOLE_NUMBERS:
        _list_control(field.name, limits, family)
    elif limits.log:
        shown = formats.count if isinstance(value, int) else formats.rate
        st.select_slider(limits.label, _options(limits, value), format_func=shown, key=key, **common)
    elif field.type in RANGES:
        _range_control(field, limits, family)
    elif isinstance(value, int) and limits.high > 10_000:
        st.number_input(limits.label, int(limits.low), int(limits.high), step=1, key=key, **common)
    else:
        kind = type(value)
        low, high, step = (kind(each) for each in (limits.low, limits.high, limits.step))
        st.slider(limits.label, low, high, step=step, format="%d" if kind is int else "%.2f", key=key, **common)


def _list_control(name: str, limits: About, family: Family) -> None:
    """A text field for a list of whole numbers; invalid text is refused below it, and the last valid list stays."""
    key = _key(name)
    refused = st.session_state.get(f"{key}_refused", "")
    if not refused:
        st.session_state[f"{key}_text"] = as_text(st.session_state[key])

    def changed() -> None:
        try:
            value = parse(family.settings_type, name, st.session_state[f"{key}_text"])
            settings_from(family.settings_type, {name: value})
        except SettingError as reason:
            st.session_state[f"{key}_refused"] = str(reason)
        else:
            st.session_state[key] = value
            st.session_state.pop(f"{key}_refused", None)

    st.text_input(limits.label, key=f"{key}_text", help=limits.help, on_change=changed, placeholder="100,50")
    if refused:
        st.error(f"{refused}. {as_text(st.session_state[key])} still stands.", icon=":material/error:")


def _range_control(field: dataclasses.Field, limits: About, family: Family) -> None:
    key, can_be_off = _key(field.name), field.type == RANGES[1]
    default = getattr(family.presets[DEFAULT_PRESET], field.name)
    low, high = st.session_state[key] or st.session_state.get(f"{key}_ends", default)
    st.session_state[f"{key}_on"] = st.session_state[key] is not None
    st.session_state[f"{key}_low"], st.session_state[f"{key}_high"] = low, high

    def changed() -> None:
        ends = (st.session_state[f"{key}_low"], st.session_state[f"{key}_high"])
        st.session_state[f"{key}_ends"] = ends
        st.session_state[key] = ends if not can_be_off or st.session_state[f"{key}_on"] else None

    if can_be_off:
        on = st.toggle(limits.label, key=f"{key}_on", help=limits.help, on_change=changed)
    else:
        on = True
        st.markdown(limits.label, help=limits.help)
    left, right = st.columns(2)
    for place, end, label in ((left, "low", "From"), (right, "high", "To")):
        place.number_input(
            label,
            limits.low,
            limits.high,
            step=limits.step,
            key=f"{key}_{end}",
            on_change=changed,
            format="%.1f",
            disabled=not on,
        )


# --- the link ------------------------------------------------------------------------------------------------------------


def _from_link(family: Family) -> None:
    """Take over the settings in the link; refuse values that are not allowed, with the allowed range."""
    usual = {**to_dict(family.presets[DEFAULT_PRESET]), SHARE: USUAL_SHARE}
    for name in (*(field.name for field in dataclasses.fields(family.settings_type)), SHARE):
        if not link.came(name):
            continue
        text = link.own(name) or as_text(usual[name])
        try:
            value = float(text) if name == SHARE else parse(family.settings_type, name, text)
            if name != SHARE:
                settings_from(family.settings_type, {name: value})
        except SettingError as reason:
            st.error(
                f"The link was not followed in one point: {formats.plain(str(reason))}. The preset's value stands instead.",
                icon=":material/link_off:",
            )
        else:
            st.session_state[_key(name)] = value


def _to_link(family: Family, current: dict[str, Any], share: float) -> None:
    """Put into the link what differs from the default preset."""
    usual = {**to_dict(family.presets[DEFAULT_PRESET]), SHARE: USUAL_SHARE}
    for other in MODELS.values():
        for field in dataclasses.fields(other.settings_type):
            if field.name not in current and link.own(field.name) is not None:
                link.put(field.name, None)
    for name, value in {**current, SHARE: share}.items():
        text = as_text(value)
        link.put(name, text if text != as_text(usual[name]) else None)
