"""What one server allows, in one place."""

from __future__ import annotations

from dataclasses import dataclass, field

from robo_runtime.simulate.limits import Limits

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Settings:
    """Limits and locks of a server.

    Attributes:
        queue: requests that may wait while one is answered; the next gets 429.
        seconds: the longest an answer may take to write, and to wait for its turn.
        tokens: the longest answer; what the context leaves when None.
        choices: the largest `n`.
        body: bytes of a request.
        body_seconds: for a request to arrive in full.
        api_key: what clients must send as `Authorization: Bearer …`; None for no lock.
        hosts: names the `Host` header may give, against web pages that rebind a name to this machine; None
            for any.
        origins: web pages that may call the server (CORS); none by default.
        sandbox: what a program, a schema or a grammar of a client may use.
        virtual_seconds: the longest span to simulate.
    """

    queue: int = 16
    seconds: float = 60.0
    tokens: int | None = None
    choices: int = 4
    body: int = 1 << 20
    body_seconds: float = 30.0
    api_key: str | None = field(default=None, repr=False)
    hosts: tuple[str, ...] | None = LOOPBACK
    origins: tuple[str, ...] = ()
    sandbox: Limits = field(default_factory=lambda: Limits(events=20_000, cpu=2.0))
    virtual_seconds: float = 3600.0
