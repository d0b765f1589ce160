"""What stands outside of a release: PostgreSQL, RabbitMQ, Prometheus, a collector of traces."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from e2e.cluster.cluster import Cluster
from libs.testkit.certificates import Authority

HERE = Path(__file__).parent
_READY_WITHIN = "180s"
_PROGRAMS = {
    "postgresql": ("psql", "pg_dump", "pg_restore"),
    "rabbitmq": ("rabbitmqctl",),
}
"""What an operator runs, by the pod in which it is."""
_IN_DEBIANS_RABBITMQ = "/usr/lib/rabbitmq/bin:"


@dataclass(frozen=True, slots=True)
class Outside:
    """Pods of a namespace; `images` by the words that stand for them in the manifests."""

    cluster: Cluster
    namespace: str
    images: Mapping[str, str]

    def host(self, name: str) -> str:
        """Where the pods of other namespaces find it."""
        return f"{name}.{self.namespace}.svc"

    def certify(self, authority: Authority, *names: str) -> None:
        """Give servers certificates."""
        for name in names:
            pair = authority.sign(name, self.host(name))
            files = {"tls.crt": pair.certificate, "tls.key": pair.key, "ca.crt": authority.file}
            given = [f"--from-file={key}={file}" for key, file in files.items()]
            self.kubectl("create", "secret", "generic", f"{name}-tls", *given)

    def files(self, name: str, contents: Mapping[str, str]) -> None:
        """Make a ConfigMap, for a pod to read."""
        made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": dict(contents)}
        self.cluster.kubectl("-n", self.namespace, "apply", "-f", "-", given=json.dumps(made))

    def start(self, *names: str) -> None:
        """Start servers, and wait until they are ready."""
        for name in names:
            manifest = (HERE / f"{name}.yaml").read_text("utf-8")
            for word, image in self.images.items():
                manifest = manifest.replace(f"image: {word}\n", f"image: {image}\n")
            self.cluster.kubectl("-n", self.namespace, "apply", "-f", "-", given=manifest)
        pods = [f"pod/{name}" for name in names]
        self.kubectl("wait", "--for=condition=Ready", *pods, f"--timeout={_READY_WITHIN}")

    def kubectl(self, *words: str) -> str:
        """Run kubectl in the namespace."""
        return self.cluster.kubectl("-n", self.namespace, *words)

    def programs(self, folder: Path) -> None:
        """Write programs that run in the servers' pods what an operator runs on another machine."""
        kubectl = " ".join(self.cluster.command("kubectl"))
        for pod, names in _PROGRAMS.items():
            for name in names:
                program = folder / name
                run = f'exec env PATH={_IN_DEBIANS_RABBITMQ}"$PATH" {name} "$@"'
                inside = f"{kubectl} -n {self.namespace} exec -i {pod} -- sh -c '{run}' {name}"
                program.write_text(f'#!/bin/sh\nexec {inside} "$@"\n', "utf-8")
                program.chmod(0o755)
