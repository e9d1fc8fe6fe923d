"""Heads of nodes that fall behind, on a chain in memory."""

from typing import Any, cast

import pytest

from tests.support.fake_rpc import FakeRpc
from tests.support.sending import Counting, Said
from walras.chain.follow import Follower
from walras.chain.rpc import BehindError, Head


class Lagging(FakeRpc):
    """A chain that can be shown as it was before."""

    top: int | None = None
    """The head that is shown."""

    def head(self, block: str = "latest") -> Head:
        if len(block) == 66:
            return next(one.head for one in self.blocks if one.head.hash == block)
        if block == "latest" and self.top is not None:
            return self.blocks[self.top].head
        if block != "latest" and int(block, 16) >= len(self.blocks):
            raise LookupError(block)
        return super().head(block)


def made(blocks: int, most: int = 64) -> tuple[Lagging, Follower, Counting]:
    chain, meter = Lagging(), Counting()
    for _ in range(blocks):
        chain.mine()
    return chain, Follower(cast(Any, chain), most=most, meter=meter, log=Said()), meter


def test_a_node_behind_all_that_is_remembered_replaces_nothing() -> None:
    """As after a start by one node, with the next question answered by another."""
    chain, follower, meter = made(9)
    follower.poll()
    chain.top = 7
    with pytest.raises(BehindError, match="its head is 7, after 9"):
        follower.poll()
    chain.top = None
    assert follower.poll() == []
    chain.mine()
    assert [(one.head.number, one.depth) for one in follower.poll()] == [(10, 0)]
    assert meter.counts["reorganisations"] == 0


def test_nor_does_one_whose_head_was_skipped() -> None:
    chain, follower, _ = made(3, most=5)
    follower.poll()
    for _ in range(20):
        chain.mine()
    assert [one.skipped for one in follower.poll()] == [19]
    chain.top = 12
    with pytest.raises(BehindError, match="its head is 12, after 23"):
        follower.poll()
    chain.top = None
    chain.reorg(12, keep=False)
    first = follower.poll()[0]
    assert (first.head.number, first.depth) == (4, 1)


def test_a_chain_that_was_rolled_back_is_followed_once_it_is_as_high_again() -> None:
    chain, follower, meter = made(9)
    before = follower.poll()[0].head
    chain.reorg(4, keep=False)
    del chain.blocks[-3:]
    for _ in range(3):
        with pytest.raises(BehindError):
            follower.poll()
        chain.mine(seconds=5)
    [told] = follower.poll()
    assert told.replaced == (before,)
    assert meter.counts["reorganisations"] == 1
