"""A browser's half of a Streamlit session without the browser: what the websocket carries, and how long the server takes.

The messages are Streamlit's own (BackMsg there, ForwardMsg back), sent and understood as its page does: the state of widgets that
were moved, the link, the hashes of what is kept and need not come again, fragments, and turns that these ask for by the clock.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Self

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect

PATIENCE = 120.0  # seconds; a turn that takes longer is lost, not slow
N_RUNS_KEPT = 2  # turns after which a message that did not come again is forgotten, as in Streamlit's page
HOME = "home"  # what the page at the bare address is called here
OVER = {ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY}
GOLDEN = (5**0.5 - 1) / 2
WIDGETS = (
    "slider",
    "button_group",
    "radio",
    "selectbox",
    "checkbox",
    "text_input",
    "feedback",
    "button",
    "number_input",
)


@dataclass(frozen=True)
class Widget:
    """A control as the server last described it: its kind (one of `WIDGETS`), its message, and the fragment it is in, or ""."""

    kind: str
    proto: Any
    fragment: str

    @property
    def key(self) -> str:
        """The key that the page gave it; its id ends with that."""
        return self.proto.id.split("-", 2)[-1]


@dataclass(frozen=True)
class Turn:
    """One answer of the server: `seconds` from the message sent to "script finished", what came in `n_bytes` and `n_messages`,
    and the errors that the page showed."""

    seconds: float
    n_bytes: int
    n_messages: int
    errors: tuple[str, ...]


class Session:
    """One tab of a browser. Use it in a `with` block; one turn at a time."""

    def __init__(self, address: str) -> None:
        """`address` is http://HOST:PORT of a Streamlit server."""
        self._address = address.replace("http://", "ws://", 1) + "/_stcore/stream"
        self.pages: dict[str, str] = {}
        self.widgets: dict[str, Widget] = {}
        self.timers: dict[str, float] = {}
        self.link, self._page = "", ""
        self._moved: dict[str, WidgetState] = {}
        self._kept: dict[str, tuple[ForwardMsg, int]] = {}
        self._n_turns = 0
        self._errors: list[str] = []

    def __enter__(self) -> Self:
        self._socket = connect(self._address, subprotocols=["streamlit"], max_size=None, ping_interval=None)
        return self

    def __exit__(self, *reason: object) -> None:
        self._socket.close()

    def open(self, path: str = "", link: str = "") -> Turn:
        """Come to a page by its address, as the first thing a session does."""
        self.link = link
        return self._turn(ClientState(page_name=path))

    def switch(self, path: str, link: str = "") -> Turn:
        """Press a page's entry in the menu; `link` is what its address has after the question mark."""
        self._page, self.link = self.pages[path], link
        return self._turn(ClientState())

    def move(self, widget: Widget, value: Any) -> Turn:
        """Give a control another value (`state_of`): the script runs again, or the fragment in which the control is."""
        state = state_of(widget, value)
        if widget.kind != "button":
            self._moved[state.id] = state
        return self._turn(ClientState(fragment_id=widget.fragment), state)

    def tick(self, fragment: str) -> Turn:
        """Run a fragment again because its time has come."""
        return self._turn(ClientState(fragment_id=fragment, is_auto_rerun=True))

    def find(self, *keys: str) -> Widget | None:
        """The first control on the page, by the order of `keys`, whose key is that or begins with it and a hyphen."""
        for key in keys:
            for widget in self.widgets.values():
                if (widget.key == key or widget.key.startswith(f"{key}-")) and not widget.proto.disabled:
                    return widget
        return None

    def _turn(self, state: ClientState, *moved: WidgetState) -> Turn:
        state.page_script_hash, state.query_string = self._page, self.link
        state.cached_message_hashes.extend(self._kept)
        state.widget_states.widgets.extend({**self._moved, **{each.id: each for each in moved}}.values())
        self._n_turns, self._errors, n_bytes, n_messages = self._n_turns + 1, [], 0, 0
        words = BackMsg(rerun_script=state).SerializeToString()
        began = time.perf_counter()
        self._socket.send(words)
        while True:
            came = self._socket.recv(timeout=PATIENCE)
            n_bytes, n_messages = n_bytes + len(came), n_messages + 1
            if self.take(ForwardMsg.FromString(came)):
                break
        seconds = time.perf_counter() - began
        self.forget()
        return Turn(seconds, n_bytes, n_messages, tuple(self._errors))

    def take(self, message: ForwardMsg) -> bool:
        """Understand one message; returns whether the turn is over."""
        if message.WhichOneof("type") == "ref_hash":  # the same as before: where it belongs stands in the new one
            kept = ForwardMsg()
            kept.CopyFrom(self._kept[message.ref_hash][0])
            kept.metadata.CopyFrom(message.metadata)
            self._kept[message.ref_hash] = (self._kept[message.ref_hash][0], self._n_turns)
            message = kept
        elif message.metadata.cacheable and message.hash:
            self._kept[message.hash] = (message, self._n_turns)
        match message.WhichOneof("type"):
            case "new_session":
                self._page = message.new_session.page_script_hash
                self._forget(message.metadata.run.fragment_ids)
            case "navigation":
                pages = [each for each in message.navigation.app_pages if not (each.is_hidden or each.external_url)]
                self.pages = {each.url_pathname or HOME: each.page_script_hash for each in pages}
                self._page = message.navigation.page_script_hash
            case "page_info_changed":
                self.link = message.page_info_changed.query_string
            case "auto_rerun":
                self.timers[message.auto_rerun.fragment_id] = message.auto_rerun.interval
            case "stop_auto_rerun":
                for fragment in message.stop_auto_rerun.fragment_ids:
                    self.timers.pop(fragment, None)
            case "page_not_found":
                self._errors.append(f"page not found: {message.page_not_found.page_name}")
            case "delta":
                self._see(message.delta)
            case "session_event":
                if message.session_event.HasField("script_compilation_exception"):
                    self._errors.append(message.session_event.script_compilation_exception.message)
            case "script_finished":
                if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                    self._errors.append("the script could not be compiled")
                    return True
                return message.script_finished in OVER
        return False

    def forget(self) -> None:
        """After a turn: messages that did not come again, and the state of controls that are no longer there."""
        self._kept = {name: kept for name, kept in self._kept.items() if self._n_turns - kept[1] < N_RUNS_KEPT}
        self._moved = {name: state for name, state in self._moved.items() if name in self.widgets}

    def _forget(self, fragments: Collection[str]) -> None:
        """A script begins anew, or only its `fragments` do: what was there is not there until it comes again."""
        self.widgets = {
            name: each for name, each in self.widgets.items() if fragments and each.fragment not in fragments
        }
        if not fragments:
            self.timers = {}

    def _see(self, delta: Delta) -> None:
        element = delta.new_element
        kind = element.WhichOneof("type") or ""
        if kind == "exception":
            self._errors.append(element.exception.message)
        elif kind == "alert" and element.alert.format == Alert.ERROR:
            self._errors.append(element.alert.body)
        elif kind in WIDGETS:
            proto = getattr(element, kind)
            self.widgets[proto.id] = Widget(kind, proto, delta.fragment_id)
            if getattr(proto, "set_value", False):  # the script has given it a value: what the person gave is over
                self._moved.pop(proto.id, None)


