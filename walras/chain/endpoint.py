"""One JSON-RPC endpoint over HTTP: it asks, and tells an answer from everything that is none.

An answer is a result, or an error object that belongs to the question. A timeout, another status than 200,
a body that is cut off or no JSON, an answer with another id: all of these are EndpointError, and say
nothing about the chain.
"""

import json
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
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


class EndpointError(Exception):
    """No answer; its str says why."""


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
        self._session = requests.Session()
        self._session.trust_env = parts.hostname not in _LOOPBACK
        self._session.headers.update({"Content-Type": "application/json", "Accept": "application/json"})

    def ask(self, questions: Sequence[Question]) -> list[Any | RpcRefused]:
        """Answers in the order of the questions, in one HTTP request. Raises EndpointError."""
        asked = [
            {"jsonrpc": "2.0", "id": self._number + place, "method": method, "params": params}
            for place, (method, params) in enumerate(questions)
        ]
        self._number += len(asked)
        told = self._post(json.dumps(asked if len(asked) != 1 else asked[0]).encode())
        if len(asked) == 1:
            told = [told]
        if not isinstance(told, list):
            raise EndpointError(f"no answer to a batch: {_short(told)}")
        by_id = {one.get("id"): one for one in told if isinstance(one, dict)}
        return [_answer(by_id.get(one["id"]), told) for one in asked]

    def close(self) -> None:
        """Let go of connections."""
        self._session.close()

    def _post(self, body: bytes) -> Any:
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
            raise EndpointError(f"HTTP status {status}: {_short(bytes(read).decode(errors='replace'))}")
        try:
            return json.loads(read)
        except ValueError as error:
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
        if refused.code in _BUSY:
            raise EndpointError(f"too busy: {refused}")
        return refused
    if "result" not in told:
        raise EndpointError(f"neither result nor error: {_short(told)}")
    return told["result"]


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
