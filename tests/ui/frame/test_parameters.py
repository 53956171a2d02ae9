"""The table of the link's parameters: plain names, each once, with pages that there are and defaults that it takes itself."""

import re

from collab.ui.frame.parameters import PARAMETERS, Number, OneOf, Switch, parameters
from tests.test_everywhere import ROOT

PAGES = {path.stem for path in (ROOT / "pages").glob("*.py")}


def test_names_are_short_plain_words_and_stand_once():
    settings = set(parameters()) - set(PARAMETERS)
    assert len(settings) > 20 and all(parameters()[name].pages == ("train",) for name in settings)
    assert not [name for name in parameters() if not re.fullmatch(r"[a-z][a-z_]{0,23}", name)]
    assert all(
        parameters()[name] is entry for name, entry in PARAMETERS.items()
    )  # no setting has the name of another thing


def test_every_entry_says_what_it_is():
    for entry in PARAMETERS.values():
        assert entry.meaning and set(entry.pages) <= PAGES and str(entry.allowed)


def test_a_default_that_is_a_value_is_allowed():
    exact = [entry for entry in PARAMETERS.values() if isinstance(entry.allowed, OneOf | Switch)]
    exact += [
        entry for entry in PARAMETERS.values() if isinstance(entry.allowed, Number) and entry.default[-1:].isdigit()
    ]
    assert len(exact) > 80
    assert not [entry.name for entry in exact if " or " not in entry.default and entry.refusal([entry.default])]
