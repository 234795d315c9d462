"""Hide secrets in texts that others may read, however they are encoded there."""

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote, quote_plus

HIDDEN = "***"
SHORTEST = 6  # characters; hiding a shorter secret would make ordinary texts unreadable
LONGEST = 64 * 1024  # characters of a secret, encoded; before a text is cut, so much more is masked
EARLIER = 20  # secrets of one owner that are still hidden after others have replaced them

Hide = Callable[[str], str]
"""Return a text without secrets."""


def visible(text: str) -> str:
    """Hide nothing; for owners without secrets."""
    return text


class Masks:
    """Every secret that is known, by its owner: an integration, or what all of them share.

    A text of an integration can only hold its own secrets and the shared ones; every other text
    may hold any. Each owner's secrets are learned by one thread at a time, and any thread may hide:
    nothing is changed in place but by one assignment.
    """

    def __init__(self) -> None:
        self._owned: dict[str, tuple[str, ...]] = {}
        self._shared: dict[str, tuple[str, ...]] = {}
        self._words: dict[str | None, tuple[str, ...]] = {}

    def learn(self, owner: str, secrets: Iterable[str]) -> None:
        """Hide these in an integration's texts from now on, and its latest earlier ones."""
        self._owned[owner] = _joined(secrets, self._owned.get(owner, ()))
        self._words = {}

    def learn_shared(self, source: str, secrets: Iterable[str]) -> None:
        """Hide these in all texts from now on; `source` says where they come from."""
        self._shared[source] = _joined(secrets, self._shared.get(source, ()))
        self._words = {}

    def hide(self, owner: str, text: str) -> str:
        """Return a text of an integration without secrets; of another owner, without any secret."""
        return _masked(text, self._known(owner))

    def hide_all(self, text: str) -> str:
        """Return a text without any secret that is known."""
        return _masked(text, self._known(None))

    def _known(self, owner: str | None) -> tuple[str, ...]:
        cache = self._words  # a secret that is learned meanwhile has another cache
        name = owner if owner in self._owned else None
        if name not in cache:
            owned = self._owned.copy()
            sources = [*owned.values()] if name is None else [owned[name]]
            cache[name] = words(
                one for known in (*sources, *self._shared.copy().values()) for one in known
            )
        return cache[name]


def words(secrets: Iterable[str]) -> tuple[str, ...]:
    """Return what to look for in a text, the longest first: each form of each secret."""
    found = {form for secret in secrets for form in _forms(secret)}
    return tuple(sorted((one for one in found if len(one) >= SHORTEST), key=len, reverse=True))


def _masked(text: str, known: tuple[str, ...]) -> str:
    for word in known:
        if word in text:  # many times faster than one expression of alternatives
            text = text.replace(word, HIDDEN)
    return text


def _joined(secrets: Iterable[str], earlier: tuple[str, ...]) -> tuple[str, ...]:
    latest = tuple(dict.fromkeys(one for one in secrets if len(one) >= SHORTEST))
    return (*latest, *[one for one in earlier if one not in latest][:EARLIER])


def _forms(secret: str) -> Iterator[str]:
    for text in {secret, secret.strip(), *_lines(secret)}:
        if len(text) < SHORTEST:
            continue
        yield text
        for escaped in (json.dumps(text), json.dumps(text, ensure_ascii=False), repr(text)):
            yield escaped[1:-1]
        for quoted in (quote(text), quote(text, safe=""), quote_plus(text)):
            yield quoted
            yield _lower(quoted)
        yield from _base64(text.encode("utf-8", "surrogateescape"))


def _lines(secret: str) -> list[str]:
    """Return the lines of a key in PEM form, which a traceback or a log shows one by one."""
    return [line.strip() for line in secret.splitlines() if not line.startswith("-----")]


def _lower(quoted: str) -> str:
    """Return the same with `%2f` in place of `%2F`."""
    first, *rest = quoted.split("%")
    return "%".join((first, *(f"{one[:2].lower()}{one[2:]}" for one in rest)))


def _base64(secret: bytes) -> Iterator[str]:
    """Yield what is the same wherever it stands in encoded data, as in a Basic header."""
    for before in range(3):
        first, last = -(-before * 8 // 6), (before + len(secret)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(bytes(before) + secret).decode()[first:last]
