# pragma version 0.4.3
"""
@title   refuse: the one way to revert with a reason
@license AGPL-3.0-only
@notice  `if bad: refuse._because("module: reason")` costs 56 bytes of code a site, an assert with its reason 123.
"""


@internal
@pure
def _because(reason: String[32]):
    raise reason
