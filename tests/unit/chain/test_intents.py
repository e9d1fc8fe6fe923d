"""The store of intents: what is kept, what a key means, who may open a file."""

import os
import sqlite3
from pathlib import Path

import pytest

from walras.chain.intents import Attempt, End, Intent, Mined, State, Store, StoreError

AT = "0x" + "aa" * 20
GENESIS = "0x" + "01" * 32


def opened(folder: Path, **more: object) -> Store:
    words = {"address": AT, "chain_id": 1, "genesis": GENESIS, **more}
    return Store.open(folder / "one.sqlite", **words)  # type: ignore[arg-type]


def intent(key: str = "a", **more: int) -> Intent:
    return Intent(key, AT, b"\x01\x02", "label", **more)


def attempt(nonce: int, number: int = 0, is_cancel: bool = False) -> Attempt:
    return Attempt(f"0x{nonce}{number}", nonce, b"raw", is_cancel, 21_000, 2**70 + number, 5, 9)


MINED = Mined("0x00", 12, "0xb", True, 2**80)


def test_it_is_all_there_after_a_restart(tmp_path: Path) -> None:
    """Every number, also those beyond 2**63."""
    store = opened(tmp_path)
    wanted = intent(expires_at=5, max_cost_wei=2**100, value=2**90, gas=7)
    (made,) = store.accept([wanted], 100)
    store.sign([(made, attempt(0))])
    store.sign([(made, attempt(0, 1, is_cancel=True))])
    store.cancel(made, "expired|why")
    store.mine(made, MINED)
    before = store.live()
    store.close()
    store = opened(tmp_path)
    assert store.live() == before
    (entry,) = before
    assert entry.intent == wanted
    assert (entry.state, entry.nonce, entry.cancel, entry.mined) == (State.MINED, 0, "expired|why", MINED)
    assert entry.attempts == (attempt(0), attempt(0, 1, is_cancel=True))
    assert (entry.newest, entry.accepted_at) == (entry.attempts[1], 100)


def test_a_key_is_in_use_once(tmp_path: Path) -> None:
    """While its intent is not done, or if it succeeded; after another end it is free."""
    store = opened(tmp_path)
    for end in (End.REVERTED, End.SUPERSEDED, End.EXPIRED, End.REFUSED):
        assert store.find("a") is None
        (made,) = store.accept([intent()], 1)
        assert store.find("a") == (State.QUEUED, None)
        with pytest.raises(sqlite3.IntegrityError):
            store.accept([intent("b"), intent("a")], 1)
        assert store.find("b") is None  # all of them, or none
        store.conclude(made, end, "why")
    (made,) = store.accept([intent()], 1)
    store.conclude(made, End.SUCCEEDED, "")
    assert store.find("a") == (State.DONE, End.SUCCEEDED)
    with pytest.raises(sqlite3.IntegrityError):
        store.accept([intent()], 1)
    assert store.counts() == {"reverted": 1, "superseded": 1, "expired": 1, "refused": 1, "succeeded": 1}


def test_order(tmp_path: Path) -> None:
    """By nonce; what has none comes last."""
    store = opened(tmp_path)
    ids = store.accept([intent(key) for key in "abcd"], 1)
    store.sign([(ids[2], attempt(3)), (ids[1], attempt(4))])
    assert [one.intent.key for one in store.live()] == ["c", "b", "a", "d"]
    assert store.next_nonce() == 5


def test_a_nonce_that_is_taken_away(tmp_path: Path) -> None:
    """Its bytes are not its own any more, but their nonce is not given out again."""
    store = opened(tmp_path)
    (made,) = store.accept([intent()], 1)
    assert store.next_nonce() == 0
    store.sign([(made, attempt(7))])
    store.take_nonce_away(made)
    (entry,) = store.live()
    assert (entry.state, entry.nonce, entry.attempts) == (State.QUEUED, None, ())
    assert store.next_nonce() == 8
    store.sign([(made, attempt(8))])
    assert store.live()[0].attempts == (attempt(8),)


def test_mined_and_not(tmp_path: Path) -> None:
    """A block that is replaced takes the receipt with it; what a done intent mined is known by nonce."""
    store = opened(tmp_path)
    (made,) = store.accept([intent()], 1)
    store.sign([(made, attempt(0))])
    store.mine(made, MINED)
    assert store.mined_with(0) is None
    store.unmine(made)
    assert (store.live()[0].state, store.live()[0].mined) == (State.SIGNED, None)
    store.mine(made, MINED)
    store.conclude(made, End.SUCCEEDED, "")
    assert store.live() == []
    assert store.mined_with(0) == attempt(0)
    assert store.mined_with(1) is None


def test_forgets(tmp_path: Path) -> None:
    """Done ones of before a time, but for the bytes of the last 256 nonces."""
    store = opened(tmp_path)
    ids = store.accept([intent(f"{number}") for number in range(300)], 10)
    store.sign([(made, attempt(nonce)) for nonce, made in enumerate(ids)])
    for made in ids[:290]:
        store.conclude(made, End.SUCCEEDED, "")
    assert store.forget(10) == 0
    assert store.forget(11) == 43
    assert store.find("42") is None
    assert store.find("43") is not None
    assert len(store.live()) == 10
    assert store.next_nonce() == 300


def test_one_process_has_a_file(tmp_path: Path) -> None:
    """Another is told which one, and may have it once it is closed."""
    store = opened(tmp_path)
    with pytest.raises(StoreError, match=f"process {os.getpid()} has this key"):
        opened(tmp_path)
    store.close()
    opened(tmp_path).close()


@pytest.mark.parametrize(
    ("name", "value"), [("address", "0x" + "bb" * 20), ("chain_id", 2), ("genesis", "0x" + "02" * 32)]
)
def test_a_file_of_something_else(tmp_path: Path, name: str, value: object) -> None:
    """Of another key or chain it is refused, and left alone."""
    opened(tmp_path).close()
    with pytest.raises(StoreError, match=r"one\.sqlite: its .* is .* is wanted; give another path"):
        opened(tmp_path, **{name: value})
    opened(tmp_path).close()


def test_no_store(tmp_path: Path) -> None:
    """Another file, another database, an older format."""
    path = tmp_path / "one.sqlite"
    path.write_bytes(b"no database" * 200)
    with pytest.raises(StoreError, match=r"one\.sqlite cannot be used as a store of intents"):
        opened(tmp_path)
    path.unlink()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE x (y)")
    other.close()
    with pytest.raises(StoreError, match=r"one\.sqlite is no store of intents"):
        opened(tmp_path)
    path.unlink()
    opened(tmp_path).close()
    old = sqlite3.connect(path)
    old.execute("UPDATE meta SET value = '0' WHERE name = 'format'")
    old.commit()
    old.close()
    with pytest.raises(StoreError, match="its format is 0, 1 is wanted"):
        opened(tmp_path)


def test_every_write_is_on_the_disk(tmp_path: Path) -> None:
    """synchronous=FULL, which WAL needs for a commit to survive the loss of power."""
    store = opened(tmp_path)
    assert store._db.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert store._db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
