"""What no call can take of a contract, proved from its runtime code by bounds of the words in it."""
