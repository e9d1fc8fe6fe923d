"""Generated bindings: that they are those of today's contracts, and that they write and read as eth_abi does."""

import importlib
from dataclasses import astuple, fields
from typing import Any

import pytest
from eth_abi.abi import decode, encode
from eth_utils.abi import collapse_if_tuple, event_abi_to_log_topic
from hypothesis import given
from hypothesis import strategies as st

from walras.chain.abi import AbiError
from walras.chain.bindings import LiquidationEngine, PerpEngine
from walras.chain.bindings.orderbook_v2 import NewOrder
from walras.chain.bindings.perp_engine import Deposited, Mode
from walras.deploy.contracts import abi_of
from walras.devtools import bindings

AT = "0x00000000000000000000000000000000000000AA"
ADDRESS = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())


def test_bindings_are_up_to_date() -> None:
    """`make bindings` would change nothing."""
    assert bindings.outdated(bindings.Writer().files()) == []
