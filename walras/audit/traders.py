"""Orders, collateral and rights of traders."""

from typing import Final

from eth_utils.crypto import keccak

from walras.audit.chain import call, selector, words
from walras.audit.hand import MAX_ORDER, ORDER, PLACE, Hand, name
from walras.audit.story import Step
from walras.audit.system import (
    BUILDER,
    FAR,
    KEEPERS,
    KEYS,
    NOBODY,
    REFERRER,
    STRANGER,
    owner,
)

_ORDER_TEXT: Final = (
    "NewOrder(bool is_ask,uint256 tick,uint256 lots,bool batch_only,bool post_only,bool reduce_only,"
    "uint256 expiry,uint256 client_id)"
)
_ORDER_TYPE: Final = keccak(text=_ORDER_TEXT)
_PLACE_TYPE: Final = keccak(
    text="Place(uint256 account,uint256 market,NewOrder order,uint256 nonce,uint256 deadline)" + _ORDER_TEXT
)
_CANCEL_TYPE: Final = keccak(
    text="Cancel(uint256 account,uint256 market,uint256 order_id,uint256 lots,uint256 nonce,uint256 deadline)"
)
_GRANT_TYPE: Final = keccak(
    text="Grant(uint256 account,address operator,uint256 permissions,uint256 actions,uint256 expiry,"
    "uint256 nonce,uint256 deadline)"
)
_DOMAIN: Final = (
    keccak(text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
    + keccak(text="Walras PerpEngine")
    + keccak(text="1")
)


def place_signed(
    engine: str, account: int, market: int, order: tuple[int, ...], nonce: int, deadline: int, chain: int = 1
) -> bytes:
    """Calldata of an order that the account's owner signed for an engine on a chain."""
    inner = keccak(_ORDER_TYPE + words(*order))
    content = _PLACE_TYPE + words(account, market) + inner + words(nonce, deadline)
    given = account, market, *order, nonce, deadline
    return _signed(f"place_signed(uint256,uint256,{ORDER},", given, content, engine, chain)


def cancel_signed(
    engine: str, account: int, market: int, order: tuple[int, ...], nonce: int, deadline: int, chain: int = 1
) -> bytes:
    """The same of a cancel, of an order's id and lots."""
    given = account, market, *order, nonce, deadline
    content = _CANCEL_TYPE + words(*given)
    return _signed("cancel_signed(uint256,uint256,uint256,uint256,", given, content, engine, chain)


def grant_signed(
    engine: str,
    account: int,
    operator: int,
    grant: tuple[int, ...],
    nonce: int,
    deadline: int,
    chain: int = 1,
) -> bytes:
    """The same of an operator, of permissions, actions and expiry."""
    given = account, operator, *grant, nonce, deadline
    content = _GRANT_TYPE + words(*given)
    return _signed("grant_signed(uint256,address,uint256,uint256,uint256,", given, content, engine, chain)


def _signed(what: str, given: tuple[int, ...], content: bytes, engine: str, chain: int) -> bytes:
    """Calldata of a call whose first argument is an account, and the last its owner's signature."""
    domain = keccak(_DOMAIN + words(chain, int(engine, 16)))
    signature = KEYS[owner(given[0])].sign_msg_hash(keccak(b"\x19\x01" + domain + keccak(content)))
    raw = words(signature.r, signature.s) + bytes([27 + signature.v])
    data = call(f"{what}uint256,uint256,bytes)", *given, 32 * (len(given) + 1), 65)
    return data + raw.ljust(96, b"\0")


class Traders(Hand):
    """Orders, collateral and rights of traders."""

    def place(self, closing: bool = False) -> Step | None:
        """An order."""
        account = self.trader()
        market = self.where(account)
        if closing and not self.state.lots(account, market):
            return None
        order = self.order(account, market, closing)
        told = self.told_order(account, market, order)
        data = call(PLACE, account, market, *order)
        return Step("close" if closing else "place", owner(account), "engine", data, told, account, market)

    def close(self) -> Step | None:
        """An order against a position."""
        return self.place(True)

    def cancel(self) -> Step | None:
        """An order, or part of it."""
        found = self.open_order()
        if found is None:
            return None
        market, order, account, lots = found
        taken = self.random.choice((MAX_ORDER, MAX_ORDER, 1, max(1, lots // 2)))
        told = f"{name(account)} takes {min(taken, lots)} lots off an order in {market}"
        return self.engine(
            "cancel",
            owner(account),
            told,
            "cancel(uint256,uint256,uint256,uint256)",
            account,
            market,
            order,
            taken,
            account=account,
            market=market,
        )

    def cancel_all(self) -> Step | None:
        """All orders in a market."""
        account, market = self.trader(), self.market()
        return self.engine(
            "cancel_all",
            owner(account),
            f"{name(account)} cancels all in {market}",
            "cancel_all(uint256,uint256)",
            account,
            market,
            account=account,
            market=market,
        )

    def replace(self) -> Step | None:
        """A ladder moves."""
        found = self.open_order()
        account, market = (found[2], found[0]) if found else (self.trader(), self.market())
        old = [found[1]] if found else []
        new = [self.order(account, market) for _ in range(self.random.randrange(4))]
        # cancel_replace(account, market, ids, orders, strict): two lists behind five words
        data = words(
            account, market, 160, 192 + 32 * len(old), self.random.randrange(2), len(old), *old, len(new)
        )
        data += b"".join(words(*order) for order in new)
        head = selector(f"cancel_replace(uint256,uint256,uint256[],{ORDER}[],bool)")
        told = f"{name(account)} replaces {len(old)} orders by {len(new)} in {market}"
        return Step("replace", owner(account), "engine", head + data, told, account, market)

    def deposit(self) -> Step | None:
        """Collateral comes in."""
        account = self.trader()
        amount = self.random.randrange(1, 3_000) * self.usd + self.random.randrange(1_000)
        return self.engine(
            "deposit",
            owner(account),
            f"{name(account)} deposits {amount}",
            "deposit(uint256,uint256)",
            account,
            amount,
            account=account,
        )

    def withdraw(self) -> Step | None:
        """Collateral leaves; at times all that is free of it, a unit more, or what is not free as well."""
        account = self.trader()
        amount = self.some(self.free(account)) if self.random.random() < 0.3 else self.free(account) // 4
        if self.random.random() < 0.05:
            amount = max(0, self.state.collateral(account))
        to = int(owner(account), 16)
        return self.engine(
            "withdraw",
            owner(account),
            f"{name(account)} withdraws {amount}",
            "withdraw(uint256,uint256,address)",
            account,
            amount,
            to,
            account=account,
        )

    def transfer(self) -> Step | None:
        """Collateral moves to a sub-account; at times what is not free as well."""
        account = self.trader()
        amount = self.some(self.free(account)) if self.random.random() < 0.3 else self.free(account) // 3
        if self.random.random() < 0.05:
            amount = max(0, self.state.collateral(account))
        return self.engine(
            "transfer",
            owner(account),
            f"{name(account)} moves {amount} to {name(account ^ 1)}",
            "transfer(uint256,uint256,uint256)",
            account,
            account ^ 1,
            amount,
            account=account,
        )

    def share(self) -> Step | None:
        """A referrer and a builder."""
        account = self.trader()
        builder = self.random.choice((NOBODY, BUILDER))
        ppm = self.random.choice((0, 333, 1_000)) if builder != NOBODY else 0
        referrer = self.random.choice((NOBODY, REFERRER))
        return self.engine(
            "share",
            owner(account),
            f"{name(account)} gives a builder {ppm} ppm",
            "set_sharing(uint256,address,address,uint256)",
            account,
            int(referrer, 16),
            int(builder, 16),
            ppm,
            account=account,
        )

    def grant(self) -> Step | None:
        """Triggers may act again, or not."""
        account = self.trader()
        allowed = self.random.choice((5, 5, 4, 0))
        return self.engine(
            "grant",
            owner(account),
            f"{name(account)} grants triggers {allowed}",
            "set_operator(uint256,address,uint256,uint256,uint256)",
            account,
            int(self.system.triggers, 16),
            allowed,
            2**32 - 1,
            FAR,
            account=account,
        )

    def switch(self) -> Step | None:
        """A dead-man's switch."""
        account, market = self.trader(), self.market()
        at = self.chain.time + self.random.choice((10, 60))
        return self.engine(
            "switch",
            owner(account),
            f"{name(account)} sets a switch in {market}",
            "cancel_all_after(uint256,uint256,uint256)",
            account,
            market,
            at,
            account=account,
            market=market,
        )

    def sweep(self) -> Step | None:
        """Expired orders go, by anyone."""
        found = self.open_order()
        if found is None:
            return None
        market, order, account, _ = found
        return self.engine(
            "sweep",
            KEEPERS[0],
            f"sweep of an order of {name(account)}",
            "sweep(uint256,uint256,uint256[])",
            account,
            market,
            96,
            1,
            order,
            account=account,
            market=market,
        )

    def signed(self) -> Step | None:
        """A signed order, by a relayer."""
        account, market = self.trader(), self.market()
        order = self.order(account, market)
        self.nonce += 1
        data = place_signed(self.system.engine, account, market, order, self.nonce, self.chain.time + 600)
        told = f"signed: {self.told_order(account, market, order)}"
        step = Step("signed", KEEPERS[1], "engine", data, told, account, market, value=self.nonce)
        self.signatures.append(step)
        return step

    def replayed(self) -> Step | None:
        """A signature a second time, by somebody else."""
        if not self.signatures:
            return None
        old = self.random.choice(self.signatures[-8:])
        return Step(
            "replayed", STRANGER, "engine", old.data, old.told, old.account, old.market, value=old.value
        )

    def multicall(self) -> Step | None:
        """Two calls in one."""
        first, second = self.place(), None
        if first is None:
            return None
        order = self.order(first.account, first.market)
        second = call(PLACE, first.account, first.market, *order)
        one, two = first.data, second
        size = (len(one) + 31) // 32 * 32
        data = selector("multicall(bytes[])") + words(32, 2, 64, 96 + size)
        data += (
            words(len(one))
            + one.ljust(size, b"\0")
            + words(len(two))
            + two.ljust((len(two) + 31) // 32 * 32, b"\0")
        )
        return Step(
            "multicall", first.who, "engine", data, f"twice: {first.told}", first.account, first.market
        )
