"""Every error raised on purpose; its message tells an operator what, where and what to do."""


class FrameworkError(Exception):
    """Something foreseen went wrong; shown as a message, never as a traceback."""


class ConfigError(FrameworkError):
    """Someone must change the configuration; trying again will not help."""


class AuthError(FrameworkError):
    """The credentials are missing, wrong, or lack a right."""


class TransientError(FrameworkError):
    """It may work later; `retry_after` is in seconds where the other side named a time."""

    def __init__(self, message: str, retry_after: float | None = None):
        super().__init__(message)
        self.retry_after = retry_after


class ProtocolError(FrameworkError):
    """An integration broke the rules of the protocol; its process is replaced."""


class ProcessGoneError(FrameworkError):
    """The process that worked on a delivery ended; the delivery is given back."""


class StoppedError(FrameworkError):
    """The supervisor or the integration is being stopped; what is unfinished stays pending."""


class BuildError(FrameworkError):
    """An environment could not be built; the message carries what the installer said."""


class RequirementsError(BuildError):
    """What an environment is to be built from must be changed; trying again will not help."""


class BuildUnavailableError(BuildError):
    """An index, the disk or time was the reason; trying again later may help."""


class SourceError(FrameworkError):
    """The integration could not read its source to the end."""


class MappingError(FrameworkError):
    """A mapping cannot be used, or one page could not be translated with it."""


class PortRefusedError(FrameworkError):
    """Port answered 4xx: the same call will be refused again; `status` is the HTTP status."""

    def __init__(self, message: str, status: int):
        super().__init__(message)
        self.status = status


class PortUnavailableError(TransientError):
    """Port could not be reached, or kept answering 429 or 5xx until the tries ran out."""


class JournalError(FrameworkError):
    """The journal could not store or answer; nothing may be acknowledged."""


class DoneError(JournalError):
    """A delivery is done already, or was never recorded: it must not be sent."""
