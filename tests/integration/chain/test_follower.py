"""Heads one after the other on anvil, and reorganisations."""

from itertools import pairwise

import pytest

from tests.support.anvils import CHAIN, Anvil, anvil
from tests.support.faulty_proxy import faulty_proxy
from tests.support.sending import Counting, Said
from walras.chain.follow import Follower
from walras.chain.rpc import Rpc


def follower_of(node: Anvil, **more: int) -> tuple[Follower, Said, Counting]:
    said, meter = Said(), Counting()
    return Follower(Rpc([node.url], CHAIN, log=said), log=said, meter=meter, **more), said, meter


def test_every_block_once() -> None:
    with anvil() as node:
        follower, said, _ = follower_of(node)
        assert [one.head.number for one in follower.poll()] == [0]
        assert follower.poll() == []
        node.mine(3)
        told = follower.poll()
        assert [one.head.number for one in told] == [1, 2, 3]
        assert all(one.depth == one.skipped == 0 for one in told)
        assert all(one.head.parent == before.head.hash for before, one in pairwise(told))
        assert follower.tip == told[-1].head
        assert said.failures() == []


@pytest.mark.parametrize("depth", [1, 3])
def test_reorg(depth: int) -> None:
    """The blocks that went are told with the first of those that came, from the highest."""
    with anvil() as node:
        follower, said, meter = follower_of(node)
        follower.poll()
        node.mine(5)
        before = [one.head for one in follower.poll()]
        node.ask("anvil_reorg", depth, [])
        told = follower.poll()
        assert [one.head.number for one in told] == list(range(6 - depth, 6))
        assert told[0].replaced == tuple(reversed(before[5 - depth :]))
        assert [one.depth for one in told] == [depth] + [0] * (depth - 1)
        assert said.has("blocks replaced", depth=depth)
        assert meter.counts["reorganisations"] == 1
        assert follower.poll() == []


def test_reorg_to_a_shorter_chain() -> None:
    """As nodes show one while they put the new blocks in."""
    with anvil() as node:
        follower, _, _ = follower_of(node)
        node.mine(3)
        follower.poll()
        node.mine(2)
        follower.poll()
        node.ask("anvil_rollback", 2)
        assert follower.poll() == []  # the same blocks, fewer of them: as from a node that is behind
        node.ask("evm_increaseTime", 100)
        node.mine(1)
        told = follower.poll()
        assert [(one.head.number, one.depth) for one in told] == [(4, 2)]


def test_many_blocks_at_once() -> None:
    """More than are to be told of: the last one, and how many were skipped; a reorganisation is found."""
    with anvil() as node:
        follower, said, _ = follower_of(node, most=5)
        follower.poll()
        node.mine(3)
        follower.poll()
        node.ask("anvil_reorg", 1, [])
        node.mine(8)
        told = follower.poll()
        assert [(one.head.number, one.skipped, one.depth) for one in told] == [(11, 7, 1)]
        assert said.has("blocks skipped", blocks=7)
        node.mine(1)
        assert [(one.head.number, one.depth) for one in follower.poll()] == [(12, 0)]


def test_a_node_that_is_behind() -> None:
    """An endpoint that shows an older head of the same chain is no reorganisation."""
    with anvil() as node, faulty_proxy(node.url) as proxy:
        said = Said()
        follower = Follower(Rpc([proxy.url], CHAIN, log=said), log=said)
        node.mine(2)
        proxy.freeze()
        proxy.fault = ""
        follower.poll()
        node.mine(2)
        assert [one.head.number for one in follower.poll()] == [3, 4]
        proxy.fault = "frozen"
        assert follower.poll() == []
        proxy.fault = ""
        assert follower.poll() == []
        node.mine(1)
        assert [(one.head.number, one.depth) for one in follower.poll()] == [(5, 0)]
        assert said.failures() == []


def test_deeper_than_is_remembered() -> None:
    """All that was known is replaced, and it is said."""
    with anvil() as node:
        node.mine(5)
        follower, said, _ = follower_of(node)
        follower.poll()
        node.mine(1)
        follower.poll()
        node.ask("anvil_reorg", 4, [])
        told = follower.poll()
        assert told[0].depth == 2
        assert said.has("a reorganisation deeper than is remembered")
        assert follower.tip == told[-1].head
