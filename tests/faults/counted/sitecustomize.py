"""With this folder on PYTHONPATH, a process refuses to connect to other machines and to look names up, and notes it.

Each try is a line of the file that COUNTED_CONNECTS names: the event and what was asked for. COUNTED_LOOPBACK=1 has
connects to this machine noted as well, which are never refused.
"""

import ipaddress
import os
import sys

_ASKED_FOR = {  # for each event, which of its arguments says who is asked for
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
}


def _is_here(host):
    try:
        return host in (None, "", "localhost", b"localhost") or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _note(event, arguments):
    if event not in _ASKED_FOR:
        return
    address = arguments[_ASKED_FOR[event]]
    if event.startswith(("socket.connect", "socket.send")) and not isinstance(address, tuple):
        return  # a socket of Unix, or an answer on a connection
    host = address[0] if isinstance(address, tuple) else address
    is_here = _is_here(host)
    if is_here and not (event == "socket.connect" and os.environ.get("COUNTED_LOOPBACK")):
        return
    with open(os.environ["COUNTED_CONNECTS"], "a", encoding="utf-8") as file:
        file.write(f"{event} {address!r}\n")
    if not is_here:
        raise ConnectionRefusedError(f"{event} {address!r} is not allowed here")


if "COUNTED_CONNECTS" in os.environ:
    sys.addaudithook(_note)
