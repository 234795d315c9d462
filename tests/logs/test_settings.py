import pytest

from framework.document.fit import MisfitError, fit
from framework.logs import Format, Logging


def test_there_are_defaults():
    assert Logging() == Logging(size=10 * 1024 * 1024, keep=5, format=Format.TEXT)


def test_a_size_is_written_as_people_do():
    found = fit({"size": "2MiB", "keep": 3, "format": "json"}, Logging)
    assert (found.size, found.keep, found.format) == (2 * 1024 * 1024, 3, Format.JSON)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"size": "10"}, "at least 1KiB, got 10 bytes"),
        ({"size": "much"}, "expected a size such as"),
        ({"keep": 0}, "1 to 100 files"),
        ({"keep": 101}, "1 to 100 files"),
        ({"format": "xml"}, "expected text or json"),
    ],
)
def test_what_does_not_fit_is_refused(written, said):
    with pytest.raises(MisfitError, match=said):
        fit(written, Logging)
