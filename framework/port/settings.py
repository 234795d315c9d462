"""Where Port is and who we are there: the `port` section of config.yaml."""

from urllib.parse import urlsplit

from framework.settings import Settings

SANDBOX = "sandbox"
VERSION = "/v1"


class Port(Settings, frozen=True, tag=False):
    """How Port is reached; the credentials come from Port's page, menu item Credentials."""

    client_id: str = "PORT_CLIENT_ID"
    client_secret: str = "PORT_CLIENT_SECRET"  # noqa: S105 - a placeholder
    base_url: str = "https://api.getport.io/v1"

    def __post_init__(self) -> None:
        """Refuse an address that no request could be sent to."""
        if self.base_url == SANDBOX:
            return
        if not _is_address(self.base_url):
            raise ValueError(
                "baseUrl is not an address of Port: "  # not quoted, it may hold a password
                "write https://api.getport.io/v1 (EU), https://api.us.port.io/v1 (US) or sandbox"
            )

    def __repr__(self) -> str:
        """Show the address alone: credentials do not belong in a log."""
        return f"Port(base_url={self.base_url!r})"

    @property
    def root(self) -> str:
        """The address that paths are appended to; it ends in /v1 and has no slash after it."""
        return self.base_url.rstrip("/").removesuffix(VERSION) + VERSION


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        wanted = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, half an IPv6 address
        return False
    extra = parts.username or parts.password or parts.query or parts.fragment
    return wanted and not extra and text.isascii() and text.isprintable() and " " not in text
