"""From `services.yaml` to services that an engine can call."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

from sagadsl.language.bindings import ServiceBinding
from sagadsl.language.bindings_checks import url_problem
from sagadsl.language.bindings_text import EnvText
from sagadsl.language.catalogue import read_services
from sagadsl.language.source import read_text
from sagadsl.runtime.http.action import http_action
from sagadsl.runtime.http.endpoint import Endpoint
from sagadsl.runtime.http.secrets import Secrets, carries_secrets
from sagadsl.runtime.services import Services, ServicesError

_LONG_PATH = 8
"""Characters of a path that may be a secret. A shorter one, such as `api/v2`, stands in too many other words."""


def load_services(path: str | os.PathLike[str], environment: Mapping[str, str] | None = None) -> Services:
    """Return the services of a catalogue file: those with a `url`, and the limits, breakers and outputs of all.

    Python actions can be registered with what is returned, or it can be taken in by other services with `include`.

    Args:
        path: The file.
        environment: What `${env.NAME}` reads; the environment of the process otherwise. It is read here, once.

    Raises:
        DefinitionError: The file has errors.
        ServicesError: A variable is not set, what it holds cannot be used, or a library is not installed.
    """
    file = os.fspath(path)
    bindings = read_services(read_text(Path(file)), file)
    return services_of(bindings.values(), file, os.environ if environment is None else environment)


def services_of(bindings: Iterable[ServiceBinding], file: str, environment: Mapping[str, str]) -> Services:
    """Return the services that are described so.

    Args:
        bindings: How they are called.
        file: Where that stands, for messages.
        environment: What `${env.NAME}` reads.

    Raises:
        ServicesError: See `load_services`.
    """
    services = Services()
    bindings = list(bindings)
    for endpoint in endpoints_of(bindings, file, environment):
        _add(services, endpoint, environment)
    for binding in bindings:
        for action, schema in binding.outputs.items():
            services.answers(f"{binding.name}.{action}", schema)
        limit = binding.limit or (None if binding.url is None else binding.max_connections)
        if limit is not None:  # who waits for a connection does so with its timeout running
            services.limit(binding.name, limit)
        if binding.breaker is not None:
            services.breaker(binding.name, **asdict(binding.breaker))
    return services


def endpoints_of(bindings: Iterable[ServiceBinding], file: str, environment: Mapping[str, str]) -> list[Endpoint]:
    """Return the services over HTTP among these; the arguments and what is raised are those of `services_of`."""
    over_http = [binding for binding in bindings if binding.url is not None]
    _check_environment(over_http, file, environment)
    if over_http:
        _import_library(file)
    endpoints = [_endpoint(binding, file, environment) for binding in over_http]
    for endpoint in endpoints:
        _try(endpoint, file)
    return endpoints


def _try(endpoint: Endpoint, file: str) -> None:
    """Make sure that connections can be made as the environment says, though not that anybody is there."""
    import httpx  # noqa: PLC0415 - it is imported by now

    name = endpoint.binding.name
    try:
        endpoint.connect()
    except OSError as error:  # that of the ssl module among them
        authorities = os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR", "the certificates")
        why = f"{authorities}: {error.strerror or error}"
        raise ServicesError(f"{file}: '{name}' cannot be called by TLS: {why}; see SSL_CERT_FILE") from None
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        why = f"the proxy that the environment names cannot be used: {str(error).splitlines()[0]}"
        raise ServicesError(f"{file}: '{name}' cannot be called: {why}; see HTTP_PROXY and HTTPS_PROXY") from None


def _import_library(file: str) -> None:
    """Import httpx now: it takes a while, for which the first action would hold up everything else in its engine."""
    try:
        import_module("httpx")
    except ImportError:
        raise ServicesError(f"{file}: services over HTTP need a library: pip install 'sagadsl[http]'") from None


def _add(services: Services, endpoint: Endpoint, environment: Mapping[str, str]) -> None:
    services.on_release(endpoint.close)
    for name, action in endpoint.binding.actions.items():
        services.add(http_action(endpoint, name, action, _headers(action.headers, endpoint, environment)))


def _endpoint(binding: ServiceBinding, file: str, environment: Mapping[str, str]) -> Endpoint:
    """Return where a service over HTTP is; the variables that it reads are set."""
    url = (binding.url or EnvText("")).resolve(environment)
    wrong = url_problem(url)
    if wrong is not None:
        what = f"the URL of '{binding.name}', {binding.url}, cannot be used: {wrong[0]}"
        raise ServicesError(f"{file}: {what}")
    credentials = {environment[name] for name in _credentials(binding)} | {urlsplit(url).password or ""}
    endpoint = Endpoint(
        binding, url.rstrip("/"), Secrets(_secrets(binding, url, environment), _parts(url), credentials)
    )
    endpoint.headers.update(_headers(binding.headers, endpoint, environment))
    return endpoint


def _credentials(binding: ServiceBinding) -> Iterator[str]:
    """Yield the variables that headers for secrets read."""
    for headers in (binding.headers, *(action.headers for action in binding.actions.values())):
        for name, text in headers.items():
            if carries_secrets(name):
                yield from text.names


def _secrets(binding: ServiceBinding, url: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that a service reads, with what they hold, but for those that just say where it is.

    Whoever is called at night has to know which host does not answer, and that is no secret: names are looked up, and
    connections made, in the open. What may be secret in a URL is the user, the password and the path.
    """
    read = {name: environment[name] for text in binding.texts() for name in text.names}
    in_headers = {name for text in binding.texts() if text is not binding.url for name in text.names}
    parts = urlsplit(url)
    place = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return {name: value for name, value in read.items() if name in in_headers or value.rstrip("/") not in place}


def _parts(url: str) -> list[str]:
    """Return what libraries may show of the secret parts of a URL, instead of all of it."""
    parts = urlsplit(url)
    user = parts.netloc.rpartition("@")[0]
    path = parts.path.strip("/")
    return [part for part in (user, parts.password, parts.username, path if len(path) >= _LONG_PATH else "") if part]


def _headers(headers: Mapping[str, EnvText], endpoint: Endpoint, environment: Mapping[str, str]) -> dict[str, str]:
    resolved = {}
    for name, text in headers.items():
        value = text.resolve(environment)
        if not value.isascii() or not value.isprintable() or value != value.strip():
            variables = ", ".join(text.names)
            what = f"the header '{name}' of '{endpoint.binding.name}' cannot be sent"
            raise ServicesError(f"{what}: {variables} has characters in it that no header takes, or blanks around it")
        resolved[name] = value
    return resolved


def _check_environment(bindings: Iterable[ServiceBinding], file: str, environment: Mapping[str, str]) -> None:
    """Make sure that every variable is set; say of all that are not."""
    wanted: dict[str, str] = {}
    for binding in bindings:
        for text in binding.texts():
            for name in text.names:
                wanted.setdefault(name, binding.name)
    missing = {name: service for name, service in wanted.items() if not environment.get(name)}
    if missing:
        listed = ", ".join(f"{name} (for '{service}')" for name, service in missing.items())
        are = "is" if len(missing) == 1 else "are"
        raise ServicesError(f"{file}: {listed} {are} not set in the environment")
