"""The wire under the openai client: what was approved goes out, to the byte, and nothing else."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Iterator
from dataclasses import replace

import httpx2
import openai
import pytest

from assistant.net import exchange
from assistant.net.exchange import Exchange
from assistant.net.policy import read_address
from assistant.net.records import Failure
from assistant.net.telling import Broken, Telling
from assistant.net.wire import Wire, context
from tests.certificates import Authority
from tests.cloud_server import ANSWER, HOSTED, CloudServer, hosted, leading, refusing
from tests.tunnel import Tunnel
from tests.unit.asking import BODY, KEY, asking, hear
from tests.unit.netting import Near


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Signs the servers' certificates."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def near(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Near:
    """Children on threads; no proxy."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    return Near(authority.path)


@pytest.fixture
def box() -> Iterator[CloudServer]:
    """A box on one's own network, without TLS."""
    with CloudServer() as server:
        yield server


class Breaking(httpx2.BaseTransport):
    """A transport that fails as ours does: at once, or in the middle of an answer.

    Args:
        midway: In the middle.
    """

    def __init__(self, *, midway: bool) -> None:
        self._midway = midway

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        broken = Broken(Failure.STATUS, "quota", 429, 7.0)
        if not self._midway:
            raise broken

        class Body(httpx2.SyncByteStream):
            def __iter__(self) -> Iterator[bytes]:
                yield b'data: {"a":1}\n\n'
                raise broken

        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, stream=Body())


@pytest.mark.parametrize("midway", [False, True])
def test_our_own_failures_come_through_the_client_unchanged(midway: bool) -> None:
    """Neither wrapped nor tried again: what the wire says is what the child hears."""
    request = asking("https://nobody.invalid/v1")
    with (
        exchange._client(Breaking(midway=midway)) as client,
        pytest.raises(Broken) as raised,
        exchange._sent(client, request, read_address(request.url)) as stream,
    ):
        list(stream)
    assert (raised.value.failure, raised.value.detail) == (Failure.STATUS, "quota")
    assert (raised.value.status, raised.value.retry_after) == (429, 7.0)


def test_the_bytes_on_the_wire(near: Near, box: CloudServer) -> None:
    """The approved body, the approved headers, Hush's own four, and what HTTP itself needs."""
    request = asking(box.own)
    heard = hear(near.line(), request)
    assert heard.text == ANSWER
    (asked,) = box.asked
    assert asked.body == BODY
    assert (asked.method, asked.path) == ("POST", "/v1/chat/completions")
    said = [(name.lower(), value) for name, value in asked.lines]
    agent = dict(said)["user-agent"]
    assert agent.startswith("Hush/")
    assert sorted(said) == [
        ("accept", "*/*"),
        ("accept-encoding", "identity"),
        ("authorization", KEY),
        ("connection", "close"),
        ("content-length", str(len(BODY))),
        ("content-type", "application/json"),
        ("host", f"127.0.0.1:{box.port}"),
        ("user-agent", agent),
    ]
    assert box.payloads() == [request.payload_sha256]


def test_a_request_without_a_key_has_none(near: Near, box: CloudServer) -> None:
    """The client's stand-in goes nowhere."""
    request = asking(box.own, headers=(("Content-Type", "application/json"),))
    assert hear(near.line(), request).text == ANSWER
    assert "authorization" not in box.asked[0].headers
    assert box.payloads() == [request.payload_sha256]


