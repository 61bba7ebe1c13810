"""Random streams: every purpose has a key of its own."""

from __future__ import annotations

import pytest

from swref.randomness import STREAMS, stream


def test_no_two_purposes_share_a_key():
    """Oracle: the definition. A key of one part stands for all (part, block), so first parts may not meet either."""
    families = {key[0] for key in STREAMS.values() if len(key) == 1}
    single = [key for key in STREAMS.values() if len(key) == 2]
    assert len(set(STREAMS.values())) == len(STREAMS)
    assert not families & {part for part, _ in single}


def test_a_purpose_with_one_generator_takes_no_block():
    with pytest.raises(ValueError, match="init has one generator"):
        stream(0, "init", 3)
