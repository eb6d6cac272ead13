"""The codec against the bytes that others have published, and against python-kasa's."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kasa.transports.xortransport import XorEncryption

from clouds.simulator import wire

# The frame that the protocol's documentation shows for switching off.
OFF_PUBLISHED = bytes.fromhex(
    "0000002ad0f281f88bff9af7d5ef94b6c5a0d48bf99cf091e8b7c4b0d1a5c0e2d8a381f286e793f6d4eedea3dea3"
)

messages = st.dictionaries(st.text(), st.integers() | st.text() | st.none() | st.lists(st.booleans()), max_size=5)


def test_the_published_frame_is_made_byte_by_byte():
    assert wire.frame({"system": {"set_relay_state": {"state": 0}}}) == OFF_PUBLISHED


@given(st.text())
def test_python_kasa_reads_what_we_write_and_we_read_what_it_writes(text):
    assert XorEncryption.decrypt(wire.scramble(text.encode())) == text
    assert wire.unscramble(XorEncryption.encrypt(text)[4:]) == text.encode()


@given(st.lists(messages, max_size=4), st.lists(st.integers(0, 400), max_size=8))
def test_frames_survive_any_cutting(sent, cuts):
    data = b"".join(wire.frame(message) for message in sent)
    edges = sorted(min(cut, len(data)) for cut in cuts)
    deframer = wire.Deframer()
    pieces = [data[begin:end] for begin, end in zip([0, *edges], [*edges, len(data)], strict=True)]
    bodies = [body for piece in pieces for body in deframer.feed(piece)]
    assert [wire.decode(body) for body in bodies] == sent


@given(st.binary(max_size=200))
def test_noise_is_no_message_and_no_error(noise):
    message = wire.decode(noise)
    assert message is None or isinstance(message, dict)


def test_a_message_is_an_object():
    assert wire.decode(wire.scramble(json.dumps([1]).encode())) is None


def test_a_length_beyond_all_reason_is_refused():
    with pytest.raises(wire.FrameTooLongError):
        wire.Deframer().feed(b"GET / HTTP/1.1\r\n")
