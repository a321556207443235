"""Which addresses may be asked, and where a redirect may lead."""

from __future__ import annotations

import pytest

from assistant.net.policy import (
    MAX_ADDRESS,
    BadAddress,
    is_pattern,
    may_ask,
    may_follow,
    may_join,
    may_reach,
    read_address,
)

HUGGING_FACE = ("*.hf.co", "*.huggingface.co")
FIRST = read_address("https://huggingface.co/a/b.gguf")


@pytest.mark.parametrize(
    ("text", "host", "port", "target"),
    [
        ("https://huggingface.co/a/b.gguf", "huggingface.co", 443, "/a/b.gguf"),
        ("https://HuggingFace.CO", "huggingface.co", 443, "/"),
        ("https://a.test:8443/x?y=%2F&z=[1]#part", "a.test", 8443, "/x?y=%2F&z=[1]"),
        ("https://a.test?x", "a.test", 443, "/?x"),
        ("http://127.0.0.1:80/", "127.0.0.1", 80, "/"),
        ("https://[::1]:8443/", "::1", 8443, "/"),
        ("https://[0:0:0:0:0:0:0:1]/", "::1", 443, "/"),
        ("https://xn--bcher-kva.test/", "xn--bcher-kva.test", 443, "/"),
    ],
)
def test_an_address_is_taken_apart(text: str, host: str, port: int, target: str) -> None:
    """In one way, however it is written; and put together again it is the same one."""
    address = read_address(text)
    assert (address.host, address.port, address.target) == (host, port, target)
    assert read_address(address.text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "huggingface.co/a",
        "ftp://a.test/",
        "file:///etc/passwd",
        "data:text/plain,a",
        "javascript:alert(1)",
        "HTTPS://a.test/",
        "https:/a.test/",
        "https:///a.test/",
        "https://user@a.test/",
        "https://user:pass@a.test/",
        "https://good.test@evil.test/",
        "https://good.test\\@evil.test/",
        "https://good.test\\.evil.test/",
        "https://good.test%2eevil.test/",
        "https://a.test:0/",
        "https://a.test:65536/",
        "https://a.test:443:443/",
        "https://a.test:-1/",
        "https://a.test:٣/",
        "https://a..test/",
        "https://.a.test/",
        "https://a.test./",
        "https://-a.test/",
        "https://bücher.test/",
        "https://gооd.test/",
        "https://a.test/ b",
        "https://a.test/\r\nHost: b.test",
        "https://a.test/\tb",
        "https://a.test/\x00",
        "https://127.1/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://2130706433/",
        "https://0177.0.0.1/",
        "https://1.2.3.4.5/",
        "https://256.1.1.1/",
        "https://[::1%25eth0]/",
        "https://[::1/",
        "https://::1/",
        f"https://{'a' * 64}.test/",
        f"https://{'a.' * 127}test/",
        f"https://a.test/{'a' * MAX_ADDRESS}",
    ],
)
def test_what_could_be_read_in_two_ways_is_no_address(text: str) -> None:
    """It is refused, and the error holds nothing of it."""
    with pytest.raises(BadAddress) as raised:
        read_address(text)
    assert str(raised.value) == ""


def test_plain_http_only_on_this_computer_and_where_it_is_allowed() -> None:
    """Anything else goes over TLS."""
    assert may_ask(read_address("https://a.test/"))
    assert not may_ask(read_address("http://a.test/"), plain_allowed=True)
    for text in ("http://127.0.0.1:1/", "http://[::1]:1/", "http://localhost:1/"):
        assert may_ask(read_address(text), plain_allowed=True)
        assert not may_ask(read_address(text))
    assert not may_ask(read_address("http://localhost.evil.test/"), plain_allowed=True)
    assert not may_ask(read_address("http://127.0.0.1.evil.test/"), plain_allowed=True)


@pytest.mark.parametrize(
    "text",
    [
        "https://huggingface.co/elsewhere",
        "https://us.aws.cdn.hf.co/signed?x=1",
        "https://cas-bridge.xethub.hf.co/signed",
        "https://cdn-lfs-us-1.hf.co/signed",
        "https://cdn.huggingface.co/signed",
    ],
)
def test_a_redirect_that_is_allowed(text: str) -> None:
    """To the host itself, and to names under those that were listed."""
    assert may_follow(FIRST, read_address(text), HUGGING_FACE)


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.test/",
        "https://hf.co/",
        "https://hf.co.attacker.net/",
        "https://evilhf.co/",
        "https://a-hf.co/",
        "https://huggingface.co.attacker.net/",
        "http://huggingface.co/",
        "http://cdn.hf.co/",
        "https://cdn.hf.co:8443/",
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://[::1]/",
    ],
)
def test_a_redirect_that_is_not(text: str) -> None:
    """Other hosts, other ports, names that only look like it, and never away from TLS."""
    assert not may_follow(FIRST, read_address(text), HUGGING_FACE, plain_allowed=True)


