"""Nothing waits for what is made after it, and a job that changes is a new one."""

import pytest

from charts.tests.rendered import (
    RUNNING,
    containers,
    documents,
    of_kind,
    pods,
    role_of,
    service_of,
)
from services.command.line import linli


def test_nothing_but_the_test_and_the_contraction_is_a_hook() -> None:
    """A hook that waits for what is made after it is how installations hang."""
    hooks = {
        (role_of(pod), each["metadata"]["annotations"]["helm.sh/hook"])
        for name in ("evaluation", "contracting")
        for each in documents(name)
        if "helm.sh/hook" in each["metadata"].get("annotations", {})
        for _, pod in pods([each])
    }

    assert hooks == {("smoke-test", "test"), ("contract", "post-upgrade")}


def test_every_role_waits_for_the_schema_with_its_own_rights() -> None:
    for title, pod in pods(documents("apart")):
        if role_of(pod) in RUNNING:
            [first] = pod["spec"]["initContainers"]
            assert first["args"] == [service_of(pod), "await-schema"], title
            assert first["env"] == containers(pod)[-1]["env"], title


def jobs(*words: str) -> set[str]:
    return set(of_kind(documents("external", *words), "Job"))


def test_a_job_is_a_new_one_when_its_image_or_settings_change_and_else_the_same() -> None:
    assert jobs() == jobs("--set", "roles.server.replicas=2")
    assert jobs().isdisjoint(jobs("--set", "image.tag=v2"))
    assert len(jobs() - jobs("--set", "services.cases.database.name=matters")) >= 1


def test_every_command_is_one_of_the_command_line() -> None:
    for name in ("evaluation", "apart", "contracting"):
        for title, pod in pods(documents(name)):
            for container in containers(pod):
                words = container.get("args", [])
                if container["name"] == "rabbitmq" or container.get("command"):
                    continue
                group = linli.get_command(None, words[0])  # type: ignore[arg-type]  # our groups need no context
                assert group is not None, title
                command = group if words[0] == "doctor" else group.get_command(None, words[1])  # type: ignore[attr-defined]
                assert command is not None, (title, words)
                known = {option for each in command.params for option in each.opts}
                flags = {word.partition("=")[0] for word in words[1:] if word.startswith("--")}
                assert flags <= known, (title, flags - known)


@pytest.mark.parametrize("name", ["apart", "evaluation", "contracting", "autoscaled-by-keda", "monitored"])
def test_every_name_fits_into_a_label_whatever_the_release_is_called(name: str) -> None:
    """A job's name is a label of its pods: one of 64 characters makes none."""
    longest = "a-" * 19 + "aa"
    found = documents(name, "--set", f"fullnameOverride={longest}")

    names = [each["metadata"]["name"] for each in found]
    assert [each for each in names if len(each) > 63 or "--" in each] == []
    assert all(each.startswith(longest[:30]) for each in names)
    assert len(set(of_kind(found, "Job"))) == sum(each["kind"] == "Job" for each in found)


def test_a_job_that_failed_leaves_its_pod_and_is_tried_for_longer_than_a_pod_may_take_to_end() -> None:
    """With OnFailure the pod goes with the last attempt, and its log with it."""
    found = documents("contracting", "--set", "drainSeconds=3600,preStopSeconds=600")
    longest = max(
        each["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
        for each in of_kind(found, "Deployment").values()
    )
    for title, job in of_kind(found, "Job").items():
        assert job["spec"]["template"]["spec"]["restartPolicy"] == "Never", title
        waits = [min(10 * 2**attempt, 360) for attempt in range(job["spec"]["backoffLimit"])]
        assert sum(waits) > longest, title
