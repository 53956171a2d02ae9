"""The frame of every page: data set and run in use, the link, waiting, offers of other runs, shared caches.

Begin with `page.py`: every page first calls its `open_page`. `cached.py` holds what all sessions of a server share.
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts.

Decisions:

- *No dead ends.* The frame gives every page a data set and a trained run, or the buttons that lead there. Without a
  network the built-in sample stands in, and every page says so. A page that cannot serve a model (a map takes factors)
  says why, and offers the newest runs that it can (`offers.py`). `page.py` also starts `app.py` where a cold deep link
  has opened a page without it.
- *State is declared.* `parameters.py` has every name of the link with its pages, meaning, form and default, `session_keys.py`
  every key of the session with its owner; tests compare both with the sources. `link.py` is the one reader and writer: what the
  address says is followed where somebody arrives (first turn, another page, *Back*), what does not fit is refused in words, and
  in between the session decides. To add a control: its widget with `bind="query-params"`, and a line in `parameters.py`.
- *A step is an entry of the browser's history*: another page, film, run, user or view (`is_step` in the table). Everything else
  replaces the entry (`js/history.js`), so *Back* returns to the page before with all that was chosen there.
- *A run is changed and stopped by the browser that started it alone* (`visitor.py`).
- *A page submits a job and watches it* (`watch.py`): `result_of` draws its progress until there is a result.
- *A title leads to the item's page* in the same session (`item_page.py`; tables do it in `widgets/tables.py`).
- *The keyboard stays where it was*: `keyboard.py` takes it into a popover that it opened, and beside a button that goes
  with its press.
"""
