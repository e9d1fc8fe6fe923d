"""How the models refuse."""


class Revert(Exception):  # noqa: N818 (what the EVM calls it)
    """The call was refused and changed nothing. Its str is the reason, a key of walras.reasons.REASONS."""


def require(condition: bool, reason: str) -> None:
    """Refuse for a reason unless a condition holds."""
    if not condition:
        raise Revert(reason)
