"""Which addresses become links, and what is said about the deceptive ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.markdown.addresses import examine, is_link


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org",
        "HTTP://EXAMPLE.org:8080/a?b=c#d",
        "https://xn--bcher-kva.example/%C3%A9",
        "http://[::1]:80/",
        "http://localhost/x",
        "mailto:someone@example.org?subject=hi",
        "tel:+44123456789",
    ],
)
def test_links(address: str) -> None:
    """Web pages, mail and telephone numbers are links, and are opened as they are written."""
    assert is_link(address)
    assert examine(address).text == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "example.org",
        "/etc/passwd",
        "//host/share",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "ftp://example.org",
        "qrc:/x",
        "http:",
        "http:///x",
        "https://",
        "https:\\\\host\\share",
        "https://exa mple.org",
        "https://example.org/\n",
        "https://ex%61mple.org",
        "https://[::1",
        "https://example.org:99999",
        "https://аpple.com",  # not ASCII: the parser makes hosts punycode before
        "https://example.org/\u202etxt",
        "mailto:",
        "mailto://host/x",
        "\x00https://example.org",
    ],
)
def test_everything_else_is_text(address: str) -> None:
    """No file, share, script or broken address is a link."""
    assert not is_link(address)
    with pytest.raises(ValueError, match="not an address"):
        examine(address)


@given(st.text())
def test_any_text_gets_an_answer(address: str) -> None:
    """No text makes the test itself fail, and a link is always printable ASCII."""
    for candidate in (address, "https://" + address):
        if is_link(candidate):
            assert candidate.isascii()
            assert candidate.isprintable()


def test_plain_site_has_no_warning() -> None:
    """An ordinary address is shown without a word."""
    assert examine("https://example.org/x").warnings == ()
    assert examine("https://example.org/x").site == "example.org"


def test_homograph_is_shown_in_both_spellings() -> None:
    """A Cyrillic letter in a Latin name: both spellings, and that alphabets are mixed."""
    address = examine("https://xn--pple-43d.com/")
    assert address.site == "xn--pple-43d.com"
    assert any("“аpple.com”" in warning for warning in address.warnings)
    assert any("mixes alphabets" in warning for warning in address.warnings)


def test_honest_international_name_is_not_called_mixed() -> None:
    """One alphabet only: the other spelling is shown, no more."""
    warnings = examine("https://xn--bcher-kva.example").warnings
    assert len(warnings) == 1
    assert "bücher.example" in warnings[0]


def test_invisible_letters_of_a_name_are_shown() -> None:
    """A zero-width space or a direction override inside the name becomes visible."""
    for host, mark in (("xn--example-1z6c.com", "⟨U+200B⟩"), ("xn--example-276c.com", "⟨U+202E⟩")):
        assert mark in examine(f"https://{host}").warnings[0]


def test_user_name_before_the_site_is_named() -> None:
    """The well-known trick: another site's name as a user name."""
    warnings = examine("https://bank.example@evil.example/").warnings
    assert warnings == ("What stands before “@” is not the site. The site is evil.example.",)


def test_broken_punycode_stays_as_it_is() -> None:
    """A label that cannot be decoded is shown undecoded."""
    assert examine("https://xn--99999999999/").site == "xn--99999999999"
