"""One answer of a web server, whole and within limits, or an error in one sentence.

A server is not trusted: it may be slow, endless, compressed to a bomb, redirect in circles or away
from https, promise more bytes than it sends, or answer with a page in place of a table.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import httpx

from frontierlag.errors import FetchError

DEFAULT_URL = "https://epoch.ai/data/eci_scores.csv"
_OK, _NOT_MODIFIED = 200, 304
_PLAIN_CHARSETS = ("utf-8", "utf8", "us-ascii", "ascii")
_CHUNK = 65_536
_PAGE = "{} is a web page, not a table; give the address of the CSV file"


class Unreachable(FetchError):
    """The server gave no answer: no network, no such host, too slow, or out of order."""


class Unusable(FetchError):
    """What the server sent is no table, with its own time of that answer; '' if it said none."""

    def __init__(self, words: str, date: str = "") -> None:
        super().__init__(words)
        self.date = date


@dataclass(frozen=True)
class Limits:
    """How much of a server's answer is put up with.

    Parameters
    ----------
    size
        Bytes, before and after decompression.
    seconds
        For the whole download, redirects included.
    redirects
        How many are followed.
    allow_http
        Whether an address may be without encryption, where anyone on the way can change the table.
    """

    size: int = 20_000_000
    seconds: float = 60.0
    redirects: int = 5
    allow_http: bool = False


@dataclass(frozen=True)
class Download:
    """What came: the bytes (None if they have not changed) and what the server says of them.

    ``date`` is the server's own time of its answer, as it wrote it; empty if it did not.
    """

    content: bytes | None
    final_url: str
    etag: str
    last_modified: str
    date: str = ""


def download(
    url: str, limits: Limits, etag: str = "", last_modified: str = "", *, now_at: str = ""
) -> Download:
    """Return what an https address holds, or that it has not changed.

    With the tags of the copy at hand nothing is sent again that is the same, if it came from
    `now_at`: another final address sends its content whatever its tags say.

    Raises
    ------
    Unreachable
        If no answer came.
    Unusable
        If what came is no table.
    FetchError
        If the address or the answer is refused.
    """
    conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    sent = {name: value for name, value in conditions.items() if value}
    try:
        return _finished(_within(_follow(url, limits, sent, now_at), limits.seconds))
    except TimeoutError:
        raise Unreachable(
            f"{url} did not answer whole within {limits.seconds:g} seconds; try again later, or "
            "give more time with --seconds"
        ) from None
    except httpx.RemoteProtocolError as error:
        raise FetchError(f"the answer of {url} broke off: {error}; try again") from None
    except httpx.TransportError as error:
        words = str(error) or type(error).__name__
        raise Unreachable(f"{url} cannot be reached: {words}; are you online?") from None
    except (httpx.InvalidURL, ValueError) as error:
        raise FetchError(f"{url!r} is no address that can be fetched: {error}") from None


def _finished(work: Coroutine[Any, Any, Download]) -> Download:
    """Run the work to its end, also where the caller's thread has a running loop, as in Jupyter."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="frontierlag-fetch") as aside:
        return aside.submit(asyncio.run, work).result()


async def _within(work: Coroutine[Any, Any, Download], seconds: float) -> Download:
    """Await the work, all of it, for this long at most; a limit for each read would not end it."""
    async with asyncio.timeout(seconds):
        return await work


async def _follow(url: str, limits: Limits, sent: dict[str, str], now_at: str) -> Download:
    """Ask, and ask again where the answer is a redirect."""
    headers = {
        "User-Agent": f"frontierlag/{version('frontierlag')}",
        "Accept": "text/csv, */*;q=0.5",
        "Accept-Encoding": "gzip, identity",
    }
    async with httpx.AsyncClient(headers=headers, timeout=limits.seconds) as client:
        request = client.build_request("GET", url)
        for _ in range(limits.redirects + 1):
            _check_address(request.url, url, limits)
            # Tags belong to one address: another is asked for its content whatever they say.
            conditional = bool(sent) and str(request.url) == now_at
            if conditional:
                request.headers.update(sent)
            response = await client.send(request, stream=True, follow_redirects=False)
            try:
                if response.next_request is None:
                    return await _answer(response, limits, conditional)
                request = response.next_request
            finally:
                await response.aclose()
            for name in sent:
                request.headers.pop(name, None)
    raise FetchError(
        f"{url} redirects more than {limits.redirects} times; give the address of the table itself"
    )


