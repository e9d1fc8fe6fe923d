"""Which ways the branches of the deployed contracts go, and what no call can take: docs/branches.md."""
