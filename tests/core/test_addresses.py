"""Where a plug may be: at home, and a simulated one on this machine; nowhere else, however it is spelled."""

import socket
from collections.abc import Callable
from typing import Any

import pytest

from clouds import addresses
from clouds.addresses import BadAddress

Names = Callable[..., None]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Tells the name service what it knows; nobody else is asked."""

    def know(**known: list[str]) -> None:
        def getaddrinfo(host: str, *_: Any, **__: Any) -> list[Any]:
            found = known.get(host.partition(".")[0])
            if found is None:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            return [
                (socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))
                for address in found
            ]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    return know


@pytest.mark.parametrize(
    "host",
    ["10.1.2.3", "10.255.255.255", "172.16.0.1", "172.31.255.254", "192.168.1.20", "192.168.255.255", "fd12:3456::1"],
)
def test_a_plug_may_be_at_home(host: str) -> None:
    addresses.check(host, simulated=False)
    assert addresses.choose(host, addresses.resolve(host), simulated=False) == host


FORBIDDEN = {
    "this machine": "127.0.0.1",
    "this machine by another number": "127.8.8.8",
    "this machine in IPv6": "::1",
    "this machine, mapped": "::ffff:127.0.0.1",
    "this machine, written short": "127.1",
    "this machine as one number": "2130706433",
    "this machine in hexadecimal": "0x7f.0.0.1",
    "this machine by name": "localhost",
    "a cloud's metadata": "169.254.169.254",
    "any address": "0.0.0.0",  # noqa: S104 - that it is refused is the point
    "any address, short": "0",
    "any address in IPv6": "::",
    "everyone": "255.255.255.255",
    "a group": "224.0.0.1",
    "a group in IPv6": "ff02::1",
    "a neighbour on the link": "fe80::1",
    "the internet": "8.8.8.8",
    "the internet in IPv6": "2001:4860:4860::8888",
    "home, mapped": "::ffff:10.1.2.3",
    "just before home": "172.15.255.255",
    "just after home": "172.32.0.0",
    "carriers": "100.64.0.1",
    "nothing": "",
    "a space": " ",
    "an address and a space": "10.1.2.3 ",
    "two addresses": "10.1.2.3 127.0.0.1",
    "an address and a line": "10.1.2.3\n",
    "an address and a port": "10.1.2.3/24",
    "a page": "http://10.1.2.3/",
    "somebody at home": "me@10.1.2.3",
    "a null": "10.1.2.3\0",
    "10,000 characters": "a" * 10_000,
    "254 characters": "a" * 254,
    "a label of 64 characters": "a" * 64 + ".example",
    "an empty label": "a..b",
    "a dash first": "-plug",
    "wide digits": "１０.1.2.3",
    "digits in circles": "①⓪.1.2.3",
    "an umlaut": "plüg.example",
    "a dot that is none": "10。1。2。3",
    "a direction": "\u202e3.2.1.01",
}


@pytest.mark.parametrize("host", FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_a_plug_may_be_nowhere_else(host: str, names: Names) -> None:
    if not _is_numeric(host):
        names(localhost=["127.0.0.1", "::1"])
    with pytest.raises(BadAddress) as refusal:
        addresses.check(host, simulated=False)
    assert 10 < len(str(refusal.value)) < 400


def _is_numeric(host: str) -> bool:
    try:
        socket.getaddrinfo(host or " ", None, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError, ValueError):
        return False
    return True


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "127.255.255.255", "::1"])
def test_a_simulated_plug_may_be_on_this_machine(host: str) -> None:
    assert addresses.choose(host, addresses.resolve(host), simulated=True) == host


@pytest.mark.parametrize("host", ["10.1.2.3", "192.168.1.20", "169.254.169.254", "0.0.0.0", "::ffff:127.0.0.1"])  # noqa: S104
def test_a_simulated_plug_may_be_nowhere_else(host: str) -> None:
    with pytest.raises(BadAddress):
        addresses.check(host, simulated=True)


def test_a_simulated_plug_may_be_at_localhost(names: Names) -> None:
    names(localhost=["::1", "127.0.0.1"])
    addresses.check("localhost", simulated=True)
    assert addresses.resolve("localhost") == ["::1", "127.0.0.1"]


def test_a_name_stands_for_the_first_of_its_addresses_at_home(names: Names) -> None:
    names(plug=["192.168.1.20", "fd00::20"])
    assert addresses.choose("plug.lan", addresses.resolve("plug.lan"), simulated=False) == "192.168.1.20"


@pytest.mark.parametrize(
    "found",
    [["10.1.2.3", "127.0.0.1"], ["127.0.0.1", "10.1.2.3"], ["10.1.2.3", "fe80::1%eth0"], ["10.1.2.3", "8.8.8.8"]],
)
def test_a_name_with_an_allowed_and_a_forbidden_address_is_refused(names: Names, found: list[str]) -> None:
    names(plug=found)
    forbidden = next(address for address in found if address != "10.1.2.3")
    with pytest.raises(BadAddress) as refusal:
        addresses.check("plug.example", simulated=False)
    assert f"plug.example ({forbidden})" in str(refusal.value)


def test_a_name_that_nobody_knows_is_refused_by_its_name(names: Names) -> None:
    names()
    with pytest.raises(BadAddress, match=r"nowhere\.example"):
        addresses.check("nowhere.example", simulated=False)


def test_a_name_without_an_address_is_refused(names: Names) -> None:
    names(empty=[])
    with pytest.raises(BadAddress, match="has no address"):
        addresses.check("empty", simulated=False)


def test_what_is_not_a_host_never_reaches_the_name_service(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *_, **__: asked.append(host))
    for host in ("", " ", "a b", "a" * 10_000, "plüg", "http://10.1.2.3/"):
        with pytest.raises(BadAddress, match="is not a host name or an address"):
            addresses.check(host, simulated=False)
    assert asked == []
