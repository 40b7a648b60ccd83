"""People with SSH keys and the file that says who may approve; made with the real ssh-keygen."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.workflow import toy


class People:
    """A folder of keys. `site` writes the rules of the toy's site."""

    def __init__(self, folder: Path, world: toy.World) -> None:
        self.folder = folder
        self.signers = folder / "allowed_signers"
        self._world = world
        folder.mkdir(parents=True, exist_ok=True)

    def key(self, name: str) -> Path:
        """A private key, made when it is first asked for."""
        path = self.folder / name
        if not path.exists():
            argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path)]
            subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)
        return path

    def public(self, name: str) -> str:
        """Type and key, without the comment."""
        self.key(name)
        return " ".join((self.folder / f"{name}.pub").read_text().split()[:2])

    def allow(self, *lines: str) -> None:
        """Write the file; ``{ann}`` stands for ann's public key."""
        found = [re.sub(r"\{(\w+)\}", lambda match: self.public(match[1]), line) for line in lines]
        self.signers.write_text("".join(f"{line}\n" for line in found))

    def site(self, **more: Any) -> None:
        """A site of tier prod where ann started and bob may approve, unless said otherwise."""
        rules = {"tier": "prod", "allowed_signers": str(self.signers), **more}
        self._world.flag("rules", json.dumps({name: value for name, value in rules.items() if value is not None}))

    @contextmanager
    def agent(self, *names: str) -> Iterator[dict[str, str]]:
        """A real ssh-agent with these keys, in the environment."""
        folder = tempfile.mkdtemp(prefix="hsops-")  # a socket's path must be short
        socket = f"{folder}/agent"
        argv = ["ssh-agent", "-D", "-a", socket]
        agent = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
        environment = {"SSH_AUTH_SOCK": socket}
        try:
            while not Path(socket).exists():
                assert agent.poll() is None, "the agent has ended"
            for name in names:
                add = ["ssh-add", "-q", str(self.key(name))]
                subprocess.run(add, check=True, env={**os.environ, **environment}, stdin=subprocess.DEVNULL)
            yield environment
        finally:
            agent.terminate()
            agent.wait(10)
            shutil.rmtree(folder)