def _check_address(url: httpx.URL, asked: str, limits: Limits) -> None:
    allowed = ("https", "http") if limits.allow_http else ("https",)
    if url.userinfo:
        raise FetchError(
            f"the address at {url.host} holds a name or a password, which would be stored with the "
            "table: give one without"
        )
    if url.scheme not in allowed:
        # What has no scheme is shown as it was typed.
        shown = str(url) if url.scheme else asked
        hint = ", or allow it with --allow-http" if url.scheme == "http" else ""
        raise FetchError(f"{shown!r} is not an https address: give one that is{hint}")


async def _answer(response: httpx.Response, limits: Limits, conditional: bool) -> Download:
    url = str(response.url)
    code = response.status_code
    said = [response.headers.get(name, "") for name in ("etag", "last-modified", "date")]
    if code == _NOT_MODIFIED and conditional:
        return Download(None, url, *said)
    if code >= 500 or code == 429:
        raise Unreachable(f"{url} answers {code} {response.reason_phrase}; try again later")
    if code != _OK:
        raise FetchError(f"{url} answers {code} {response.reason_phrase}; check the address")
    try:
        kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind in ("text/html", "application/xhtml+xml"):
            raise FetchError(_PAGE.format(url))
        content = await _body(response, limits, url)
        _refuse_strange(content, response, url)
    except FetchError as error:
        raise Unusable(str(error), said[-1]) from None
    return Download(content, url, *said)


async def _body(response: httpx.Response, limits: Limits, url: str) -> bytes:
    """Read and decompress, never holding more than the limit."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip"):
        raise FetchError(f"{url} sends its answer compressed as {encoding!r}, not as gzip or plain")
    unpack = zlib.decompressobj(16 + zlib.MAX_WBITS) if encoding == "gzip" else None
    parts: list[bytes] = []
    received = held = 0
    async for chunk in response.aiter_raw(_CHUNK):
        received += len(chunk)
        room = limits.size - held + 1
        try:
            part = unpack.decompress(chunk, room) if unpack else chunk
        except zlib.error as error:
            raise FetchError(f"the answer of {url} is broken gzip: {error}; try again") from None
        held += len(part)
        if received > limits.size or held > limits.size:
            raise FetchError(
                f"the answer of {url} is larger than {limits.size:,} bytes, too large for a score "
                "table; give the address of the table itself, or a higher limit with --size"
            )
        parts.append(part)
    promised = response.headers.get("content-length", "")
    if promised.isdecimal() and int(promised) != received:
        raise FetchError(f"{url} promised {promised} bytes and sent {received}; try again")
    if unpack is not None and not unpack.eof:
        raise FetchError(f"the answer of {url} is gzip that breaks off; try again")
    content = b"".join(parts)
    measured = promised or "transfer-encoding" in response.headers or unpack is not None
    if not measured and content and not content.endswith(b"\n"):
        raise FetchError(
            f"{url} does not say how long its answer is, and the last line has no end, so it may "
            "be cut off; try again"
        )
    return content


def _refuse_strange(content: bytes, response: httpx.Response, url: str) -> None:
    if not content.strip():
        raise FetchError(f"{url} sent an empty answer; try again later")
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        raise FetchError(_PAGE.format(url))
    charset = (response.charset_encoding or "utf-8").lower()
    if charset not in _PLAIN_CHARSETS and not content.isascii():
        raise FetchError(
            f"{url} sends text as {charset}, not as UTF-8, so names could be read wrongly; "
            "download it, save it as UTF-8 and give its path"
        )
