"""Numbers as people read them: thousands separators, a unit, UTC times."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape
from typing import Final

LARGE: Final = ((10**9, " bn"), (10**6, " m"))


def whole(number: int) -> str:
    """12,345; a real minus sign."""
    return f"{number:,}".replace("-", "\N{MINUS SIGN}")


def money(amount: int, decimals: int, places: int = 0) -> str:
    """Units of the token as dollars, rounded half away from zero: $1,234."""
    scale = 10**decimals
    shown = (abs(amount) * 10**places * 2 + scale) // (2 * scale)
    text = f"{shown // 10**places:,}"
    if places:
        text += f".{shown % 10**places:0{places}d}"
    sign = "\N{MINUS SIGN}" if amount < 0 and shown else ""
    return f"{sign}${text}"


def exact(amount: int, decimals: int) -> str:
    """To the last unit, without a sign of money: 1,234.000001."""
    sign = "\N{MINUS SIGN}" if amount < 0 else ""
    units, rest = divmod(abs(amount), 10**decimals)
    return f"{sign}{units:,}" + (f".{rest:0{decimals}d}" if decimals else "")


def short_money(amount: int, decimals: int) -> str:
    """$1.23 m, $2.10 bn; below a million as money does."""
    scale = 10**decimals
    for size, name in LARGE:
        if abs(amount) >= size * scale:
            return money(amount * 100 // size, decimals + 2, 2) + name
    return money(amount, decimals)


def price(amount: int, decimals: int) -> str:
    """With as many places as five digits need: $112,345, $3,812.4, $17.093."""
    dollars = abs(amount) // 10**decimals
    places = 0 if dollars >= 10_000 else 1 if dollars >= 1_000 else 2 if dollars >= 100 else 3
    return money(amount, decimals, places)


def percent(numerator: int, denominator: int, places: int = 1) -> str:
    """12.3 %; a dash where there is nothing to compare with."""
    if denominator == 0:
        return "\N{EN DASH}"
    return f"{100 * numerator / denominator:.{places}f} %".replace("-", "\N{MINUS SIGN}")


def utc(time: int) -> str:
    """21:16:03."""
    return f"{datetime.fromtimestamp(time, UTC):%H:%M:%S}"


def day(time: int) -> str:
    """10 October 2025."""
    at = datetime.fromtimestamp(time, UTC)
    return f"{at.day} {at:%B %Y}"


def count(number: int, what: str) -> str:
    """1 account, 2 accounts."""
    return f"{whole(number)} {what}{'' if number == 1 else 's'}"


def venue(name: str) -> str:
    """A venue as it is written: Binance coinm perp."""
    return name.replace("-", " ").capitalize()


def short_venues(names: Iterable[str]) -> dict[str, str]:
    """Venues by their first words, where that tells them apart."""
    full = list(names)
    first = Counter(name.split("-")[0] for name in full)
    return {name: name if first[name.split("-")[0]] > 1 else name.split("-")[0] for name in full}


def text(value: object) -> str:
    """Safe in HTML."""
    return escape(str(value))
