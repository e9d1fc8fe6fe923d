"""Chainlink's own contracts, and what the people and machines behind them do."""

from typing import Final

from tests.support.solidity import chainlink
from walras.devtools.evm import Contract, Evm, address

NOBODY: Final = "0x" + "00" * 20

_FIRST_ORACLE: Final = 0xF100
_L1_SENDER: Final = address(0xF000)
_PHASE_BITS: Final = 64  # a proxy's round id: the phase, then the round id of the phase's aggregator


class Flux:
    """A FluxAggregator behind an EACAggregatorProxy, open to all readers. All its oracles answer a round."""

    def __init__(
        self,
        evm: Evm,
        oracles: int = 1,
        decimals: int = 8,
        minimum: int = 1,
        maximum: int = 2**95,
        timeout: int = 1800,
        description: str = "ETH / USD",
    ) -> None:
        """Minimum and maximum bound an oracle's answer; a round may be passed over after the timeout, in
        seconds (0: never)."""
        self.evm = evm
        self.oracles = [address(_FIRST_ORACLE + number) for number in range(oracles)]
        self._config = (0, timeout, NOBODY, minimum, maximum, decimals, description)
        self.aggregator = self._aggregator()
        self.proxy = evm.deploy(
            chainlink("EACAggregatorProxy"), self.aggregator.address, NOBODY, foreign=True
        )
        self.address = self.proxy.address

    def submit(self, *answers: int) -> int:
        """A full round, of one answer by all oracles or of one answer each; the proxy's id of it.

        It is the round that waits for answers, unless that has timed out. Raises Reverted for an answer out
        of bounds.
        """
        round_id = self._open_round()
        given = answers * len(self.oracles) if len(answers) == 1 else answers
        for oracle, answer in zip(self.oracles, given, strict=True):
            self.aggregator.submit(round_id, answer, sender=oracle)
        return self._proxy_id(round_id)

    def start_incomplete(self) -> int:
        """A round that is started and left without an answer; the proxy's id of it.

        Raises Reverted while another such round has not timed out.
        """
        return self._proxy_id(self.aggregator.requestNewRound())

    def new_phase(self) -> None:
        """Put another aggregator, without an answer yet, behind the proxy: round ids jump."""
        self.aggregator = self._aggregator()
        self.proxy.proposeAggregator(self.aggregator.address)
        self.proxy.confirmAggregator(self.aggregator.address)

    def _aggregator(self) -> Contract:
        # Oracles are paid nothing, so LINK is never called.
        made = self.evm.deploy(chainlink("FluxAggregator"), NOBODY, *self._config, foreign=True)
        count = len(self.oracles)
        made.changeOracles([], self.oracles, self.oracles, count, count, 0)
        made.setRequesterPermissions(made.sender, True, 0)
        return made

    def _open_round(self) -> int:
        oracle = self.oracles[0]
        state = self.aggregator.oracleRoundState(oracle, 0, sender=oracle)
        round_id, started, timeout = int(state[1]), state[3], state[4]
        return round_id + 1 if 0 < timeout < self.evm.time - started else round_id

    def _proxy_id(self, round_id: int) -> int:
        return int(self.proxy.phaseId()) << _PHASE_BITS | round_id


class Sequencer:
    """The uptime feed of Arbitrum's sequencer behind an EACAggregatorProxy; up since it was deployed."""

    def __init__(self, evm: Evm) -> None:
        self.evm = evm
        access = evm.deploy(chainlink("SimpleWriteAccessController"), foreign=True)
        self.flags = evm.deploy(chainlink("Flags"), access.address, access.address, foreign=True)
        self.feed = evm.deploy(
            chainlink("ArbitrumSequencerUptimeFeed"), self.flags.address, _L1_SENDER, foreign=True
        )
        self.proxy = evm.deploy(chainlink("EACAggregatorProxy"), self.feed.address, NOBODY, foreign=True)
        self.address = self.proxy.address
        access.addAccess(self.feed.address)
        self.flags.addAccess(self.feed.address)
        self.feed.addAccess(self.address)
        self.feed.initialize()

    def set(self, up: bool) -> None:
        """A message from L1, of now; the feed ignores one that changes nothing."""
        self.feed.updateStatus(not up, self.evm.time, sender=self.feed.aliasedL1MessageSender())
