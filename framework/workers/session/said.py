"""What a process said, without secrets; to be called before a text is cut."""

from typing import TypeVar

from msgspec import structs

from framework import masking
from framework.masking import Hide
from framework.protocol.framing import Broken, Stray, Unknown
from framework.protocol.messages import Bye, Done, Failure, KindDone, Log, StacksAnswer, Up

KEPT = 256 * 1024 + masking.LONGEST  # characters of a text; what is shown is shorter still

Said = TypeVar("Said", bound=Up | Stray | Unknown | Broken)


def masked(message: Said, hide: Hide) -> Said:
    """Return the message with its texts masked; items of a page are data and stay as they are."""
    match message:
        case Stray(text=text) | StacksAnswer(text=text):
            return structs.replace(message, text=hidden(text, hide))
        case Broken(reason=str(reason)) | Bye(reason=str(reason)):
            return structs.replace(message, reason=hidden(reason, hide))
        case Log(message=text):
            return structs.replace(message, message=hidden(text, hide))
        case KindDone(error=str(error)):
            return structs.replace(message, error=hidden(error, hide))
        case Done(error=Failure() as error):
            trace = hide(error.traceback[-KEPT:])  # its end is what counts
            known = structs.replace(error, message=hidden(error.message, hide), traceback=trace)
            return structs.replace(message, error=known)
        case _:
            return message


def hidden(text: str, hide: Hide) -> str:
    """Return the beginning of a text without secrets."""
    return hide(text[:KEPT])
