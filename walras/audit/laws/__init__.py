"""The laws, by part; importing this registers all of them in walras.audit.run.LAWS."""

from walras.audit.laws import auction, custody, funding, margin, oracle, powers, shares, waterfall
from walras.audit.run import LAWS

__all__ = ["LAWS", "auction", "custody", "funding", "margin", "oracle", "powers", "shares", "waterfall"]
