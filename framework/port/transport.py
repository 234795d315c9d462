"""Send one try over HTTP and return the answer, or say why none came."""

import ipaddress
import logging
import time
from urllib.parse import urlsplit

import requests
import urllib3

from framework.errors import PortUnavailableError
from framework.port.answers import Answer, PassingError
from framework.port.calls import Call, Timeouts
from framework.port.settings import Port

CHUNK_BYTES = 64 * 1024

log = logging.getLogger(__name__)


class Transport:
    """The connections of one thread to Port."""

    def __init__(self, settings: Port, user_agent: str):
        self._root = settings.root
        self._session = requests.Session()
        self._session.headers["User-Agent"] = user_agent
        if _is_loopback(self._root):
            self._session.trust_env = False  # a proxy cannot reach the sandbox of this machine

    def send(self, call: Call, authorization: str, timeouts: Timeouts) -> Answer:
        """Return Port's answer, whatever its status.

        Raises PassingError if none came and the call may be repeated, else PortUnavailableError.
        """
        started = time.monotonic()
        try:
            answer = self._exchange(call, authorization, timeouts)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as problem:
            reason = _reason(problem, timeouts)
            log.debug("%s: no answer, %s", call, reason)
            kind = PassingError if call.repeatable else PortUnavailableError
            raise kind(
                f"Port did not answer {call} at {self._root}: {reason}; "
                "check the network, the proxy and port.baseUrl"
            ) from None  # the cause may quote headers
        trace = answer.headers.get("x-trace-id", "-")
        spent = time.monotonic() - started
        log.debug("%s: %d in %.2f s, trace id %s", call, answer.status, spent, trace)
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _exchange(self, call: Call, authorization: str, timeouts: Timeouts) -> Answer:
        deadline = time.monotonic() + timeouts.connect + timeouts.read
        with self._session.request(
            call.method,
            self._root + call.path,
            params=call.params,
            data=call.body,
            headers={"Content-Type": "application/json"} if call.body is not None else {},
            auth=_Authorization(authorization),
            timeout=(timeouts.connect, timeouts.read),
            allow_redirects=False,  # a redirected POST would become a GET
            stream=True,
        ) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, headers, _body(response, deadline))


class _Authorization(requests.auth.AuthBase):
    """Set our header, and keep requests from using ~/.netrc instead."""

    def __init__(self, value: str):
        self._value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._value:
            request.headers["Authorization"] = self._value
        return request


def _body(response: requests.Response, deadline: float) -> bytes:
    """Read the whole body; give a server that sends a byte now and then up at the deadline."""
    parts = []
    while part := response.raw.read1(CHUNK_BYTES, decode_content=True):
        parts.append(part)
        if time.monotonic() > deadline:
            raise requests.ReadTimeout
    return b"".join(parts)


def _reason(problem: Exception, timeouts: Timeouts) -> str:
    """Say what went wrong; quote of the cause only what cannot carry a secret."""
    if isinstance(problem, requests.ConnectTimeout):
        return f"no connection within {timeouts.connect:g} s"
    if isinstance(problem, (requests.Timeout, urllib3.exceptions.TimeoutError)):
        return f"no whole answer within {timeouts.read:g} s"
    if isinstance(problem, requests.exceptions.SSLError):
        return f"TLS failed ({_innermost(problem)})"
    if isinstance(problem, requests.exceptions.ProxyError):
        return f"the proxy failed ({_innermost(problem)})"
    return f"the connection failed ({_innermost(problem)})"


def _innermost(problem: BaseException) -> str:
    """Return the system's own words for a failed connection: 'Connection refused'."""
    while (cause := problem.__cause__ or problem.__context__) is not None:
        problem = cause
    if isinstance(problem, OSError) and not isinstance(problem, requests.RequestException):
        return problem.strerror or str(problem)
    return type(problem).__name__


def _is_loopback(root: str) -> bool:
    host = urlsplit(root).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
