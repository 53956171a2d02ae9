"""The frame of every page: data set and run in use, the link, waiting, offers of other runs, shared caches.

Begin with `page.py`: every page first calls its `open_page`. `cached.py` holds what all sessions of a server share.
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts.

Decisions:

- *No dead ends.* The frame gives every page a data set and a trained run, or the buttons that lead there. Without a
  network the built-in sample stands in, and every page says so. A page that cannot serve a model (a map takes factors)
  says why, and offers the newest runs that it can (`offers.py`). `page.py` also starts `app.py` where a cold deep link
  has opened a page without it.
- *State lives in the link*: data set, run, the run beside it (`against`), film, colour, settings. What a link asks for
  out of range is refused with the allowed range.
- *A run is changed and stopped by the browser that started it alone* (`visitor.py`).
- *A page submits a job and watches it* (`watch.py`): `result_of` draws its progress until there is a result.
- *A title leads to the item's page* in the same session (`item_page.py`; tables do it in `widgets/tables.py`).
- *The keyboard stays where it was*: `keyboard.py` takes it into a popover that it opened, and beside a button that goes
  with its press.
"""