def test_the_environment_changes_nothing(
    near: Near, box: CloudServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client reads many variables; none of them gets onto the wire."""
    before = hear(near.line(), asking(box.own))
    for name, value in {
        "OPENAI_API_KEY": "sk-canary",
        "OPENAI_BASE_URL": "https://canary.invalid/v1",
        "OPENAI_ORG_ID": "canary",
        "OPENAI_PROJECT_ID": "canary",
        "OPENAI_CUSTOM_HEADERS": "X-Canary: canary",
        "OPENAI_LOG": "debug",
    }.items():
        monkeypatch.setenv(name, value)
    after = hear(near.line(), asking(box.own))
    assert before.text == after.text == ANSWER
    assert box.asked[0].lines == box.asked[1].lines


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("to_itself", [False, True])
def test_no_redirect_is_followed(near: Near, status: int, to_itself: bool) -> None:
    """Neither to another host nor to the same one: neither is asked again."""
    with CloudServer() as other, CloudServer() as box:
        box.manners = [leading((box if to_itself else other).own, status)]
        heard = hear(near.line(), asking(box.own))
    assert heard.failure is Failure.REDIRECT
    assert (len(box.asked), other.reached) == (1, 0)
    assert heard.text == ""


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503])
def test_nothing_is_tried_twice(near: Near, box: CloudServer, status: int) -> None:
    """The client would, for each of these; one approval is one request."""
    box.manners = [refusing(status, retry_after="0")]
    heard = hear(near.line(), asking(box.own))
    assert heard.failure is Failure.STATUS
    assert heard.failed
    assert heard.failed.status == status
    assert box.reached == 1


@pytest.mark.parametrize("change", ["body", "address", "method"])
def test_a_client_that_builds_something_else_sends_nothing(
    near: Near, box: CloudServer, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """One byte is enough: whatever a new version of it does, only the approved goes out."""
    build = openai.OpenAI._build_request

    def other(self: openai.OpenAI, *given: object, **named: object) -> httpx2.Request:
        built = build(self, *given, **named)
        content, url, method = built.read(), built.url, built.method
        if change == "body":
            content = content[:-1] + b" "
        elif change == "address":
            url = url.copy_with(path=f"{url.path}/more")
        else:
            method = "PUT"
        return httpx2.Request(method, url, headers=built.headers, content=content)

    monkeypatch.setattr(openai.OpenAI, "_build_request", other)
    trust = context()
    telling = Telling(io.BytesIO())
    request = asking(box.own)
    wire = Wire(request, read_address(request.url), telling, trust)
    with (
        exchange._client(wire) as client,
        pytest.raises(Broken) as raised,
        exchange._sent(client, request, read_address(request.url)),
    ):
        pass
    telling.count.close()
    assert raised.value.failure is Failure.CHILD
    assert box.reached == 0


def test_a_wire_sends_once(box: CloudServer) -> None:
    """A client that asked again would get nothing more."""
    request = asking(box.own)
    telling = Telling(io.BytesIO())
    wire = Wire(request, read_address(request.url), telling, context())
    built = httpx2.Request("POST", request.url, content=BODY)
    wire.handle_request(built).close()
    with pytest.raises(Broken) as raised:
        wire.handle_request(built)
    wire.close()
    telling.count.close()
    assert raised.value.failure is Failure.CHILD
    assert box.reached == 1


# --- One's own network ----------------------------------------------------------------------------


def test_a_name_that_leads_elsewhere_is_told_nothing(box: CloudServer) -> None:
    """It is a name of one's own network; who is connected is not, and gets no byte."""
    said = io.BytesIO()
    telling = Telling(said)
    seen: list[str] = []

    def elsewhere(peer: str) -> bool:
        seen.append(peer)
        return False

    with pytest.raises(Broken) as raised:
        Exchange(elsewhere).ask(asking(box.own), telling)
    assert (raised.value.failure, raised.value.detail) == (Failure.REFUSED, "elsewhere")
    assert seen == ["127.0.0.1"]
    assert box.asked == []


def test_a_name_of_ones_own_network(
    near: Near, box: CloudServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is asked where its name leads to this network; a name of no such kind is not asked at all."""
    looked_up: list[object] = []

    def resolve(host: object, port: object, *_: object, **__: object) -> list[object]:
        looked_up.append(host)
        kind = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        return [(*kind, "", ("127.0.0.1", box.port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    at = box.own.replace("127.0.0.1", "nas.local")
    assert hear(near.line(), asking(at, own_network=True)).text == ANSWER
    public = box.own.replace("127.0.0.1", "nas.example")
    heard = hear(near.line(), asking(public, own_network=True))
    assert heard.failure is Failure.NOT_HTTP
    assert heard.failed
    assert (heard.failed.bytes_out, looked_up) == (0, ["nas.local"])


def test_plain_http_is_for_ones_own_network_alone(near: Near, box: CloudServer) -> None:
    """A box that is not said to be one's own is not asked without TLS."""
    heard = hear(near.line(), asking(box.own, own_network=False))
    assert heard.failure is Failure.NOT_HTTP
    assert box.reached == 0


@pytest.mark.parametrize("secure", [False, True])
def test_ones_own_network_is_not_asked_through_a_proxy(
    near: Near, authority: Authority, monkeypatch: pytest.MonkeyPatch, secure: bool
) -> None:
    """Who runs it would be told, and reach another network."""
    certificate = authority.sign() if secure else None
    with CloudServer(certificate) as box, Tunnel() as tunnel:
        for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, tunnel.url)
        assert hear(near.line(), asking(box.own)).text == ANSWER
    assert tunnel.asked == []


# --- Services on the internet ---------------------------------------------------------------------


def test_a_hosted_service(authority: Authority) -> None:
    """Over TLS, through the system's proxy, which sees a name and a port."""
    with hosted(authority.sign("hosted", host=HOSTED)) as (server, starter):
        request = asking(server.hosted)
        heard = hear(starter.start(), request)
    assert heard.text == ANSWER
    assert server.payloads() == [request.payload_sha256]
    assert server.asked[0].secure
    assert server.asked[0].headers["host"] == HOSTED


@pytest.mark.parametrize(
    ("fault", "words"),
    [("expired", "out of date"), ("name", f"not that of {HOSTED}"), ("issuer", "vouches")],
)
def test_a_certificate_that_is_not_good(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory, fault: str, words: str
) -> None:
    """Nothing is said to such a server: not the question, not the key."""
    signing = Authority(tmp_path_factory.mktemp("x"), "y") if fault == "issuer" else authority
    good = authority.sign("good", host=HOSTED)
    bad = signing.sign(
        f"bad-{fault}",
        host="elsewhere.test" if fault == "name" else HOSTED,
        expired=fault == "expired",
    )
    with hosted(replace(bad, authority=good.authority)) as (server, starter):
        heard = hear(starter.start(), asking(server.hosted))
    assert heard.failure is Failure.TLS
    assert heard.failed
    assert words in heard.failed.message
    assert "nothing was sent" in heard.failed.message
    assert server.asked == []


def test_the_key_is_in_no_word_of_the_child(near: Near, box: CloudServer) -> None:
    """A server that says it back does not get it further than the child."""
    body = json.dumps({"error": {"message": KEY, "code": KEY, "type": KEY}})
    box.manners = [refusing(401, message=body), refusing(500, code="key-canary")]
    for status in (401, 500):
        heard = hear(near.line(), asking(box.own))
        assert heard.failed
        assert heard.failed.status == status
        assert "canary" not in f"{heard.failed!r} {heard.failed.sentence}"
