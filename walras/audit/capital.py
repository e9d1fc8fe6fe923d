"""The vault's providers, the insurance's stakers, and where fees go."""

from walras.audit.chain import call, slot_of
from walras.audit.hand import Hand
from walras.audit.story import Step
from walras.audit.system import (
    DAY,
    DONOR,
    OTHER,
    PROVIDERS,
    STAKERS,
    STRANGER,
)


class Capital(Hand):
    """The vault's providers, the insurance's stakers, and where fees go."""

    def enter(self) -> Step | None:
        """Capital for the vault."""
        who = self.random.choice((*PROVIDERS, STRANGER))
        amount = self.random.choice((1, 7, self.random.randrange(1, 20_000) * self.usd + 3))
        return self.fresh(
            self.to(
                "enter",
                who,
                "vault",
                f"{amount} into the vault",
                "deposit(uint256,address)",
                amount,
                int(who, 16),
            )
        )

    def mint(self) -> Step | None:
        """Shares, as many as are wanted."""
        who = self.random.choice((*PROVIDERS, STRANGER))
        shares = self.random.randrange(1, 5_000) * self.usd * 10**6 + self.random.randrange(10**6)
        return self.fresh(
            self.to("mint", who, "vault", f"mint {shares}", "mint(uint256,address)", shares, int(who, 16))
        )

    def shares_of(self, who: str) -> int:
        """Of the vault."""
        return int(self.state.storage(self.system.vault, slot_of(self.at.vault_shares, int(who, 16))))

    def ask_back(self) -> Step | None:
        """Shares are to be redeemed."""
        who = self.random.choice((*PROVIDERS, STRANGER))
        shares = self.some(self.shares_of(who)) // self.random.choice((1, 3, 10))
        return self.fresh(
            self.to(
                "ask_back",
                who,
                "vault",
                f"asks {shares} shares back",
                "requestRedeem(uint256,address,address)",
                shares,
                int(who, 16),
                int(who, 16),
            )
        )

    def leave(self) -> Step | None:
        """A request is claimed."""
        who = self.random.choice((*PROVIDERS, STRANGER))
        found = int(self.state.storage(self.system.vault, slot_of(self.at.vault_requests, int(who, 16))))
        shares = self.some(found)
        return self.fresh(
            self.to(
                "leave",
                who,
                "vault",
                f"claims {shares} shares",
                "redeem(uint256,address,address)",
                shares,
                int(who, 16),
                int(who, 16),
            )
        )

    def take_out(self) -> Step | None:
        """The same in assets."""
        who = self.random.choice((*PROVIDERS, STRANGER))
        answer = self.chain.ask(self.system.vault, call("maxWithdraw(address)", int(who, 16)))
        most = int.from_bytes(answer) if answer else 0
        return self.fresh(
            self.to(
                "take_out",
                who,
                "vault",
                f"claims {most} assets",
                "withdraw(uint256,address,address)",
                self.some(most),
                int(who, 16),
                int(who, 16),
            )
        )

    def share_move(self) -> Step | None:
        """Shares change hands."""
        giver, taker = self.random.sample((*PROVIDERS, STRANGER), 2)
        amount = self.some(self.shares_of(giver)) // 10
        return self.to(
            "share_move", giver, "vault", "shares move", "transfer(address,uint256)", int(taker, 16), amount
        )

    def stake(self) -> Step | None:
        """Into the insurance."""
        who = self.random.choice(STAKERS)
        amount = self.random.randrange(1, 3_000) * self.usd + 1
        return self.to(
            "stake", who, "fund", f"stakes {amount}", "stake(uint256,address)", amount, int(who, 16)
        )

    def ask_exit(self) -> Step | None:
        """Out of it."""
        who = self.random.choice(STAKERS)
        answer = self.chain.ask(self.system.fund, call("shares_of(address)", int(who, 16)))
        shares = self.some(int.from_bytes(answer)) if answer else 0
        return self.to(
            "ask_exit", who, "fund", f"asks to exit with {shares}", "request_exit(uint256)", shares
        )

    def exit(self) -> Step | None:
        """Claim of a staker."""
        who = self.random.choice(STAKERS)
        step = self.to("exit", who, "fund", "claims the stake", "claim(address)", int(who, 16))
        if self.random.random() < 0.2:
            step.wait = 14 * DAY
            step.prices = self.prices.steady(self.chain.time + step.wait)
        return step

    def contribute(self) -> Step | None:
        """A gift to the reserve."""
        amount = self.random.randrange(1, 200) * self.usd
        return self.to("contribute", DONOR, "fund", f"contributes {amount}", "contribute(uint256)", amount)

    def distribute(self) -> Step | None:
        """Fees into pots."""
        return self.to("distribute", STRANGER, "fees", "distribute", "distribute()")

    def deliver(self) -> Step | None:
        """A pot to its purpose."""
        to = self.random.choice((self.system.fund, self.system.vault))
        return self.to("deliver", STRANGER, "fees", "deliver", "deliver(address)", int(to, 16))

    def fetch(self) -> Step | None:
        """A pot is fetched."""
        return self.to("fetch", OTHER, "fees", "claim of fees", "claim(address)", int(OTHER, 16))

    def donate(self) -> Step | None:
        """Tokens that nobody asked for."""
        to = self.random.choice(("engine", "fund", "vault", "fees", "triggers", "liquidation"))
        at = int(str(getattr(self.system, to)), 16)
        amount = self.random.choice((1, 1_000 * self.usd))
        step = self.to("donate", DONOR, "token", f"{amount} to {to}", "transfer(address,uint256)", at, amount)
        step.value = (to, amount)
        return step
