"""Where the plugin stands on the quality scale."""

from __future__ import annotations

from hsops.api import Quality, QualityStatus, Rule

DONE, EXEMPT, TODO = QualityStatus.DONE, QualityStatus.EXEMPT, QualityStatus.TODO

QUALITY = Quality(
    level="bronze",
    rules=(
        Rule("typed-options", DONE),
        Rule("errors-mapped", DONE),
        Rule("time-outs", DONE),
        Rule("real-server-tests", DONE, "OpenSSH 9.2 on Debian 12; reboot and apt behind it are the lab's stand-ins"),
        Rule("simulator-face", DONE),
        Rule("actions-read-back", DONE),
        Rule("docs", DONE),
        Rule("push", EXEMPT, "a host tells nobody of its state; one small command a poll"),
        Rule("dnf", TODO, "written from its documentation, not proven on a real host"),
        Rule("smart", TODO, "shown as smartctl says it; no failing disk was at hand"),
        Rule("discover", TODO, "hosts are named by a person; an inventory system may name them later"),
    ),
)
