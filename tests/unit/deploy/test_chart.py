"""The Helm chart, as `example/rendered.yaml` shows it: probes that are routes, the image's user, secrets by reference, enough memory.

Where helm or kubernetes-validate is installed, the chart itself is rendered and checked.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from deploy.dockerfile import read
from tests.fixtures.deploying import DEPLOY, FIELDS, PROCESS_VARIABLES, SECRETS, loaded, memory_mb, route_templates
from wondernest import __version__
from wondernest.settings import Settings, load_settings
from wondernest.supervisor.master import FORCED_STOP_S, KILL_MARGIN_S

CHART: Final = DEPLOY / "chart"
EXAMPLE: Final = CHART / "example"
VALUES: Final = loaded(CHART / "values.yaml")
KUBERNETES: Final = "1.34.0"
STRONG: Final = "5" * 64
KINDS: Final = ("serve", "jobs", "migrate")
GIVEN: Final = {
    "DATABASE_URL": "postgresql://wondernest:5@postgres/wondernest",
    "REDIS_URL": "redis://:5@valkey:6379/0",
    "JWT_SECRET": STRONG,
    "METRICS_TOKEN": STRONG,
}
"""What the Secret holds."""


def documents(text: str) -> list[dict[str, Any]]:
    return [document for document in yaml.safe_load_all(text) if document]


RENDERED: Final = documents((EXAMPLE / "rendered.yaml").read_text(encoding="utf-8"))


def found(kind: str, name: str) -> dict[str, Any]:
    """One object of the example."""
    (one,) = [each for each in RENDERED if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    return one


def pod(component: str) -> dict[str, Any]:
    kind = "Job" if component == "migrate" else "Deployment"
    spec: dict[str, Any] = found(kind, f"wondernest-{component}")["spec"]["template"]["spec"]
    return spec


def container(component: str) -> dict[str, Any]:
    (only,) = pod(component)["containers"]
    return only


def settings(component: str) -> Settings:
    """The settings with which the component's pods start."""
    image = read()[-1].last("ENV").pairs
    given: dict[str, str] = {}
    for variable in container(component)["env"]:
        if "value" in variable:
            given[variable["name"]] = variable["value"]
        elif variable["name"] in GIVEN:
            given[variable["name"]] = GIVEN[variable["name"]]
    return load_settings({**image, **given}, serving=True)


def megabytes(text: str) -> float:
    number, unit = text[:-2], text[-2:]
    return float(number) * {"Mi": 1.048576, "Gi": 1073.741824}[unit]


@pytest.mark.parametrize("component", ["serve", "jobs"])
def test_pods_start_with_the_strict_rules_of_production(component: str) -> None:
    assert settings(component).app.production


