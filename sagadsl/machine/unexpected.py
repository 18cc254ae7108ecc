"""The one error of the protocol between a machine and its host."""


class UnexpectedEvent(Exception):  # noqa: N818 - the protocol's own name for it
    """An event does not fit what has happened to the saga so far; the saga is as it was before."""