def test_a_pattern_with_a_port_allows_that_port_alone() -> None:
    """For a mirror that listens elsewhere."""
    first = read_address("https://localhost:8443/")
    hosts = ("127.0.0.1:9443",)
    assert may_follow(first, read_address("https://127.0.0.1:9443/"), hosts)
    assert not may_follow(first, read_address("https://127.0.0.1:8443/"), hosts)
    assert may_follow(first, read_address("https://localhost:8443/x"), ())
    assert not may_follow(first, read_address("https://localhost:9443/x"), ())


def test_plain_http_may_redirect_to_plain_http_on_this_computer() -> None:
    """As it was allowed for the first address; from TLS never."""
    plain = read_address("http://localhost:8080/")
    to = read_address("http://127.0.0.1:8080/")
    assert may_follow(plain, to, ("127.0.0.1",), plain_allowed=True)
    assert not may_follow(plain, to, ("127.0.0.1",))


@pytest.mark.parametrize(
    ("pattern", "is_one"),
    [
        ("hf.co", True),
        ("*.hf.co", True),
        ("localhost", True),
        ("127.0.0.1:8443", True),
        ("[::1]:8443", True),
        ("*", False),
        ("*.co", False),
        ("*.*.co", False),
        ("a*.hf.co", False),
        ("https://hf.co", False),
        ("user@hf.co", False),
        ("", False),
        ("hf.co/", False),
    ],
)
def test_what_a_list_of_hosts_may_hold(pattern: str, is_one: bool) -> None:
    """Names, and names under a name; never everything."""
    assert is_pattern(pattern) is is_one


@pytest.mark.parametrize(
    ("host", "may"),
    [
        ("models.test", True),
        ("a.files.test", True),
        ("a.b.files.test", True),
        ("::1", True),
        ("files.test", False),
        ("notfiles.test", False),
        ("models.test.elsewhere.test", False),
        ("models.test:443", False),
        ("*.files.test", False),
        (".files.test", False),
        ("\x1b[31m.files.test", False),
        ("[::1]", False),
        ("", False),
    ],
)
def test_whom_a_child_may_say_that_it_asks(host: str, may: bool) -> None:
    """The host that was approved, or one that a redirect may lead to, whatever the port."""
    first = read_address("https://models.test/a")
    assert may_reach(first, host, ("*.files.test", "[::1]:8443")) is may


# --- One's own network ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.9.9.9", "[::1]", "localhost", "10.0.0.1", "10.255.255.255"),
        *("172.16.0.1", "172.31.255.255", "192.168.1.20", "169.254.1.1", "100.64.0.1"),
        *("100.127.255.255", "[fd00::1]", "[fe80::1]", "[::ffff:192.168.1.1]"),
        *(
            "nas",
            "box.local",
            "box.lan",
            "printer.home.arpa",
            "a.b.internal",
            "BOX.LOCAL",
            "mylocal",
        ),
    ],
)
def test_names_of_ones_own_network(host: str) -> None:
    """May be asked without TLS where that is what is meant."""
    plain = read_address(f"http://{host}:8080/v1")
    assert plain.is_own_network
    assert may_ask(plain, own_network=True)
    assert may_ask(read_address(f"https://{host}/v1"), own_network=True)


@pytest.mark.parametrize(
    "host",
    [
        *("11.0.0.1", "172.32.0.1", "172.15.255.255", "192.169.0.1", "100.128.0.1", "100.63.0.1"),
        *("8.8.8.8", "0.0.0.1", "255.255.255.255", "224.0.0.1", "169.253.1.1", "198.18.0.1"),
        *("[2001:4860:4860::8888]", "[::ffff:8.8.8.8]", "[64:ff9b::a00:1]", "[ff02::1]"),
        *("api.example.com", "local.example.com", "box.local.example.com"),
        *("notlocal.notlan", "home.arpa.example.com", "box.localx", "internal.example.com"),
    ],
)
def test_names_that_are_not(host: str) -> None:
    """Are not asked in its name, with TLS or without."""
    for scheme in ("http", "https"):
        address = read_address(f"{scheme}://{host}/v1")
        assert not address.is_own_network
        assert not may_ask(address, own_network=True)
    assert not may_ask(read_address(f"http://{host}/v1"), plain_allowed=True)


@pytest.mark.parametrize(
    ("peer", "may"),
    [
        ("127.0.0.1", True),
        ("192.168.1.20", True),
        ("100.100.1.1", True),
        ("::1", True),
        ("fe80::1%eth0", True),
        ("::ffff:10.0.0.1", True),
        ("fd12:3456::1", True),
        ("93.184.216.34", False),
        ("::ffff:93.184.216.34", False),
        ("2606:2800:220:1::1", False),
        ("172.32.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - nobody listens there
        ("", False),
        ("localhost", False),
        ("/run/socket", False),
    ],
)
def test_who_may_be_joined(peer: str, may: bool) -> None:
    """By the address that a connection has in the end, whatever its name promised."""
    assert may_join(peer) is may


def test_a_redirect_stays_on_ones_own_network() -> None:
    """And is followed there, with TLS or without, to the same host alone."""
    first = read_address("http://nas.local:8080/v1/models")
    same = read_address("http://nas.local:8080/other")
    assert may_follow(first, same, (), own_network=True)
    assert not may_follow(first, same, ())
    elsewhere = read_address("http://api.example.com/v1/models")
    assert not may_follow(first, elsewhere, ("api.example.com",), own_network=True)