@pytest.mark.parametrize("component", ["serve", "jobs"])
def test_every_probe_asks_a_route_of_the_service_at_its_port(component: str) -> None:
    (port,) = container(component)["ports"]
    assert port == {"name": "http", "containerPort": settings(component).server.port}
    probes = {name: container(component)[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")}
    assert {name: probe["path"] for name, probe in probes.items()} == {
        "startup": "/health/startup",
        "liveness": "/health/live",
        "readiness": "/health/ready",
    }
    assert all(probe["port"] == "http" and probe["path"] in route_templates() for probe in probes.values())


@pytest.mark.parametrize("component", KINDS)
def test_pods_run_as_the_images_user_without_rights_on_read_only_files(component: str) -> None:
    user, group = (int(number) for number in read()[-1].last("USER").text.split(":"))
    context = pod(component)["securityContext"]
    assert (context["runAsUser"], context["runAsGroup"], context["fsGroup"]) == (user, group, group)
    assert context["runAsNonRoot"] is True
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    own = container(component)["securityContext"]
    assert own == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container(component)["volumeMounts"] == [{"name": "temporary", "mountPath": "/tmp"}]
    assert pod(component)["automountServiceAccountToken"] is False
    assert pod(component)["enableServiceLinks"] is False


@pytest.mark.parametrize("component", KINDS)
def test_every_variable_is_a_setting_and_secrets_are_references(component: str) -> None:
    env = container(component)["env"]
    names = [variable["name"] for variable in env]
    assert len(names) == len(set(names))
    assert set(names) <= {*FIELDS, *PROCESS_VARIABLES}
    for variable in env:
        assert ("valueFrom" in variable) == (variable["name"] in SECRETS), variable["name"]


def test_the_chart_knows_every_secret_variable_and_no_other() -> None:
    known = {*VALUES["secrets"]["required"], *VALUES["secrets"]["optional"]}
    assert known == SECRETS - {"PARENT_DEFAULT_PIN"}  # production refuses any
    for group in (VALUES["environment"], VALUES["serve"]["environment"], VALUES["jobs"]["environment"]):
        assert set(group) <= set(FIELDS) - SECRETS


def test_the_image_is_that_of_this_version() -> None:
    chart = loaded(CHART / "Chart.yaml")
    assert chart["appVersion"] == __version__
    assert container("serve")["image"] == f"registry.example.com/wondernest:{__version__}"


def test_the_commands_are_those_of_the_image() -> None:
    assert [container(component)["args"] for component in KINDS] == [["serve"], ["serve"], ["migrate"]]
    assert all("command" not in container(component) for component in KINDS)


def test_the_schema_is_completed_before_pods_are_made_or_replaced() -> None:
    job = found("Job", "wondernest-migrate")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert job["spec"]["activeDeadlineSeconds"] > settings("migrate").database.migrate_lock_wait_s
    assert pod("migrate")["restartPolicy"] == "Never"


def test_jobs_run_in_pods_that_no_client_reaches() -> None:
    assert settings("serve").jobs.processes == 0
    assert settings("jobs").jobs.processes == 1
    service = found("Service", "wondernest")["spec"]
    assert service["selector"]["app.kubernetes.io/component"] == "serve"
    clients = found("NetworkPolicy", "wondernest-clients")["spec"]
    assert clients["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "serve"


def test_the_service_has_the_port_of_the_shipped_clients_too() -> None:
    ports = found("Service", "wondernest")["spec"]["ports"]
    assert {port["port"] for port in ports} == {8080, 8082}
    assert {port["targetPort"] for port in ports} == {"http"}


@pytest.mark.parametrize("component", ["serve", "jobs"])
def test_a_stop_waits_for_new_connections_to_end_and_then_for_running_requests(component: str) -> None:
    waits = container(component)["lifecycle"]["preStop"]["sleep"]["seconds"]
    needed = waits + settings(component).server.shutdown_grace_s + KILL_MARGIN_S + FORCED_STOP_S
    assert waits > 0
    assert pod(component)["terminationGracePeriodSeconds"] >= needed


@pytest.mark.parametrize("component", ["serve", "jobs"])
def test_the_memory_limit_holds_what_the_processes_may_take(component: str) -> None:
    resources = container(component)["resources"]
    own = settings(component)
    assert megabytes(resources["limits"]["memory"]) >= memory_mb(own, uploads=component == "serve")
    assert megabytes(resources["requests"]["memory"]) >= memory_mb(own, uploads=False)
    assert "cpu" not in resources["limits"]


@pytest.mark.parametrize("component", ["serve", "jobs"])
def test_what_is_made_for_each_core_is_set_because_a_pod_has_fewer_than_its_node(component: str) -> None:
    given = {variable["name"] for variable in container(component)["env"]}
    assert "WORKERS" in given
    assert component == "jobs" or "BCRYPT_THREADS" in given  # nobody signs in at the pods of jobs


def test_pods_are_kept_while_nodes_are_drained_and_replaced_one_by_one() -> None:
    budget = found("PodDisruptionBudget", "wondernest-serve")["spec"]
    assert budget["maxUnavailable"] == 1
    assert budget["selector"]["matchLabels"]["app.kubernetes.io/component"] == "serve"
    strategy = found("Deployment", "wondernest-serve")["spec"]["strategy"]["rollingUpdate"]
    assert strategy == {"maxSurge": 1, "maxUnavailable": 0}


def test_autoscaling_and_a_fixed_number_exclude_each_other() -> None:
    assert "replicas" not in found("Deployment", "wondernest-serve")["spec"]
    assert found("HorizontalPodAutoscaler", "wondernest-serve")["spec"]["scaleTargetRef"]["name"] == "wondernest-serve"
    assert found("Deployment", "wondernest-jobs")["spec"]["replicas"] == 1


def test_pods_reach_the_ports_of_what_they_need_and_are_reached_at_one() -> None:
    policy = found("NetworkPolicy", "wondernest")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    ports = {port["port"] for rule in policy["egress"] for port in rule["ports"]}
    assert ports == {53, 5432, 6432, 6379, settings("serve").mail.smtp_port, 443, 3310}
    for name in ("wondernest", "wondernest-clients"):
        for rule in found("NetworkPolicy", name)["spec"]["ingress"]:
            assert [port["port"] for port in rule["ports"]] == ["http"]
            assert rule["from"]


def test_metrics_are_asked_at_their_route_with_their_token() -> None:
    (endpoint,) = found("PodMonitor", "wondernest")["spec"]["podMetricsEndpoints"]
    assert endpoint["path"] in route_templates()
    assert endpoint["port"] == "http"
    assert endpoint["authorization"]["credentials"] == {"name": "wondernest", "key": "METRICS_TOKEN"}


# With helm -----------------------------------------------------------------------------------------------------------

with_helm = pytest.mark.skipif(shutil.which("helm") is None, reason="helm is not installed")


def helm(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["helm", *arguments], capture_output=True, text=True, check=False)


def template(*more: str) -> subprocess.CompletedProcess[str]:
    return helm(
        *("template", "wondernest", CHART, "--namespace", "wondernest", "--kube-version", KUBERNETES),
        *("-f", EXAMPLE / "values.yaml", *more),
    )


def sets(*pairs: str) -> Sequence[str]:
    return [word for pair in pairs for word in ("--set", pair)]


@with_helm
def test_the_rendered_example_is_what_the_chart_gives() -> None:
    assert documents(template().stdout) == RENDERED


@with_helm
def test_the_chart_has_no_lint() -> None:
    done = helm("lint", "--strict", "--quiet", CHART, "-f", EXAMPLE / "values.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


@with_helm
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("secrets.name=", "secrets.name"),
        ("environment.SMTP_HOST=", "SMTP_HOST"),
        ("environment.PUBLIC_BASE_URL=", "PUBLIC_BASE_URL"),
        ("environment.STORAGE_PROVIDER=local", "a folder is one pod's"),
        ("environment.JWT_SECRET=x", "is a secret"),
        ("serve.environment.S3_SECRET_KEY=x", "is a secret"),
    ],
)
def test_what_could_not_serve_or_would_show_a_secret_is_not_rendered(change: str, says: str) -> None:
    done = template(*sets(change))
    assert done.returncode != 0
    assert says in done.stderr


@with_helm
def test_rules_and_dashboard_are_installed_as_they_are() -> None:
    done = template(*sets("metrics.rules.enabled=true", "metrics.dashboard.enabled=true"))
    kinds = {document["kind"]: document for document in documents(done.stdout)}
    assert kinds["PrometheusRule"]["spec"] == loaded(CHART / "monitoring" / "rules.yaml")
    dashboard = kinds["ConfigMap"]["data"]["wondernest.json"]
    assert yaml.safe_load(dashboard) == loaded(CHART / "monitoring" / "dashboard.json")


@pytest.mark.skipif(shutil.which("kubernetes-validate") is None, reason="kubernetes-validate is not installed")
def test_every_object_is_what_kubernetes_knows() -> None:
    done = subprocess.run(
        ["kubernetes-validate", "--strict", "-k", KUBERNETES, EXAMPLE / "rendered.yaml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
