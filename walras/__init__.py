"""Walras: a perpetual-futures exchange cleared by batch auctions."""
