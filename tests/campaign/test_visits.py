"""Which run a first visitor is shown."""

import pytest

from tests.campaign import visits
from tests.campaign.report import Figure

pytestmark = pytest.mark.usefixtures("quick_worker")


@pytest.mark.parametrize("situation", visits.SITUATIONS)
def test_a_first_visitor_sees_the_default_model_or_what_is_pinned(situation):
    figure = Figure(situation)
    page = visits.PAGES[list(visits.SITUATIONS).index(situation) % len(visits.PAGES)]
    visits.look(situation, page, figure)
    assert figure.cases == 1 and not figure.found, figure.found
