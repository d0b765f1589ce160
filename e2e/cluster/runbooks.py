"""Every command of the runbooks in OPERATING.md, every `linli` of its other chapters, and where it is tried.

A command that is neither run nor listed here fails `test_runbook_plan.py`.
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from e2e.cluster.guide import GUIDE

FIRST, BEHIND = "When an alert fires", "Change the master key"
"""The runbooks are the chapters from the first of these headings up to the other."""

_PROGRAMS = (
    *("kubectl", "helm", "linli", ".venv/bin/linli", "rabbitmqctl", "rabbitmq-diagnostics", "psql"),
    *("pg_dump", "pg_restore", "curl", "jq", "openssl", "chronyc", "iostat", "timedatectl", "ls", "ss"),
)
_FENCE = re.compile(r"^ *```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_LINLI = re.compile(r"(\.venv/bin/)?linli ")
_REMARK = re.compile(r"\s{2,}# .*$")


class On(Enum):
    """Where a command is run."""

    RELEASE = auto()  # where kubectl and helm reach the cluster
    POD = auto()  # in a container of the service, which has its settings
    BROKER = auto()  # in RabbitMQ's pod, by the functions that the guide defines for an evaluation
    MACHINE = auto()  # beside a `linli up`, in the folder that has its `.linli` and `.venv`


@dataclass(frozen=True, slots=True)
class Run:
    """Run as it stands; `instead` of the guide's placeholders, and `ends` with one of these statuses.

    `says` is part of what it prints: of commands that change something, why they change nothing here.
    """

    on: On
    service: str = "cases"
    instead: Mapping[str, str] = field(default_factory=dict)
    ends: tuple[int, ...] = (0,)
    says: str = ""


@dataclass(frozen=True, slots=True)
class RunBy:
    """A file of tests runs it, by the guide's heading."""

    file: str


@dataclass(frozen=True, slots=True)
class NotRun:
    """Why it is not run."""

    reason: str


Plan = Run | RunBy | NotRun


def commands(guide: str | None = None) -> list[str]:
    """The command lines of the runbooks, and `heading/number` for each of their scripts, in their order.

    Then those of the other chapters that run `linli`.
    """
    text = GUIDE.read_text("utf-8") if guide is None else guide
    before, _, rest = text.partition(f"\n## {FIRST}\n")
    chapters, _, behind = rest.partition(f"\n## {BEHIND}\n")
    parts = re.split(r"^#+ (.+)$", chapters, flags=re.MULTILINE)
    sections = zip([FIRST, *parts[1::2]], parts[::2], strict=True)
    found = [each for heading, section in sections for each in _of(heading, section)]
    elsewhere = [each for chapter in (before, behind) for each in _of("", chapter) if _LINLI.match(each)]
    return list(dict.fromkeys([*found, *elsewhere]))


def _of(heading: str, section: str) -> Iterator[str]:
    scripts = 0
    for language, content in _FENCE.findall(section):
        if language == "console":
            yield from _typed(content)
        elif language == "bash":
            yield f"{heading}/{scripts}"
            scripts += 1
    for quoted in _INLINE.findall(_FENCE.sub("", section)):
        words = " ".join(quoted.split())
        if words.split(" ")[0] in _PROGRAMS and " " in words:
            yield words


def _typed(console: str) -> Iterator[str]:
    """What is typed behind a `$`, to the end of its quotes, without remarks; settings are no commands."""
    lines = iter(console.splitlines())
    for line in lines:
        if not line.strip().startswith("$ "):
            continue
        typed = _REMARK.sub("", line.strip().removeprefix("$ "))
        while not _closed(typed):
            typed += f"\n{next(lines)}"
        if not typed.startswith("export "):
            yield typed


def _closed(typed: str) -> bool:
    try:
        shlex.split(typed)
    except ValueError:
        return False
    return True


_WRITABLE = "."
"""The working folder of the image, in which everybody may write."""
_IMPORTED = {" office ": " always ", "days.csv": "days.csv --known-until 2027-12-31"}
"""The town's calendar, of which the file leaves out a year."""
_BY_OPERATOR = RunBy("test_an_operator_mends.py")
_FOR_THE_OFFICER = Run(On.MACHINE, ends=(1,), says="SCOPE_MISSING")
_SELF_EXPLAINING = NotRun("names a command, without a line to run")
_MANY = {"<service>": "cases", "<source>": "identity", "<view>": "all_cases"}
_NO_PARKED = {"ID": "7", "<service>": "cases"}


