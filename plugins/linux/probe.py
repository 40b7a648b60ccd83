"""One look at a host: one small POSIX shell program that prints ``key<TAB>value`` lines, and what they mean.

Every line is optional: what a host cannot say is not known, never zero. Lines of keys that are not known are passed
over. `SLOW` adds what takes seconds or needs more rights: pending updates and SMART.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress

import msgspec

MARK = "# hsops linux probe 1"
QUICK, SLOW = "quick", "slow"

SCRIPT = (
    MARK
    + r"""
say() { printf '%s\t%s\n' "$1" "$2"; }
first() { if [ -r "$2" ]; then v=; IFS= read -r v <"$2" || :; say "$1" "$v"; fi; }
root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n -- "$@"; fi; }
has() { command -v "$1" >/dev/null 2>&1; }
first boot_id /proc/sys/kernel/random/boot_id
first machine_id /etc/machine-id
first kernel /proc/sys/kernel/osrelease
first uptime /proc/uptime
first load /proc/loadavg
say hostname "$(uname -n)"
say cpus "$(getconf _NPROCESSORS_ONLN 2>/dev/null)"
if [ -r /etc/os-release ]; then
  while read -r line; do case $line in PRETTY_NAME=*|ID=*) say os "$line";; esac; done </etc/os-release
fi
while read -r k v _; do case $k in MemTotal:|MemAvailable:) say "$k" "$v";; esac; done </proc/meminfo
df -P -k -l 2>/dev/null | while read -r dev size used avail _ mount; do
  say fs "$dev $size $used $avail $mount"
done
if has systemctl; then
  say systemd "$(systemctl is-system-running 2>/dev/null)"
  if units=$(systemctl list-units --failed --no-legend --plain --no-pager 2>/dev/null); then
    say units known
    printf '%s\n' "$units" | while read -r unit _; do [ -n "$unit" ] && say failed "$unit"; done
  fi
fi
if has timedatectl; then say synced "$(timedatectl show -p NTPSynchronized --value 2>/dev/null)"; fi
if has chronyc; then say chrony "$(chronyc -c tracking 2>/dev/null)"; fi
for f in /run/reboot-required /var/run/reboot-required; do if [ -e "$f" ]; then say reboot "$f"; break; fi; done
for f in /boot/vmlinuz-*; do if [ -e "$f" ]; then say installed "${f#/boot/vmlinuz-}"; fi; done
if [ "$1" = slow ]; then
  if has apt-get; then
    if list=$(apt-get -s -q -o Debug::NoLocking=1 --with-new-pkgs upgrade 2>/dev/null); then
      say manager apt
      printf '%s\n' "$list" | while read -r w rest; do if [ "$w" = Inst ]; then say apt "$rest"; fi; done
    fi
  elif has dnf; then
    list=$(dnf -q -C check-update 2>/dev/null); code=$?
    if [ $code = 0 ] || [ $code = 100 ]; then
      say manager dnf
      printf '%s\n' "$list" | while read -r w rest; do if [ -n "$rest" ]; then say dnf "$w $rest"; fi; done
    fi
  fi
  if has smartctl; then
    root smartctl --scan 2>/dev/null | while read -r dev _; do
      say smart "$dev $(root smartctl -H "$dev" 2>/dev/null | grep -i -e 'result:' -e 'status:' | head -n 1)"
    done
  fi
fi
"""
)

_APT = re.compile(r"(?P<name>\S+)(?: \[(?P<old>[^\]]*)\])? \((?P<new>\S+)")
_PSEUDO = ("tmpfs", "devtmpfs", "udev", "none", "shm", "efivarfs")
_KILO = 1024


class FileSystem(msgspec.Struct, frozen=True):
    """A local file system; bytes."""

    device: str
    mount: str
    size: int
    used: int
    free: int
    """What a user may still fill."""

    @property
    def fill(self) -> float:
        """Used part of what users may use, 0 to 1, as ``df`` counts it."""
        return self.used / (self.used + self.free) if self.used + self.free else 0.0


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a host says of itself. None and empty: not known."""

    boot_id: str = ""
    machine_id: str = ""
    hostname: str = ""
    os: str = ""
    """``Debian GNU/Linux 12 (bookworm)``."""
    distribution: str = ""
    """``debian``: the ID of os-release."""
    kernel: str = ""
    newest: str = ""
    """The newest kernel installed, of the running one's flavour."""
    uptime: float | None = None
    cpus: int | None = None
    load: tuple[float, ...] = ()
    """Of 1, 5 and 15 minutes."""
    memory: int | None = None
    available: int | None = None
    """Bytes that programs may still get."""
    file_systems: tuple[FileSystem, ...] = ()
    failed: tuple[str, ...] | None = None
    """Units that failed; None where systemd does not run."""
    starting: bool = False
    """It has not come to the end of its start."""
    synced: bool | None = None
    """Whether its clock is."""
    reboot_flag: bool = False
    """Its package manager asks for a reboot."""
    updates: tuple[str, ...] | None = None
    """``libc6 2.36-9 -> 2.36-10``; None when not asked or not known."""
    manager: str = ""
    """apt or dnf."""
    disks: tuple[str, ...] = ()
    """``/dev/sda PASSED``, where smartctl is installed."""

    @property
    def pending(self) -> str:
        """Why it waits for a reboot; empty when it does not."""
        if self.newest and self.newest != self.kernel:
            return f"kernel {self.newest} is installed, {self.kernel} runs"
        return "its package manager asks for it" if self.reboot_flag else ""


