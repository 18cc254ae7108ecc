"""Telling a file that describes services from a definition."""

import json

import pytest

from sagadsl.language.kinds import is_catalogue


@pytest.mark.parametrize(
    "text",
    [
        "services:\n  shop: {}\n",
        '\ufeff# what there is\n"services" : {}\n',
        "services: {shop: [\n",
        json.dumps({"services": {"shop": {}}}),
        json.dumps({"services": {"shop": {"name": 1}}}, indent=2),
        "{services: {steps: {}}}",
    ],
)
def test_what_has_services_and_nothing_of_a_saga_describes_services(text):
    assert is_catalogue(text)


@pytest.mark.parametrize(
    "text",
    [
        "name: a\nservices: {}\nsteps: []\n",
        "steps:\n  - {id: a, service: s, action: services}\n",
        "states:\n  services: {type: succeed}\n",
        "# services: none\nname: a\n",
        json.dumps({"name": "a", "services": {}}),
        "",
        "services",
        "- services: {}\n",
    ],
)
def test_nothing_else_does(text):
    assert not is_catalogue(text)
