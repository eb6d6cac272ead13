"""Where a plug may be: the networks that Cloudsite will speak to, and no others.

A plug's address is typed in by a curator, and the conductor connects to it: without this list a curator's form would
be a way into anything the machine can reach. `ipaddress.is_private` will not do, since it is true for loopback and
for 169.254.169.254.
"""

import ipaddress
import re
import socket
from collections.abc import Iterable, Mapping

from clouds.wording import Worded, gettext_noop

HOME_NETWORKS = [
    ipaddress.ip_network(network) for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
]
LOOPBACK_NETWORKS = [ipaddress.ip_network(network) for network in ("127.0.0.0/8", "::1/128")]
NOT_HERE = gettext_noop("%(where)s is not on this machine, where simulated plugs are: their addresses begin with 127.")
NOT_LOCAL = gettext_noop(
    "%(where)s is not on a local network: plugs may be at 10.…, 172.16.… to 172.31.…, or 192.168.…."
)
_HOST = re.compile(r"[0-9A-Za-z]([0-9A-Za-z.:_-]{0,251}[0-9A-Za-z])?|::1")


class BadAddress(Worded):
    """A host that Cloudsite will not speak to; the message says why, in a curator's words."""


def check(host: str, *, simulated: bool) -> None:
    """Raise BadAddress unless every address of `host` is one where such a plug may be. Asks the name service."""
    choose(host, resolve(host), simulated=simulated)


def resolve(host: str) -> list[str]:
    """The addresses of a host name, or of an address itself. Raises BadAddress when there are none."""
    if not _HOST.fullmatch(host):
        raise BadAddress(gettext_noop("“%(host)s” is not a host name or an address."), host=host[:60])
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise BadAddress(
            gettext_noop("No device is known by the name “%(host)s”. Is it spelled right? An address works too."),
            host=host,
        ) from error
    return [str(entry[4][0]) for entry in found]


def choose(host: str, found: Iterable[str], *, simulated: bool) -> str:
    """The address to connect to, among those `found` for `host`. Raises BadAddress when one of them is not allowed."""
    networks = LOOPBACK_NETWORKS if simulated else HOME_NETWORKS
    addresses = list(found)
    for address in addresses:
        if not any(ipaddress.ip_address(address.split("%")[0]) in network for network in networks):
            where = host if host == address else f"{host} ({address})"
            raise BadAddress(NOT_HERE if simulated else NOT_LOCAL, where=where)
    if not addresses:
        raise BadAddress(gettext_noop("%(host)s has no address."), host=host)
    return addresses[0]


def of_visitor(meta: Mapping[str, str]) -> str:
    """Where a request came from: what a proxy on this machine says last, else the peer.

    An IPv6 address stands for its /64, since that is what one household has.
    """
    peer = meta.get("REMOTE_ADDR", "")
    said = meta.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
    try:
        if said and (not peer or ipaddress.ip_address(peer).is_loopback):
            peer = said
        address = ipaddress.ip_address(peer.split("%")[0])
    except ValueError:
        return "unknown"
    if address.version == 6 and (mapped := address.ipv4_mapped):
        address = mapped
    return str(ipaddress.ip_network((address, 64 if address.version == 6 else 32), strict=False))
