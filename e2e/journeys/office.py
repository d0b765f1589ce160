"""People at their desks, who administer a platform with `linli admin`."""

import base64
import json
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from e2e.city.platform import Platform
from libs.testkit.commands import linli

PASSWORD = "a password of theirs"  # noqa: S105  # made up
UNTIL = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
Ended = subprocess.CompletedProcess[str]


@dataclass(slots=True)
class Office:
    """People at their desks, each logged in with a profile; and what they have done."""

    platform: Platform
    folder: Path
    done: set[tuple[str, str]] = field(default_factory=set)

    def types(self, *words: str, given: str = "", **environ: str) -> Ended:
        """`linli`, with the profiles of this office."""
        return linli(*words, given=given, XDG_CONFIG_HOME=str(self.folder / "config"), **environ)

    def does(self, noun: str, verb: str, *words: str, by: str = "first", **about: Any) -> Any:
        """An act that is done; its answer."""
        ended = self.tries(noun, verb, *words, "--json", by=by, **about)
        assert ended.returncode == 0, f"{noun} {verb}: {ended.stderr}"
        return json.loads(ended.stdout)

    def tries(self, noun: str, verb: str, *words: str, by: str = "first", **about: Any) -> Ended:
        """An act, to whatever end."""
        self.done.add((noun, verb))
        named = ("--profile", by) if by else ()
        return self.types("admin", noun, verb, *words, *named, **about)

    def calls(self, rpc: str, request: dict[str, Any], **environ: str) -> Any:
        """What `linli admin` is not for."""
        ended = self.types("call", rpc, "-", given=json.dumps(request), **environ)
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    def logs_in(self, profile: str, login: str, password: str = PASSWORD) -> None:
        """Somebody at a desk."""
        ended = self.tries_to_log_in(profile, login, password)
        assert ended.returncode == 0, ended.stderr

    def tries_to_log_in(self, profile: str, login: str, password: str = PASSWORD) -> Ended:
        """To log in, to whatever end."""
        words = ("--profile", profile, "--at", f"127.0.0.1:{self.platform.port}", "--login", login)
        return self.types("login", *words, given=f"{password}\n")

    def person(self, name: str, login: str = "") -> str:
        """The id of a person who is registered, and who can log in."""
        of = {"name": name, "natural_key": {"value": name.replace(" ", "-")}, "phone": "13800138000"}
        kind = ("--natural-key-kind", "KEY_KIND_STAFF_NUMBER", "--area", "elm")
        answer = self.does("person", "register", *kind, "--fields", "-", given=json.dumps(of))
        if login:
            login_words = ("--login-name", login, "--password-file", "-")
            self.does("person", "create-login", answer["resident_id"], *login_words, given=f"{PASSWORD}\n")
        return str(answer["resident_id"])

    def file(self, name: str, content: str) -> str:
        """A file at the desk."""
        (self.folder / name).write_text(content, "utf-8")
        return str(self.folder / name)


def body(office: Office, code: str) -> str:
    key = ("--natural-key-kind", "KEY_KIND_LOCAL_CODE", "--natural-key", code)
    kind = ("--kind", "BODY_KIND_GOVERNMENT_DEPARTMENT", "--name-en", "Works [bold]", "--area", "elm")
    answer = office.does("body", "register", *key, *kind, "--name-zh", "工务局")
    return str(answer["body"]["body_id"])


def subject_of(office: Office, profile: str) -> str:
    """Whose token a profile has."""
    token = json.loads((office.folder / f"config/linli/tokens/{profile}.json").read_text())["token"]
    claims = token.split(".")[1]
    subject: str = json.loads(base64.urlsafe_b64decode(claims + "=="))["sub"]
    return subject
