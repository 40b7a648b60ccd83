"""The stream is cut where messages end, wherever the network cuts it."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsops.errors import BadAnswer
from hsops.plugins.ovn.ovsdb import framing
from hsops.plugins.ovn.ovsdb.framing import Framer

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
MESSAGES = st.lists(st.dictionaries(st.text(), JSON, max_size=3), max_size=6)


@given(messages=MESSAGES, cuts=st.lists(st.integers(0, 400)), between=st.sampled_from([b"", b" ", b"\n"]))
def test_any_messages_cut_anywhere(messages: list[dict[str, object]], cuts: list[int], between: bytes) -> None:
    stream = b"".join(msgspec.json.encode(message) + between for message in messages)
    places = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    framer = Framer("ovn")
    found = [
        msgspec.json.decode(message)
        for start, end in itertools.pairwise(places)
        for message in framer.feed(stream[start:end])
    ]
    assert found == messages


def test_braces_and_quotes_in_names_end_nothing() -> None:
    hostile = {"name": '}{"}{\\"', "ids": ["}", '\\"{']}
    data = msgspec.json.encode(hostile)
    assert [msgspec.json.decode(one) for one in Framer("ovn").feed(data + data)] == [hostile, hostile]


@pytest.mark.parametrize("data", [b"HTTP/1.1 400 Bad Request\r\n\r\n{}", b"\x16\x03\x01{}", b"[1]{}"])
def test_another_protocol_is_told(data: bytes) -> None:
    with pytest.raises(BadAnswer, match="no OVSDB server"):
        list(Framer("ovn").feed(data))


def test_a_flood_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(framing, "LARGEST", 1000)
    framer = Framer("ovn")
    list(framer.feed(b'{"a": "' + b"x" * 900))
    with pytest.raises(BadAnswer, match="more than 1000 bytes"):
        list(framer.feed(b"x" * 200))
