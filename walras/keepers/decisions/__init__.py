"""Decisions: pure functions of a snapshot. No chain, no clock, no chance: the same snapshot gives the same
tasks.
"""
