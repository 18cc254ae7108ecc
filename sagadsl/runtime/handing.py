"""What a saga calls sensitive and hands to one that it runs, so that it is masked there too."""

from __future__ import annotations

from sagadsl.language.definition import Json, SubSaga
from sagadsl.machine.saga import Saga


def handed_on(saga: Saga, state: str) -> Json:
    """Return where in the input of the saga that a state runs something is sensitive: lists of names, from `input` on.

    What has been handed to this saga, it hands on as well. `None` stands for nothing.
    """
    definition = saga.definition
    if not definition.sensitive and not saga.sensitive:
        return None
    runs = definition.all_states[state]
    if not isinstance(runs, SubSaga):
        return None
    from sagadsl.language.sensitivity import Sensitivity  # noqa: PLC0415 - most sagas hand nothing sensitive on

    sensitivity = Sensitivity(definition, [*definition.sensitive, *saga.sensitive])
    found = dict.fromkeys(to for _, to in sensitivity.within(runs.input))
    return [["input", *names] for names in found] or None
