"""Who can reach the dashboard as it is started by hand: this machine alone."""

import contextlib
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import serving


def answers(host, port):
    """Whether somebody takes a connection there."""
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=5):
        return True
    return False


def own_addresses():
    """Addresses of this machine besides 127.0.0.1: others of its loopback, and those by which a network knows it."""
    found = {"127.0.0.2", "::1"}
    with contextlib.suppress(OSError):
        found |= {each[4][0] for each in socket.getaddrinfo(socket.gethostname(), None)}
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # nothing is sent: it only asks which address would be taken
        found.add(probe.getsockname()[0])
    return found - {"127.0.0.1"}


def listening_on(port):
    """The addresses on which the port is listened to, as the kernel writes them: 127.0.0.1 is 0100007F, every one is zeros."""
    tables = [table for name in ("tcp", "tcp6") if (table := Path("/proc/net", name)).exists()]
    rows = [line.split() for table in tables for line in table.read_text().splitlines()]
    places = [row[1].rsplit(":", 1) for row in rows if row[3] == "0A"]
    return {address for address, number in places if int(number, 16) == port}


def test_without_being_told_it_listens_on_this_machine_alone(tmp_path):
    with serving(tmp_path / "home", options=()) as address:
        port = urlsplit(address).port
        assert answers("127.0.0.1", port)
        assert not {each for each in own_addresses() if answers(each, port)}
        if Path("/proc/net/tcp").exists():
            assert listening_on(port) == {"0100007F"}


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux has more loopback addresses, and this table")
def test_an_address_on_the_command_line_opens_it_there(tmp_path):
    """What the README says of --server.address, tried with an address that no network reaches."""
    with serving(tmp_path / "home", options=("--server.address=127.0.0.2",), host="127.0.0.2") as address:
        port = urlsplit(address).port
        assert answers("127.0.0.2", port) and not answers("127.0.0.1", port)
        assert listening_on(port) == {"0200007F"}