def parse(text: str) -> Facts:
    """Facts of a probe's output. Lines that make no sense are passed over."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for line in text.splitlines():
        key, tab, value = line.partition("\t")
        if tab and value.strip():
            found[key].append(value.strip())
    one = {key: values[0] for key, values in found.items()}
    release = dict(line.split("=", 1) for line in found["os"] if "=" in line)
    kernel = one.get("kernel", "")
    return Facts(
        boot_id=one.get("boot_id", ""),
        machine_id=one.get("machine_id", ""),
        hostname=one.get("hostname", ""),
        os=release.get("PRETTY_NAME", "").strip("\"'"),
        distribution=release.get("ID", "").strip("\"'"),
        kernel=kernel,
        newest=newest(found["installed"], kernel),
        uptime=_number(one.get("uptime", "")),
        cpus=_whole(one.get("cpus", "")),
        load=tuple(number for word in one.get("load", "").split()[:3] if (number := _number(word)) is not None),
        memory=_bytes(one.get("MemTotal:", "")),
        available=_bytes(one.get("MemAvailable:", "")),
        file_systems=_file_systems(found["fs"]),
        failed=tuple(found["failed"]) if "units" in one else None,
        starting=one.get("systemd") in ("initializing", "starting"),
        synced=_synced(one),
        reboot_flag="reboot" in one,
        updates=tuple(_updates(found)) if "manager" in one else None,
        manager=one.get("manager", ""),
        disks=tuple(_disk(line) for line in found["smart"]),
    )


def _number(word: str) -> float | None:
    with suppress(ValueError):
        return float(word.split(maxsplit=1)[0]) if word else None
    return None


def _whole(word: str) -> int | None:
    return int(word) if word.isdigit() else None


def _bytes(word: str) -> int | None:
    number = _whole(word)
    return None if number is None else number * _KILO


def _file_systems(lines: Sequence[str]) -> tuple[FileSystem, ...]:
    found: dict[str, FileSystem] = {}
    for line in lines:
        words = line.split(maxsplit=4)
        numbers = [_bytes(word) for word in words[1:4]]
        if len(words) == 5 and None not in numbers and words[0] not in _PSEUDO and not words[0].startswith("/dev/loop"):
            size, used, free = (number or 0 for number in numbers)
            found.setdefault(words[4], FileSystem(words[0], words[4], size, used, free))
    return tuple(found.values())


def _synced(one: dict[str, str]) -> bool | None:
    if "chrony" in one:
        return one["chrony"].rpartition(",")[2] == "Normal"
    return one["synced"] == "yes" if "synced" in one else None


def _updates(found: dict[str, list[str]]) -> list[str]:
    lines = []
    for line in found.get("apt", []):
        match = _APT.match(line)
        lines.append(f"{match['name']} {match['old'] or 'new'} -> {match['new']}" if match else line)
    for line in found.get("dnf", []):
        words = line.split()
        if len(words) == 3 and "." in words[0]:  # the list of obsoleted packages follows under a title
            lines.append(f"{words[0].rpartition('.')[0]} -> {words[1]}")
    return lines


def _disk(line: str) -> str:
    device, _, rest = line.partition(" ")
    return f"{device} {rest.rpartition(':')[2].strip() or 'says nothing'}"


def newest(installed: Sequence[str], running: str) -> str:
    """The newest kernel of the running one's flavour (``amd64``, ``generic``, ``x86_64``); empty when none is known."""
    kernels = [name for name in installed if "rescue" not in name]
    flavour = _flavour(running)
    kin = [name for name in kernels if _flavour(name) == flavour]
    return max(kin or kernels, key=_version, default="")


def _flavour(kernel: str) -> str:
    """The last word that is no number; what follows the last dash or dot."""
    return next((word for word in reversed(re.split(r"[-.+]", kernel)) if word and not word.isdigit()), "")


def _version(kernel: str) -> list[tuple[int, int, str]]:
    """Numbers compare as numbers."""
    return [(1, int(word), "") if word.isdigit() else (0, 0, word) for word in re.findall(r"\d+|[a-z]+", kernel)]
