"""docs/deploy.md: what it says that the commands say, they say; what it says is deployed, is."""

import re

from walras.deploy.plan import Plan
from walras.devtools.compiler import PROJECT_ROOT

TEXT = (PROJECT_ROOT / "docs" / "deploy.md").read_text()
CODE = "".join(path.read_text() for path in (PROJECT_ROOT / "walras" / "deploy").glob("*.py"))
GAPS = r"0x\.\.\.|\bN\b|: reason|(?<=begun with) |: \.\.\.|deployments/\.\.\.json"
"""Where a message has something that differs."""


def test_messages_are_those_of_the_code() -> None:
    table = TEXT.split("| what it says |")[1].split("\n\n")[0]
    said = [one for line in table.splitlines()[2:] for one in re.findall(r"`([^`]+)`", line.split("|")[1])]
    assert len(said) == 9
    bare = re.sub(r'"\s*f?"', "", CODE)  # strings over several lines
    for one in said:
        for part in re.split(GAPS, one):
            assert part.strip() in bare, one


def test_what_is_constructed_with_the_timelock_and_what_is_handed_over(plan: Plan) -> None:
    """Section 2, beside the plan."""
    bold = re.search(r"timelock as its owner\*\*: ([^.]+)\.", TEXT)
    wired = re.search(r"its wiring is done\*\*: ([^.]+)\.", TEXT)
    assert bold
    assert wired
    handed = [step.name.split(".")[0] for step in plan.steps if step.name.endswith("transfer_ownership")]
    assert set(re.findall(r"`(\w+)`", wired[1])) == set(handed)
    constructed = {name.split(".")[0] for name in plan.owned} - set(handed)
    assert set(re.findall(r"`(\w+)`", bold[1])) == constructed


def test_contracts_come_in_this_order(plan: Plan) -> None:
    section = TEXT.split("## 1.")[1].split("## 2.")[0]
    told = re.findall(r"`([A-Z]\w+)`", section)
    names = [step.name.split(".")[0] for step in plan.deployments()]
    assert set(told) <= set(names)
    in_order = [name for name in names if name in told]
    assert [name for name in told if name not in ("TriggerOrders", "FeeDistributor")] == [
        name for name in in_order if name not in ("TriggerOrders", "FeeDistributor")
    ]
