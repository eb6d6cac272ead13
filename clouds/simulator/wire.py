"""What legacy Kasa plugs speak: JSON under an XOR autokey, with a length in front of it on TCP.

A codec of its own: one shared with the client would agree with the client's mistakes.
"""

import json
import struct
from typing import Any

Json = dict[str, Any]
KEY = 171
MAX_FRAME = 16 * 1024
_LENGTH = struct.Struct(">I")
_compact = json.JSONEncoder(separators=(",", ":")).encode


class FrameTooLongError(Exception):
    """A length no plug would ever accept: the peer speaks something else."""


def scramble(plain: bytes) -> bytes:
    """Each byte XOR the scrambled byte before it; the first XOR 171.

    That is each byte XOR all bytes before it, which a long integer comes to by doubling: 1 byte back, then 2, 4, 8…
    """
    length = len(plain) + 1
    summed = int.from_bytes(bytes([KEY]) + plain, "big")
    back = 1
    while back < length:
        summed ^= summed >> 8 * back
        back *= 2
    return summed.to_bytes(length, "big")[1:]


def unscramble(scrambled: bytes) -> bytes:
    """The reverse of `scramble`, as one XOR of two long integers."""
    if not scrambled:
        return b""
    shifted = bytes([KEY]) + scrambled[:-1]
    plain = int.from_bytes(scrambled, "big") ^ int.from_bytes(shifted, "big")
    return plain.to_bytes(len(scrambled), "big")


def encode(message: Json) -> bytes:
    """A datagram: the message without a length."""
    return scramble(_compact(message).encode())


def decode(scrambled: bytes) -> Json | None:
    """The message, or None where it is none: a plug ignores what it cannot read."""
    try:
        message = json.loads(unscramble(scrambled))
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


def frame(message: Json) -> bytes:
    """The message as it goes over TCP: four bytes of length, big-endian, and the datagram."""
    body = encode(message)
    return _LENGTH.pack(len(body)) + body


class Deframer:
    """Cuts what arrives on one connection, in whatever pieces, into scrambled messages."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that `data` completes, in order. Raises FrameTooLongError."""
        self._bytes += data
        bodies = []
        while (body := self._next()) is not None:
            bodies.append(body)
        return bodies

    def _next(self) -> bytes | None:
        if len(self._bytes) < _LENGTH.size:
            return None
        end = _LENGTH.size + int(_LENGTH.unpack_from(self._bytes)[0])
        if end > MAX_FRAME:
            raise FrameTooLongError
        if len(self._bytes) < end:
            return None
        body = bytes(self._bytes[_LENGTH.size : end])
        del self._bytes[:end]
        return body
