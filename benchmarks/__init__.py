"""Gas of the contracts, measured from receipts."""
