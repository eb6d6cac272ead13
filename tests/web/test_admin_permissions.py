"""Every button of the admin asks whether it may be pressed: found by going through all there are."""

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.utils import timezone

from clouds.admin.base import Buttons
from clouds.models import Act, Cloud, GuestPass, Rehearsal, User
from tests.web.conftest import Make

BUTTONS = [
    (model, word) for model, one in admin.site._registry.items() if isinstance(one, Buttons) for word in one.buttons()
]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rows(cloud: Cloud, ada: User, make_run: Make) -> None:
    make_run(ada, "playing")
    GuestPass.objects.create(kind="cloud", venue=cloud.venue, cloud=cloud)
    Rehearsal.objects.create(venue=cloud.venue, title="Gale", asked_at=timezone.now())


def address(model: Any, word: str) -> str:
    row = model._default_manager.first()
    return f"/admin/clouds/{model._meta.model_name}/{row.pk if row else 1}/{word}/"


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize(("model", "word"), BUTTONS)
def test_only_who_may_press_a_button_does(model: Any, word: str, ada: User) -> None:
    helper = logged_in(User.objects.create_user("Helper", is_staff=True))
    assert helper.post(address(model, word)).status_code == 403
    assert helper.get(address(model, word)).status_code in (403, 405)
    for client in (Client(), logged_in(ada)):
        assert client.post(address(model, word)).status_code == 302
        assert client.get(address(model, word)).status_code == 302
    assert not Act.objects.exists()