_BESIDE = {
    "<service>": "cases",
    "rotate-master-key": "rotate-master-key --data .linli",
    " migrate": " migrate --data .linli",
}
_BY_HAND = {
    "--login li.wei": "--login li.wei --data .linli <<< 'a password of theirs'",
    '3 May"': '3 May" --data .linli',
}
_OF_TRIAL = {".venv/bin/linli": ".venv/bin/linli profile set trial --at 127.0.0.1:$PORT && .venv/bin/linli"}
_ALL_STOPPED = NotRun("no process of the service may run meanwhile: libs/runtime/tests/test_shell.py does")
_A_ROLE = NotRun("runs until it is stopped, over RabbitMQ: the journeys and `linli cluster` run all roles")


def _told(typed: object, text: str, shown: object = "") -> Run:
    """What only the officer records, with a text that is otherwise asked for; `typed` for what is `shown`."""
    fields = f"""{typed} --fields - <<< '{{"{text}": "as it was"}}'"""
    return Run(On.MACHINE, instead={str(shown or typed): fields}, ends=(1,), says="SCOPE_MISSING")


def _pod(**about: str) -> Run:
    return Run(On.POD, instead={**about, **_MANY})


PLAN: Mapping[str, Plan] = {
    # on Kubernetes
    "kubectl -n town create job doctor --from=cronjob/elm-linli-doctor && until kubectl -n town logs -f"
    " job/doctor 2>/dev/null; do sleep 1; done; kubectl -n town delete job doctor": Run(On.RELEASE),
    "kubectl -n town describe pod -l linli/role=doctor": Run(On.RELEASE),
    "kubectl -n town get pod -l linli/service=cases": Run(On.RELEASE, says="elm-linli-cases-"),
    "kubectl -n town logs <pod> -c await-schema": Run(On.RELEASE, instead={"<pod>": "POD"}),
    "kubectl -n town rollout status deployment -l app.kubernetes.io/instance=elm": Run(On.RELEASE),
    "helm test elm -n town --logs": Run(On.RELEASE, says="supervision has the case in its view"),
    """kubectl -n town patch pvc data-elm-linli-postgresql-0 -p"""
    """ '{"spec": {"resources": {"requests": {"storage": "10Gi"}}}}'""": Run(
        On.RELEASE, instead={" -p ": " --dry-run=client -p "}, says="data-elm-linli-postgresql-0 patched"
    ),
    "helm upgrade": _SELF_EXPLAINING,
    # scripts
    "Mend what the doctor names/0": _BY_OPERATOR,
    "A database is gone/0": _BY_OPERATOR,
    "A database is gone/1": _BY_OPERATOR,
    "A password is refused/0": _BY_OPERATOR,
    "A password is refused/1": _BY_OPERATOR,
    "PostgreSQL's disk is full/0": _BY_OPERATOR,
    "RabbitMQ is away/0": _BY_OPERATOR,
    "Annul what a wrong clock recorded/0": Run(On.MACHINE),
    # in a process's own surroundings
    "linli doctor": _SELF_EXPLAINING,
    "linli up": _SELF_EXPLAINING,
    "linli cluster": _SELF_EXPLAINING,
    "linli doctor <service>": _pod(),
    "linli doctor <source>": Run(On.POD, "identity", _MANY),
    "linli <service> rebuild <view>": _pod(),
    "linli <service> verify": _pod(),
    "linli <service> verify --since <saved head>": _pod(
        **{
            "linli <service>": "linli cases verify --save head && linli <service>",
            "<saved head>": "head",
        }
    ),
    "linli topology --permissions VHOST": _pod(VHOST="linli"),
    "linli <service> parked list": _pod(),
    "linli <service> parked show ID": Run(On.POD, instead=_NO_PARKED, ends=(1,), says="7"),
    "linli <service> parked retry ID": Run(On.POD, instead=_NO_PARKED, ends=(1,), says="7"),
    "linli identity notices list": Run(On.POD, "identity"),
    "linli identity notices parked": Run(On.POD, "identity"),
    "linli identity notices letters --out /srv/letters": Run(On.POD, "identity", {"/srv/letters": _WRITABLE}),
    "linli identity notices letters --out /srv/letters --area willow": Run(
        On.POD, "identity", {"/srv/letters": _WRITABLE}, ends=(1,), says="AREA_UNKNOWN"
    ),
    "linli identity notices letters --out /srv/letters --again 7": Run(
        On.POD, "identity", {"/srv/letters": _WRITABLE}, ends=(1,), says="7"
    ),
    ".venv/bin/linli doctor cases": Run(On.POD, instead={".venv/bin/": ""}),
    ".venv/bin/linli doctor cases --process http://127.0.0.1:7480": Run(
        On.POD, instead={".venv/bin/": "", "http:": "https:"}
    ),
    ".venv/bin/linli doctor --env-files /etc/linli": NotRun(
        "the chart's job runs it, with a file for each service: `kubectl create job doctor`"
    ),
    # on RabbitMQ's node
    "rabbitmq-diagnostics alarms": Run(On.BROKER),
    "rabbitmqctl list_bindings -p VHOST": Run(On.BROKER, instead={"VHOST": "linli"}, says="cases"),
    "rabbitmqctl list_policies -p VHOST": Run(On.BROKER, instead={"VHOST": "linli"}),
    # beside `linli up`
    ".venv/bin/linli doctor --data .linli": Run(On.MACHINE, ends=(0, 3)),
    "curl -s localhost:7480/readyz": Run(On.MACHINE),
    "curl -s localhost:7480/metrics | grep ^linli_reader_lag_seconds": Run(On.MACHINE),
    "curl -s localhost:7480/metrics | grep linli_build_info": Run(On.MACHINE),
    """jq -cR 'fromjson? | select(.event == "rpc failed")' <log>""": Run(
        On.MACHINE, instead={"<log>": "linli.log"}
    ),
    "ls -l /proc/<pid>/fd | wc -l": Run(On.MACHINE),
    "ss -tnp | grep <pid>": Run(On.MACHINE, ends=(0, 1)),  # 1: nobody is connected
    ".venv/bin/linli cases parked list --data .linli": Run(On.MACHINE),
    ".venv/bin/linli cases parked show 7 --data .linli": Run(On.MACHINE, ends=(1,), says="7"),
    ".venv/bin/linli cases parked retry 7 --data .linli": Run(On.MACHINE, ends=(1,), says="7"),
    """.venv/bin/linli cases parked discard 7 --reason "the area never existed" --data .linli""": Run(
        On.MACHINE, ends=(1,), says="7"
    ),
    """.venv/bin/linli call operations.ListParkedEvents '{"service": "cases"}'""": Run(On.MACHINE),
    ".venv/bin/linli call operations.RetryParkedEvent"
    """ '{"request_id": "r-1", "service": "cases", "parked_id": 7}'""": Run(
        On.MACHINE, ends=(1,), says="PARKED_UNKNOWN"
    ),
    """(printf whsec_; openssl rand -base64 32) > /etc/linli/sms-secret""": Run(
        On.MACHINE, instead={"/etc/linli/": ""}
    ),
    ".venv/bin/linli call cases.ListEarlyMoments '{}'": Run(On.MACHINE),
    """.venv/bin/linli call cases.AnnulMoment '{"request_id": "a-1", "case_id": "…","""
    """ "clock": "CLOCK_KIND_RESOLUTION",\n    "moment": "MOMENT_KIND_BREACH","""
    """ "reason": "node 3 was ten days ahead on 27 November"}'""": Run(
        On.MACHINE, ends=(1,), says="ID_INVALID"
    ),
    ".venv/bin/linli cases verify --data .linli --save cases.head": Run(On.MACHINE),
    ".venv/bin/linli cases verify --data .linli --since cases.head": Run(
        On.MACHINE,
        instead={
            ".venv/bin/linli cases verify": ".venv/bin/linli cases verify --save cases.head --data .linli && "
            ".venv/bin/linli cases verify"
        },
    ),
    ".venv/bin/linli supervision sources reconcile linli://demo/cases 1024 --data .linli": Run(
        On.MACHINE, instead={"1024": "1"}
    ),
    ".venv/bin/linli supervision sources reconcile linli://demo/cases 1024 --go-on"
    """ --reason "restored from the backup of 2 May" --data .linli""": Run(On.MACHINE, instead={"1024": "1"}),
    ".venv/bin/linli cases sources list --data .linli": Run(On.MACHINE, says="linli://demo/identity"),
    ".venv/bin/linli cases sources reconcile linli://demo/identity 0 --go-on"
    """ --reason "begun anew" --data .linli""": Run(On.MACHINE),
    ".venv/bin/linli cases sources forget linli://old-cell/identity"
    """ --reason "the cell was renamed" --data .linli""": Run(On.MACHINE, ends=(1,), says="old-cell"),
    "cat days.csv": Run(On.MACHINE, says="2027-01-01,holiday,"),
    ".venv/bin/linli calendar import office days.csv --dry-run": Run(On.MACHINE, instead=_IMPORTED),
    ".venv/bin/linli calendar import office days.csv": Run(On.MACHINE, instead=_IMPORTED),
    ".venv/bin/linli cases rebuild all_cases --compare --data .linli": Run(On.MACHINE),
    ".venv/bin/linli cases rebuild all_cases --data .linli": Run(On.MACHINE),
    ".venv/bin/linli identity rebuild claims --compare --data .linli": Run(On.MACHINE),
    ".venv/bin/linli identity rebuild claims --data .linli": Run(On.MACHINE),
    ".venv/bin/linli cases rebuild terms --compare --data .linli": Run(On.MACHINE),
    ".venv/bin/linli cases rebuild terms --data .linli": Run(On.MACHINE),
    "linli identity webhooks": Run(
        On.MACHINE, instead={"linli identity webhooks": ".venv/bin/linli identity webhooks --data .linli"}
    ),
    "linli call identity.GetResident": _SELF_EXPLAINING,
    # beside `linli up`, in the other chapters
    ".venv/bin/linli --help": Run(On.MACHINE, says="admin"),
    "linli --version": Run(On.MACHINE, says="linli "),
    ".venv/bin/linli call catalog.ListAffairs": Run(On.MACHINE, says='"affairs"'),
    ".venv/bin/linli call identity.DefineArea @area.json": Run(On.MACHINE, says='"area_id": "pine"'),
    ".venv/bin/linli login --at linli.example.org:7400 --ca ca.crt --login li.wei": NotRun(
        "goes to another machine: test_somebody_logs_in.py logs in over TLS"
    ),
    ".venv/bin/linli login --profile trial --at 127.0.0.1:7400 --login developer"
    " --password-file .linli/operator.secret": Run(
        On.MACHINE, instead={":7400": ":$PORT"}, says="logged in as developer"
    ),
    ".venv/bin/linli profile list": Run(On.MACHINE, says="there are no profiles"),
    ".venv/bin/linli profile use trial": Run(On.MACHINE, instead=_OF_TRIAL, says="(profile trial)"),
    ".venv/bin/linli logout --profile trial": Run(
        On.MACHINE, instead=_OF_TRIAL, says="nobody was logged in with profile trial"
    ),
    "linli admin": Run(On.MACHINE, ends=(2,), says="responsibility"),
    ".venv/bin/linli admin --help": Run(On.MACHINE, says="responsibility"),
    ".venv/bin/linli admin area list --level COMMUNITY": Run(On.MACHINE, says="AREA_LEVEL_COMMUNITY"),
    ".venv/bin/linli admin role grant PARTY --role ROLE_DISPATCHER --area elm --dry-run": Run(
        On.MACHINE, says='"role": "ROLE_DISPATCHER"'
    ),
    """.venv/bin/linli admin partner register --name "Lamps Ltd" --scope feed.read"""
    """ --secret-file lamps.secret""": Run(On.MACHINE, says="the secret is in lamps.secret"),
    """.venv/bin/linli admin person erase PERSON --reason "by request\"""": Run(
        On.MACHINE, ends=(1,), says="say --yes and --again PERSON"
    ),
    """.venv/bin/linli identity first-operator --name "Li Wei" --staff-number 4711 --login li.wei""": Run(
        On.MACHINE, instead=_BY_HAND, ends=(1,), says="FIRST_OPERATOR_EXISTS"
    ),
    """.venv/bin/linli identity approve-nomination ID --reason "second operator, letter of 3 May\"""": Run(
        On.MACHINE, instead=_BY_HAND, ends=(1,), says="NOMINATION_UNKNOWN"
    ),
    "linli identity set-password --login li.wei": Run(
        On.MACHINE, instead=_BY_HAND, ends=(1,), says="LOGIN_UNKNOWN"
    ),
    ".venv/bin/linli login --change-password": NotRun(
        "needs a profile that is in use: test_somebody_logs_in.py changes a password"
    ),
    "linli admin area standing AREA": _SELF_EXPLAINING,
    "linli admin access-log": _SELF_EXPLAINING,
    "linli admin session revoke": _SELF_EXPLAINING,
    "linli community apply": _SELF_EXPLAINING,
    "linli identity notices letters": _SELF_EXPLAINING,
    "linli admin access-log unusual SERVICE": _SELF_EXPLAINING,
    # the operator of `linli up` is no data protection officer: nobody is both
    ".venv/bin/linli admin access-log list cases --person PERSON": _FOR_THE_OFFICER,
    ".venv/bin/linli admin access-log list cases --reader READER --limit 0 --json": _FOR_THE_OFFICER,
    ".venv/bin/linli admin access-log unusual cases": _FOR_THE_OFFICER,
    ".venv/bin/linli admin access-log mine cases": Run(On.MACHINE),
    "linli admin incident list --open true": _FOR_THE_OFFICER,
    "linli admin incident list --overdue true": _FOR_THE_OFFICER,
    ".venv/bin/linli admin incident list --open true": _FOR_THE_OFFICER,
    "linli admin incident list --state CLOSED": _FOR_THE_OFFICER,
    ".venv/bin/linli admin incident report --kind INCIDENT_KIND_LOST --noticed 2026-03-02T08:00:00Z"
    " --class PERSONAL_CLASS_NAME --persons 40": _told(40, "description"),
    ".venv/bin/linli admin incident assess INCIDENT --risk INCIDENT_RISK_HIGH --class PERSONAL_CLASS_NAME"
    " --persons 38": _told(38, "grounds"),
    ".venv/bin/linli admin incident notified INCIDENT --duty NOTIFICATION_DUTY_AUTHORITY"
    " --notified 2026-03-03T09:00:00Z": _told("09:00:00Z", "note"),
    ".venv/bin/linli admin incident close INCIDENT": _told(
        "close INCIDENT --yes", "measures", "close INCIDENT"
    ),
    "linli admin person receipt PERSON": _FOR_THE_OFFICER,
    "linli admin person export PERSON --to FILE": _FOR_THE_OFFICER,
    "linli admin person propose-factor-reset PARTY": Run(
        On.MACHINE, instead={"PARTY": "PARTY --reason lost"}, ends=(1,), says="PARTY_UNKNOWN"
    ),
    "linli admin person approve-factor-reset ID": Run(On.MACHINE, ends=(1,), says="say --yes"),
    ".venv/bin/linli admin person invite RESIDENT": Run(On.MACHINE, ends=(1,), says="PARTY_UNKNOWN"),
    "linli identity remove-second-factor --login NAME": Run(
        On.MACHINE, instead={"NAME": "NAME --data .linli"}, ends=(1,), says="LOGIN_UNKNOWN"
    ),
    ".venv/bin/linli call identity.GetMyErasureReceipt"
    """ '{"receipt_code": "7F3K9-2QD4X-M8C1T"}'""": Run(On.MACHINE, ends=(1,), says="ERASURE_UNKNOWN"),
    "linli privacy register": Run(On.MACHINE, says="case_opened.v1"),
    ".venv/bin/linli cases settings": Run(On.MACHINE, says="LINLI_DATABASE_URL"),
    ".venv/bin/linli community check town.yaml": Run(On.MACHINE),
    ".venv/bin/linli community schema": Run(On.MACHINE, says="$schema"),
    ".venv/bin/linli community apply town.yaml --dry-run": Run(On.MACHINE),
    ".venv/bin/linli community apply town.yaml": Run(On.MACHINE, instead={".yaml": ".yaml --yes"}),
    ".venv/bin/linli community export town-now": Run(On.MACHINE),
    ".venv/bin/linli community shipped los-angeles la": Run(On.MACHINE),
    ".venv/bin/linli cases rotate-master-key": Run(
        On.MACHINE, instead=_BESIDE, ends=(1,), says="there is only one master key"
    ),
    ".venv/bin/linli cases migrate --dry-run": Run(On.MACHINE, instead=_BESIDE, says="nothing to do"),
    "linli <service> migrate": Run(On.MACHINE, instead=_BESIDE, says="nothing to do"),
    "linli <service> migrate --dry-run": Run(On.MACHINE, instead=_BESIDE, says="nothing to do"),
    "linli <service> migrate --contract": Run(On.MACHINE, instead=_BESIDE, says="nothing to do"),
    ".venv/bin/linli up": NotRun(
        "runs until it is stopped; the tests start one, and run the others beside it"
    ),
    ".venv/bin/linli cluster": NotRun("runs until it is stopped: test_cluster.py starts one"),
    ".venv/bin/linli identity mend-keys": _ALL_STOPPED,
    ".venv/bin/linli identity mend-keys --apply": _ALL_STOPPED,
    "linli call": _SELF_EXPLAINING,
    "linli <service> api": _A_ROLE,
    "linli <service> projector": _A_ROLE,
    "linli <service> relay": _A_ROLE,
    "linli <service> server": _A_ROLE,
    "linli <service> worker": _A_ROLE,
    "linli <service> await-schema": NotRun("needs the settings of a service: test_awaiting.py runs it"),
}
