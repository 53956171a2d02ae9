"""What a page says, shows and has put into its link, read off AppTest."""

import base64
import json
import time

import numpy as np

from collab.ui.frame import cached


def link(app, name):
    """What the page's link says, or None; the test harness gives what the page has set as a list."""
    value = app.query_params.get(name)
    return value if value is None or isinstance(value, str) else value[-1]


def current(app):
    """The run that the page shows."""
    return cached.trained_run(link(app, "run"))


def texts(app):
    """What the page says in words, one after the other."""
    kinds = (app.markdown, app.caption, app.error, app.warning, app.info, app.success)
    return " ".join(element.value for kind in kinds for element in kind)


def metrics(app):
    return {metric.label: metric.value for metric in app.metric}


def table_with(app, *columns):
    """The first table that has these columns."""
    return next(frame.value for frame in app.dataframe if set(columns) <= set(frame.value))


def figure(app, key=""):
    """The one Plotly figure whose key has `key` in it."""
    (chart,) = (each for each in app.get("plotly_chart") if key in each.proto.id)
    return json.loads(chart.proto.spec)


def numbers(packed):
    """An array of a figure as the browser gets it."""
    return np.frombuffer(base64.b64decode(packed["bdata"]), packed["dtype"]) if "bdata" in packed else np.array(packed)


def press(app, key):
    app.button(key=key).click().run()
    assert not app.exception


def wait(app, condition, seconds=60):
    """AppTest has no timers: run the page again until something is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, [element.value for element in app.markdown]
        time.sleep(0.1)
        app.run()
        assert not app.exception
