"""What a page's list of picks shows, and pressing its buttons without a browser: AppTest does not run components by itself."""

import json
import re
from html import unescape

from streamlit.proto.WidgetStates_pb2 import WidgetState


def picks_data(app):
    """What the component was given: the `html`, what was `said` of the last deed and what can be done `then`."""
    return json.loads(_component(app).json)


def picked(app):
    """Titles in the list, without their years, and its HTML."""
    html = picks_data(app)["html"]
    return [unescape(title) for title in re.findall(r'<b title="([^"]*)">', html)], html


def kept_titles(html):
    """The films of a list under the titles that an answer is kept by."""
    return [unescape(title) for title in re.findall(r'<li data-title="([^"]*)">', html)]


def press_in_picks(app, do, title, stars=None):
    """Send the event that the browser sends when a button of the list is pressed."""
    action = {"event": "pressed", "value": {"do": do, "of": title, "stars": stars}}
    event = WidgetState(
        id=f"$$STREAMLIT_INTERNAL_KEY_{_component(app).id}__events", json_trigger_value=json.dumps([action])
    )
    states = app._tree.get_widget_states()
    states.widgets.append(event)
    app._run(states)
    assert not app.exception


def _component(app):
    return next(each.proto for each in app.get("bidi_component") if "picks_list" in each.proto.id)