def state_of(widget: Widget, value: Any) -> WidgetState:
    """What a page sends when a control is given `value`: a number or two of a slider, the words of options, True of a press."""
    state = WidgetState(id=widget.proto.id)
    match widget.kind:
        case "slider" if widget.proto.options:
            state.string_array_value.data.append(value)
        case "slider":
            state.double_array_value.data.extend(value if isinstance(value, tuple) else (value,))
        case "button_group":
            state.string_array_value.data.append(value)
        case "checkbox":
            state.bool_value = value
        case "number_input":
            state.double_value = value
        case "button":
            state.trigger_value = True
        case _:
            state.string_value = value
    return state


def value_of(widget: Widget, place: int) -> Any:
    """The value number `place` of a control, another one each time as far as there are so many: along a slider in steps of the
    golden section, through options one after the other."""
    proto = widget.proto
    if widget.kind == "slider" and not proto.options:
        steps = round((proto.max - proto.min) / proto.step)
        at = proto.min + proto.step * round((place + 1) * GOLDEN % 1 * steps)
        return (at, proto.max) if len(proto.default) == 2 else at
    if widget.kind == "checkbox":
        return place % 2 == 0
    if widget.kind == "button":
        return True
    if widget.kind == "feedback":
        return str(place % 5)
    if widget.kind == "text_input":
        return "etaoinshrdlu"[place % 12]
    if widget.kind == "number_input":
        return proto.min + place % (proto.max - proto.min)
    options = [each.content for each in proto.options] if widget.kind == "button_group" else list(proto.options)
    return options[(place + 1) % len(options)]
