"""What this machine knows of clouds: clouds.yaml where openstacksdk looks for it, and OS_* variables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hsops.api import Found

_NAMES = ("clouds.yaml", "clouds.yml", "clouds.json")


def discover(env: Mapping[str, str], home: Path) -> Sequence[Found]:
    """Every cloud of the first clouds.yaml that can be read, the one of OS_CLOUD first; else the OS_* variables."""
    for path, is_standard in _candidates(env, home):
        clouds = _clouds(path)
        if clouds:
            wanted = env.get("OS_CLOUD", "")
            names = sorted(clouds, key=lambda name: (name != wanted, name))
            return [_found(name, path, is_standard) for name in names]
    return _from_environment(env)


def _candidates(env: Mapping[str, str], home: Path) -> Iterator[tuple[Path, bool]]:
    """openstacksdk's order, and whether it finds the file from everywhere: else the site file must name it."""
    if env.get("OS_CLIENT_CONFIG_FILE"):
        yield Path(env["OS_CLIENT_CONFIG_FILE"]), False
    config_home = Path(env.get("XDG_CONFIG_HOME") or home / ".config")
    folders = [(Path.cwd(), False), (config_home / "openstack", True), (home / ".config" / "openstack", True)]
    shared = [Path(folder) / "openstack" for folder in (env.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":") if folder]
    folders += [(folder, True) for folder in (*shared, Path("/etc/openstack"))]
    for folder, is_standard in folders:
        for name in _NAMES:
            yield folder / name, is_standard


def _clouds(path: Path) -> Mapping[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}  # not there, not ours to read, or no text: openstacksdk goes on to the next one as well
    import yaml  # noqa: PLC0415 - late: only when there is a file

    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}  # `doctor` says more when the site file names it
    clouds = content.get("clouds") if isinstance(content, dict) else None
    return {str(name): cloud for name, cloud in clouds.items()} if isinstance(clouds, dict) else {}


def _found(name: str, path: Path, is_standard: bool) -> Found:
    system: dict[str, Any] = {"plugin": "openstack", "cloud": name}
    if not is_standard:
        system["config_file"] = str(path.absolute())
    return Found(system, str(path))


def _from_environment(env: Mapping[str, str]) -> Sequence[Found]:
    if not env.get("OS_AUTH_URL"):
        return []
    system: dict[str, Any] = {"plugin": "openstack", "auth_url": env["OS_AUTH_URL"]}
    if env.get("OS_APPLICATION_CREDENTIAL_ID"):
        system["application_credential_id"] = env["OS_APPLICATION_CREDENTIAL_ID"]
        system["application_credential_secret"] = {"env": "OS_APPLICATION_CREDENTIAL_SECRET"}
    else:
        system |= {"username": env.get("OS_USERNAME", ""), "password": {"env": "OS_PASSWORD"}}
        system |= {"project": env.get("OS_PROJECT_NAME") or env.get("OS_TENANT_NAME", "")}
        domains = {"user_domain": "OS_USER_DOMAIN_NAME", "project_domain": "OS_PROJECT_DOMAIN_NAME"}
        system |= {option: env[name] for option, name in domains.items() if env.get(name)}
    more = {"region": "OS_REGION_NAME", "interface": "OS_INTERFACE", "ca": "OS_CACERT"}
    system |= {option: env[name] for option, name in more.items() if env.get(name)}
    return [Found(system, "OS_* environment variables")]
