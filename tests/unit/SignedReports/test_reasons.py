"""Every reason of the table is given in some story, and the contract gives no other.

Each story ends in the one call that is refused; what is just allowed is in the test of its function.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import pytest

from tests.support.orders import reverts
from tests.support.reports import (
    CHAIN,
    KEEPER,
    MARKET,
    MAX_AGE,
    NOBODY,
    OTHER_CHAIN,
    OWNER,
    ReportsPair,
    publisher,
    twin,
)
from walras.devtools.evm import SOURCES, artifact
from walras.reasons import REASONS, explain
from walras.reports import SignedReport, pack

Story = Callable[[ReportsPair], Callable[[], Any]]
Reports = Callable[[ReportsPair], Sequence[SignedReport]]
TRIO: Final = [publisher(number) for number in range(3)]


def construct(**changes: Any) -> Story:
    """Deploy a source with arguments changed."""

    def story(pair: ReportsPair) -> Callable[[], Any]:
        arguments = {"owner": OWNER, "publishers": TRIO, "quorum": 2, "max_age": MAX_AGE}
        return lambda: pair.evm.deploy(artifact("SignedReports"), *(arguments | changes).values())

    return story


def listing(publishers: list[str], quorum: int, sender: str = OWNER) -> Story:
    """Replace the set."""
    return lambda pair: lambda: pair.contract.set_publishers(publishers, quorum, sender=sender)


def update(reports: Reports, chain: int = CHAIN, value: int = 0) -> Story:
    """Bring reports."""

    def story(pair: ReportsPair) -> Callable[[], Any]:
        payload = pack(chain, reports(pair))
        return lambda: pair.contract.update(MARKET, payload, sender=KEEPER, value=value)

    return story


def good(pair: ReportsPair) -> list[SignedReport]:
    return pair.say(10, 11, 12)


def third(**said: Any) -> Reports:
    """Two good reports and one that says something else."""
    return lambda pair: [*good(pair)[:2], pair.report(**({"number": 2, "price": 12} | said))]


def replay(pair: ReportsPair) -> Callable[[], Any]:
    pair.update(good(pair))
    return update(good)(pair)


STORIES: Final[dict[str, Story]] = {
    "reports: no owner": construct(owner=NOBODY),
    "reports: bad maximum age": construct(max_age=0),
    "reports: quorum too large": listing(TRIO, 4),
    "reports: quorum too small": listing(TRIO, 1),
    "reports: zero publisher": listing([NOBODY], 1),
    "reports: publisher listed twice": listing([TRIO[0], TRIO[0]], 2),
    "reports: no fee is due": update(good, value=1),
    "reports: wrong chain": update(good, chain=OTHER_CHAIN),
    "reports: quorum missed": update(lambda pair: good(pair)[:2]),
    "reports: bad price": update(third(price=0)),
    "reports: bad confidence": update(third(confidence=12)),
    "reports: future": update(third(age=-1)),
    "reports: stale": update(third(age=MAX_AGE + 1)),
    "reports: not newer": replay,
    "reports: not a publisher": update(third(number=5)),
    "reports: duplicate signer": update(third(number=1)),
    "reports: no report": lambda pair: lambda: pair.contract.read(MARKET),
    "ownable: caller is not the owner": listing(TRIO, 2, sender=KEEPER),
    "ownable_2step: caller is not the new owner": lambda pair: pair.contract.accept_ownership,
    "ecdsa: invalid signature": update(
        lambda pair: [replace(report, v=report.v - 27) for report in good(pair)]
    ),
    "ecdsa: invalid signature `s` value": update(lambda pair: [twin(report) for report in good(pair)]),
}


@pytest.mark.parametrize("reason", STORIES)
def test_reason(pair: ReportsPair, reason: str) -> None:
    call = STORIES[reason](pair)
    with reverts(reason):
        call()
    assert explain(reason)


def test_stories_table_and_contract_have_the_same_reasons() -> None:
    source = (SOURCES / "contracts/oracles/SignedReports.vy").read_text(encoding="ascii")
    used = set(re.findall(r'_because\(\s*"([^"]*)"', source))
    table = {reason for reason in REASONS if reason.startswith("reports: ")}
    library = {reason for reason in STORIES if not reason.startswith("reports: ")}
    assert used == table == set(STORIES) - library
    assert library <= set(REASONS)
    assert all(len(reason) <= 32 for reason in used)


def test_every_reason_is_explained_at_the_call_that_gives_it() -> None:
    source = (SOURCES / "contracts/oracles/SignedReports.vy").read_text(encoding="ascii")
    described = " ".join(re.findall(r'"""(.*?)"""', source, re.DOTALL))
    assert [reason for reason in STORIES if f'"{reason}"' not in described and "2step" not in reason] == []
