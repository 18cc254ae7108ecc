"""Whom a worker tells of alerts: a command, or a URL. None of it can hold the worker up, or take it down."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shlex
import signal
import urllib.error
import urllib.request
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from sagadsl.runtime.invocation import in_thread
from sagadsl.runtime.observe.alerts import Alert
from sagadsl.runtime.observe.telling import Hook

PATIENCE = 30.0
"""Seconds that a command has, and that a server has to answer."""

_TAIL = 200


class AlertError(Exception):
    """An alert has not been told; the message says why."""


def command_hook(command: str, patience: float = PATIENCE) -> Hook:
    """Return what runs a command with an alert as JSON on its standard input.

    It is run without a shell. The environment has the alert as well: its kind in `SAGADSL_ALERT`, whether it is
    firing or resolved in `SAGADSL_ALERT_STATE`, what it is about in `SAGADSL_ALERT_SUBJECT`, and the sentence in
    `SAGADSL_ALERT_SUMMARY`.

    Raises:
        ValueError: There is no command in it.
    """
    words = shlex.split(command)
    if not words:
        raise ValueError("there is no command")
    return partial(_run, words, patience)


def url_hook(url: str, patience: float = PATIENCE) -> Hook:
    """Return what sends an alert as JSON to a URL, by POST; any status from 200 to 299 means that it has come.

    Raises:
        ValueError: It is no URL of HTTP.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("not the URL of a web server; it begins with http:// or https://")
    return partial(_post, url, parts.hostname, patience)


async def _run(words: list[str], patience: float, alert: Alert) -> None:
    env = {
        **os.environ,
        "SAGADSL_ALERT": alert.kind,
        "SAGADSL_ALERT_STATE": alert.state,
        "SAGADSL_ALERT_SUBJECT": alert.subject,
        "SAGADSL_ALERT_SUMMARY": alert.summary,
    }
    pipes: dict[str, Any] = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.DEVNULL}
    pipes["stderr"] = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(*words, env=env, start_new_session=True, **pipes)
    except (OSError, ValueError) as error:
        raise AlertError(f"{words[0]}: {getattr(error, 'strerror', None) or error}") from None
    try:
        async with asyncio.timeout(patience):
            _, said = await process.communicate(json.dumps(alert.to_json()).encode())
    except TimeoutError:
        raise AlertError(f"{words[0]} had not ended after {patience:g} s, and was killed") from None
    finally:
        await _kill(process)
    if process.returncode:
        last = said.decode(errors="replace").strip()[-_TAIL:]
        raise AlertError(f"{words[0]} ended with {process.returncode}{f': {last}' if last else ''}")


async def _kill(process: asyncio.subprocess.Process) -> None:
    """Kill a command, and whatever it has started where that can be done, unless it has ended."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    await process.wait()


async def _post(url: str, host: str, patience: float, alert: Alert) -> None:
    """Send it. The URL may be secret, as those of chat systems are, so that no message has it."""
    headers = {"Content-Type": "application/json", "User-Agent": "sagadsl"}
    request = urllib.request.Request(  # noqa: S310 - `url_hook` has looked at the scheme
        url, json.dumps(alert.to_json()).encode(), headers, method="POST"
    )
    try:
        async with asyncio.timeout(patience):
            await in_thread(partial(_send, request, patience), name="sagadsl alert")
    except TimeoutError:
        raise AlertError(f"{host} did not answer within {patience:g} s") from None
    except (OSError, ValueError) as error:
        status = getattr(error, "code", None)
        why = f"answered {status}" if status is not None else str(getattr(error, "reason", error))
        raise AlertError(f"{host}: {why}") from None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirected POST would be sent on as a GET, without the alert."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _send(request: urllib.request.Request, patience: float) -> None:
    try:
        urllib.request.build_opener(_NoRedirects).open(request, timeout=patience).close()
    except urllib.error.HTTPError as error:
        error.close()
        raise
