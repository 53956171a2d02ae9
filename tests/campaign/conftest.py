"""What the short forms of the campaign share: a home with one small trained run."""

import pytest

from tests.campaign import product


@pytest.fixture(scope="session")
def campaign_home(tmp_path_factory):
    """A home with one finished run of the default model, and its id."""
    home = tmp_path_factory.mktemp("campaign")
    return home, product.train(home)
