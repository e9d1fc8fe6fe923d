"""One JSON-RPC endpoint over HTTP: it asks, and tells an answer from everything that is none.

An answer is a result, or an error object that belongs to the question. A timeout, another status than 200,
a body that is cut off or no JSON, an answer with another id: all of these are EndpointError, and say
nothing about the chain.
"""

import json
import re
import time
from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

Question = tuple[str, list[Any]]
"""Method and parameters."""
LARGEST: Final = 64 * 2**20
"""Bytes of an answer; a longer one is no answer."""
_CHUNK: Final = 2**16
_BUSY: Final = (-32005, 429)
"""Error codes by which providers say that they are asked too much: no answer, whatever the status is."""
_BUSY_WORDS: Final = re.compile(r"rate.?limit|too many requests|request limit|throttl|capacity", re.I)
_TOO_LONG: Final = re.compile(
    r"more than \S+ (results|logs)|block range|range is too|response (size|is too)|too large|limited to a",
    re.I,
)
"""Of an answer, which providers refuse by many codes, that of busy ones too: asking for less helps."""
_SPLIT: Final = (400, 413, 422)
"""Statuses by which batches are refused that are longer than a provider allows."""
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


class EndpointError(Exception):
    """No answer; its str says why."""


class _TooManyError(EndpointError):
    """A batch was refused as a whole: a shorter one may not be."""


class RpcRefused(Exception):  # noqa: N818 (the node's answer, not our failure)
    """The node's own answer to a question: an error object."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(f"{message} (code {code})")
        self.code = code
        self.message = message
        self.data = data


class Endpoint:
    """A URL. Connections are kept open."""

    def __init__(self, url: str, timeout_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{name_of(url)!r} is no endpoint: a URL of http or https is wanted")
        self.name = name_of(url)
        """The URL without what may be a key."""
        self._url = url
        self._timeout = timeout_s
        self._clock = clock
        self._number = 0
        self._most: int | None = None
        """Questions in a request, where it was found to refuse more."""
        self._session = requests.Session()
        self._session.trust_env = parts.hostname not in _LOOPBACK
        self._session.headers.update({"Content-Type": "application/json", "Accept": "application/json"})

    def ask(self, questions: Sequence[Question]) -> list[Any | RpcRefused]:
        """Answers in the order of the questions, in one HTTP request; in several once it refused so many.

        Raises EndpointError.
        """
        answers: list[Any | RpcRefused] = []
        before = self._most
        while len(answers) < len(questions):
            some = questions[len(answers) : len(answers) + (self._most or len(questions))]
            try:
                answers += self._ask(some)
            except EndpointError as error:
                if not isinstance(error, _TooManyError) or len(some) == 1:
                    self._most = before  # its length was not what was wrong
                    raise
                self._most = len(some) // 2
        if any(isinstance(one, RpcRefused) and _TOO_LONG.search(one.message) for one in answers):
            self._most = before  # an answer was too long, not the batch
        return answers

    def _ask(self, questions: Sequence[Question]) -> list[Any | RpcRefused]:
        asked = [
            {"jsonrpc": "2.0", "id": self._number + place, "method": method, "params": params}
            for place, (method, params) in enumerate(questions)
        ]
        self._number += len(asked)
        told = self._post(json.dumps(asked if len(asked) != 1 else asked[0]).encode(), len(asked))
        if len(asked) == 1:
            told = told if isinstance(told, list) and len(told) == 1 else [told]
        elif _is_refused_whole(told, len(asked)):
            raise _TooManyError(f"a batch of {len(asked)} is refused: {_short(told)}")
        if not isinstance(told, list):
            raise EndpointError(f"no answer to a batch: {_short(told)}")
        by_id = {one["id"]: one for one in told if isinstance(one, dict) and isinstance(one.get("id"), int)}
        return [_answer(by_id.get(one["id"]), told) for one in asked]

    def close(self) -> None:
        """Let go of connections."""
        self._session.close()

    def _post(self, body: bytes, count: int) -> Any:
        end = self._clock() + self._timeout
        try:
            with self._session.post(self._url, data=body, timeout=self._timeout, stream=True) as response:
                read = bytearray()
                while chunk := response.raw.read1(_CHUNK, decode_content=True):
                    read += chunk
                    if len(read) > LARGEST:
                        raise EndpointError(f"an answer of more than {LARGEST} bytes")
                    if self._clock() > end:
                        raise EndpointError(f"no whole answer in {self._timeout} s")
                status = response.status_code
        except requests.Timeout as error:
            raise EndpointError(f"no answer in {self._timeout} s") from error
        except (requests.RequestException, HTTPError, OSError) as error:
            raise EndpointError(f"no answer: {_cause(error)}") from error
        if status != requests.codes.ok:
            words = bytes(read).decode(errors="replace")
            text = f"HTTP status {status}: {_short(words)}"
            if status in _SPLIT and (count > 1 or not _TOO_LONG.search(words)):
                raise _TooManyError(text)
            if status not in _SPLIT:
                raise EndpointError(text)
        try:
            return json.loads(read)
        except (ValueError, RecursionError) as error:
            raise EndpointError(f"no JSON, or a part of it, in {len(read)} bytes: {error}") from error


def name_of(url: str) -> str:
    """Scheme, host and port of a URL: keys are in what is left out."""
    parts = urlsplit(url)
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        port = ""
    return f"{parts.scheme}://{parts.hostname}{port}"


def _answer(told: Any, everything: list[Any]) -> Any | RpcRefused:
    """The result, or the refusal."""
    if not isinstance(told, dict):
        raise EndpointError(f"no answer with the id of the question: {_short(everything)}")
    if "error" in told and told["error"] is not None:
        error = told["error"]
        if not isinstance(error, dict) or not isinstance(error.get("code"), int):
            raise EndpointError(f"an error that is none of JSON-RPC: {_short(error)}")
        refused = RpcRefused(error["code"], str(error.get("message", "")), error.get("data"))
        if _is_busy(refused):
            raise EndpointError(f"too busy: {refused}")
        return refused
    if "result" not in told:
        raise EndpointError(f"neither result nor error: {_short(told)}")
    return told["result"]


def _is_busy(refused: RpcRefused) -> bool:
    """Whether another endpoint, or a later time, is to be asked; not so where less is to be asked for."""
    if _TOO_LONG.search(refused.message) or "revert" in refused.message.lower():
        return False
    return refused.code in _BUSY or _BUSY_WORDS.search(refused.message) is not None


def _is_refused_whole(told: Any, count: int) -> bool:
    """Whether a batch has one error for an answer, by itself or in a list."""
    one = told[0] if isinstance(told, list) and len(told) == 1 < count else told
    error = one.get("error") if isinstance(one, dict) else None
    if not isinstance(error, dict) or not isinstance(error.get("code"), int):
        return False
    return not _is_busy(RpcRefused(error["code"], str(error.get("message", ""))))


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 200 else f"{text[:200]}..."


def _cause(error: BaseException) -> str:
    """What happened, without the URL that requests puts into its messages."""
    while error.args and isinstance(error.args[0], BaseException):
        error = error.args[0]
    inner = getattr(error, "reason", None)
    text = str(inner if isinstance(inner, BaseException) else error)
    return text.rsplit(": ", 1)[-1] or type(error).__name__
