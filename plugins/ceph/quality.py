"""Where the plugin stands on the quality scale."""

from __future__ import annotations

from hsops.api import Quality, QualityStatus, Rule

DONE, EXEMPT, TODO = QualityStatus.DONE, QualityStatus.EXEMPT, QualityStatus.TODO

QUALITY = Quality(
    level="silver",
    rules=(
        Rule("typed-options", DONE),
        Rule("errors-mapped", DONE, "asyncssh, librados, the ceph program: tests enumerate them"),
        Rule("time-outs", DONE),
        Rule("recorded-answers", DONE, "Ceph 16.2.15"),
        Rule("real-server-tests", DONE, "Ceph 16.2.15 only; newer releases were not at hand"),
        Rule("simulator-face", DONE),
        Rule("actions-read-back", DONE),
        Rule("discover", DONE),
        Rule("docs", DONE),
        Rule("push", EXEMPT, "the monitors offer clients no subscription to status; polls cost 1 kB"),
        Rule("series", TODO, "sparklines come from the prometheus plugin for now"),
        Rule("maintenance", TODO, "enter and leave by set-group noout, with the gates of ok-to-stop"),
        Rule("orchestrator", TODO, "cephadm's host maintenance was not verified against a real one"),
    ),
)
