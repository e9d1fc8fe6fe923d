"""How fast keepers are: accounts whose health is asked a second, and the time from block to transaction.

    python -m benchmarks.keepers [--accounts 2000] [--blocks 120]

On an anvil of its own with the exchange of params/local.yaml: `--accounts` sub-accounts with an order each,
three publishers on replayed prices, all kinds of keepers in one process of their own.
"""

import argparse
import re
import statistics
import tempfile
from pathlib import Path
from typing import Any

from tests.support.exchange_on_anvil import ONE, USDC, OnAnvil, exchange_on_anvil, write_tape

KINDS = ("auctions", "prices", "liquidator", "nominator", "triggers", "sweeper", "settler", "caretaker")
LINK = 3
EACH = 200
"""Sub-accounts of one owner."""


def crowd(it: OnAnvil, count: int) -> None:
    """Accounts with a resting bid each, in blocks of a hundred transactions."""
    exchange = it.exchange
    owners = [it.accounts[place] for place in range(1, 4)]
    owners += ["0x" + f"{0xC0DE + place:040x}" for place in range(-(-count // EACH))]
    for owner in owners:
        it.ask("anvil_impersonateAccount", owner)
        it.ask("anvil_setBalance", owner, hex(10**21))
        it.do(
            owner, exchange.token.mint(owner, 10**12), exchange.token.approve(exchange.engine.address, 10**12)
        )
    it.auction(LINK, 20 * ONE)
    bid = it.order(LINK, False, 19 * ONE, 10)
    for owner in owners:
        base = int(owner, 16) << 8
        for first in range(0, EACH, 50):
            accounts = [base | number for number in range(first, min(first + 50, EACH))]
            it.post(LINK, 20 * ONE)
            if it.read(exchange.engine.mark(LINK)).due <= it.head().time + 3:
                it.auction(LINK, 20 * ONE)
            it.do(owner, *[exchange.engine.deposit(account, 10 * USDC) for account in accounts])
            it.do(owner, *[exchange.engine.place(account, LINK, bid) for account in accounts])
            count -= len(accounts)
            if count <= 0:
                return


def config(it: OnAnvil, folder: Path) -> dict[str, Any]:
    """Three publishers and all keepers."""
    now = it.head().time
    for asset, price in (("BTC", "100000"), ("ETH", "4000"), ("AVAX", "30"), ("LINK", "20")):
        write_tape(folder / f"{asset}-USD.a.csv.gz", [(now - 60 + at, price) for at in range(0, 3_000, 2)])
    reports = next(iter(it.exchange.reports))
    return it.config(
        "measured",
        [{"kind": kind} for kind in KINDS],
        venues={"a": {"kind": "replay", "folder": str(folder), "tape": "a"}},
        accounts={f"p{place}": {"key": it.key(place)} for place in (7, 8, 9)},
        publishers=[
            {"name": f"p{place}", "account": f"p{place}", "reports": reports, "venues": ["a"]}
            for place in (7, 8, 9)
        ],
    )


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--accounts", type=int, default=2_000)
    parser.add_argument("--blocks", type=int, default=120)
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, exchange_on_anvil(Path(name)) as it:
        folder = Path(name) / "tapes"
        folder.mkdir()
        crowd(it, words.accounts)
        print(f"{words.accounts} accounts with an order, at block {it.head().number}", flush=True)
        with it.keepers(config(it, folder)) as keepers:
            scans = []
            for _ in range(words.blocks):
                status = keepers.wait_for(it.mine().number)
                scans.append(status["scan_seconds"])
            late = [one["ms"] for one in keepers.lines("sent") if one["keeper"] == "auctions"]
            per_head = list(dict.fromkeys(late))
            metrics = keepers.get("/metrics")[1]
        turns = dict(re.findall(r"walras_keeper_turn_seconds_(sum|count) ([\d.e+-]+)", metrics))
        scanned, scan = status["accounts"], statistics.median(scans[5:])
        print(f"a scan of {scanned} accounts: {scan * 1_000:.0f} ms, {scanned / scan:,.0f} accounts a second")
        most = sorted(per_head)[len(per_head) * 9 // 10]
        turn = float(turns["sum"]) / float(turns["count"])
        print(
            f"auction keeper, block to transaction: median {statistics.median(per_head):.0f} ms, "
            f"90 % within {most:.0f} ms, of {len(per_head)} blocks"
        )
        print(f"a turn of all keepers: {turn * 1_000:.0f} ms on average")


if __name__ == "__main__":
    main()
