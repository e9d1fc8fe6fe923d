"""An exchange that a story is told to: the system, what is read of it, and how a step is done."""

from walras.audit.chain import Log
from walras.audit.events import Event, parse
from walras.audit.ghost import Ghost
from walras.audit.state import State
from walras.audit.story import Price, Step
from walras.audit.system import System


class World:
    """One exchange at one time."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.chain = system.chain
        self.state = State(system)
        self.ghost = Ghost(system)
        self.names = {
            name: str(getattr(system, name))
            for name in (
                "token",
                "votes",
                "timelock",
                "governor",
                "treasury",
                "router",
                "engine",
                "fund",
                "vault",
                "liquidation",
                "triggers",
                "fees",
                "guardian",
            )
        }
        self.manners: dict[str, tuple[int, int]] = {}
        self.base = self.chain.evm.snapshot()
        self.base_time = self.chain.time

    def reset(self) -> None:
        """Back to the beginning."""
        self.chain.evm.revert(self.base)
        self.base = self.chain.evm.snapshot()
        self.chain.time = self.base_time
        self.ghost = Ghost(self.system)
        self.manners = {}

    def publish(self, prices: tuple[Price, ...]) -> None:
        """Sources say something else."""
        write, feeds = self.chain.evm.insert_account_storage, self.system.feeds
        for market, feed, price, confidence, at, manner in prices:
            where = feeds[market][feed]
            write(where, 1, price)
            write(where, 3, at)
            known = self.manners.get(where)
            if known != (manner, confidence):
                self.manners[where] = (manner, confidence)
                write(where, 0, manner)
                write(where, 2, confidence)

    def begin(self, step: Step) -> None:
        """Time passes and prices come."""
        if step.wait:
            self.chain.time += step.wait
        if step.prices:
            self.publish(step.prices)

    def act(self, step: Step) -> tuple[bytes | None, list[Event]]:
        """The transaction: what it returned, and what it logged."""
        answer = self.chain.send(step.who, self.names.get(step.to, step.to), step.data)
        if answer is None:
            return None, []
        logs: list[Log] = self.chain.logs()
        return answer, parse(logs)
