"""How the local Port refuses a request: an HTTP status, a machine name, a sentence."""

from framework.errors import FrameworkError
from framework.sandbox.port import unverified


class RefusedError(FrameworkError):
    """A request that Port would refuse; becomes `{"ok": false, "error", "message"}`."""

    def __init__(self, status: int, error: str, message: str):
        super().__init__(message)
        self.status = status
        self.error = error

    def body(self) -> dict[str, object]:
        """Return the body of the answer."""
        return {"ok": False, "error": self.error, "message": str(self)}


def not_found(what: str) -> RefusedError:
    """Return the 404 for something that does not exist."""
    return RefusedError(404, "not_found", f"{what} was not found")


def invalid(message: str) -> RefusedError:
    """Return the 422 for a request that does not match its schema."""
    return RefusedError(422, unverified.INVALID_REQUEST, message)


def taken(what: str) -> RefusedError:
    """Return the refusal to create something that exists."""
    return RefusedError(
        unverified.EXISTS_STATUS, unverified.ALREADY_EXISTS, f"{what} exists already"
    )


def unauthorized(message: str) -> RefusedError:
    """Return the 401 for a missing, wrong or expired token."""
    return RefusedError(401, unverified.UNAUTHORIZED, message)
