"""What every HTTP plugin must say when its server misbehaves."""

from __future__ import annotations

from hsops.errors import AuthFailed, BadAnswer, Forbidden, HsopsError, TimedOut, Unreachable
from tests.plugins.replay import Handler, drip, garbage, hang, refusing, wrong_shape

FAULTS: dict[str, tuple[Handler, type[HsopsError]]] = {
    "401": (refusing(401), AuthFailed),
    "403": (refusing(403), Forbidden),
    "404": (refusing(404), BadAnswer),
    "500": (refusing(500), BadAnswer),
    "502": (refusing(502), Unreachable),
    "503": (refusing(503), Unreachable),
    "hang": (hang, TimedOut),
    "drip": (drip, TimedOut),
    "garbage": (garbage, BadAnswer),
    "wrong-shape": (wrong_shape, BadAnswer),
}
