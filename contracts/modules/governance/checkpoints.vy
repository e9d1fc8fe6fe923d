# pragma version 0.4.3
"""
@title   checkpoints: numbers with the time of each change, to be asked what they were
@license AGPL-3.0-only
@notice  A history is a list of words, in order of time, at most one a second:
         word    time 48 | number 208
         It is searched by halving. 48 steps are enough for one word a second as long as 48 bits hold the time.
@dev     Who uses the module numbers its histories, keeps a number below 2**208, and asks for times that have passed
         only: what is recorded in a second can change until the second ends.
"""

VALUE_BITS: constant(uint256) = 208
VALUE: constant(uint256) = 2**208 - 1
STEPS: constant(uint256) = 48

lengths: HashMap[uint256, uint256]
words: HashMap[uint256, HashMap[uint256, uint256]]


@internal
def _record(history: uint256, number: uint256):
    """
    @notice Lets a history's number be another one from now on.
    @param history Which.
    @param number  Below 2**208.
    """
    length: uint256 = self.lengths[history]
    word: uint256 = block.timestamp << VALUE_BITS | number
    if length != 0 and self.words[history][length - 1] >> VALUE_BITS == block.timestamp:
        self.words[history][length - 1] = word
        return
    self.words[history][length] = word
    self.lengths[history] = length + 1


@internal
@view
def _latest(history: uint256) -> uint256:
    """
    @notice A history's number now; 0 where nothing was recorded.
    """
    length: uint256 = self.lengths[history]
    if length == 0:
        return 0
    return self.words[history][length - 1] & VALUE


@internal
@view
def _at(history: uint256, time: uint256) -> uint256:
    """
    @notice A history's number at the end of a second that has passed; 0 before anything was recorded.
    """
    low: uint256 = 0                           # all words before it are no later than time
    high: uint256 = self.lengths[history]      # this one and all after it are later
    for _: uint256 in range(STEPS):
        if low == high:
            break
        middle: uint256 = (low + high) // 2
        if self.words[history][middle] >> VALUE_BITS > time:
            high = middle
        else:
            low = middle + 1
    if low == 0:
        return 0
    return self.words[history][low - 1] & VALUE


@internal
@view
def _word(history: uint256, number: uint256) -> (uint48, uint208):
    """
    @notice Time and number of a word, by its place in the list; zeros past its end.
    """
    word: uint256 = self.words[history][number]
    return convert(word >> VALUE_BITS, uint48), convert(word & VALUE, uint208)
