"""Nobody sees the console without an operator's key, and no other site can act through it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.console.guard import COOKIE, MAX_FORM_BYTES, SIGNED_IN_S
from api.console.sign_in import own_page
from api.keys import ARM_KEYS, OPERATOR_KEYS
from api.reception import BODY_AHEAD_BYTES
from storage.ports import Store
from tests.unit.api.console.browser import Browser, form_token_of, make_operator
from tests.unit.api.gateway import ARM_ID, FakeGateway

PAGES = ["/console", "/console/sessions", "/console/try"]


def stranger_at(gateway: FakeGateway) -> Browser:
    return Browser(gateway, is_signed_in=False)


@pytest.mark.parametrize("path", [*PAGES, "/console/no-such-page"])
def test_a_stranger_is_sent_to_sign_in_and_comes_back_to_the_page(gateway, path):
    stranger = stranger_at(gateway)
    sent = stranger.get(f"{path}?state=done")
    assert sent.status_code == 303
    assert sent.location.startswith("/console/sign-in?next=%2Fconsole")
    form = form_token_of(stranger.get(sent.location))
    key = make_operator(gateway.store)
    body = {"key": key, "next": f"{path}?state=done", "form_token": form}
    assert stranger.post("/console/sign-in", body).location == f"{path}?state=done"


@pytest.mark.parametrize("path", PAGES)
def test_whoever_signed_in_sees_the_page_until_the_day_is_over(gateway, browser, path):
    assert browser.get(path).status_code == 200
    gateway.store.let_pass(SIGNED_IN_S + 1)
    assert browser.get(path).status_code == 303


def test_a_script_that_is_not_signed_in_is_told_so_as_a_problem(gateway):
    answer = stranger_at(gateway).client.get("/console", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.content_type) == (401, "application/problem+json")


def _revoked(store: Store) -> str:
    key = OPERATOR_KEYS.make()
    store.save_operator_key(key.key_id, "Ada", key.secret_sha256)
    store.revoke_operator_key(key.key_id)
    return key.text


def _of_an_arm(store: Store) -> str:
    key = ARM_KEYS.make()
    store.save_key(key.key_id, ARM_ID, key.secret_sha256)
    return key.text


def _with_another_secret(store: Store) -> str:
    text = make_operator(store)
    return f"{text[:-1]}{'A' if text[-1] != 'A' else 'B'}"


@pytest.mark.parametrize(
    "make_wrong",
    [_revoked, _of_an_arm, _with_another_secret, lambda _: OPERATOR_KEYS.make().text, lambda _: ""],
)
def test_a_key_that_opens_nothing_lets_nobody_in_and_is_told_as_every_other(gateway, make_wrong):
    stranger = stranger_at(gateway)
    refused = stranger.sign_in(make_wrong(gateway.store))
    assert refused.status_code == 401
    assert "No operator has this key, or it was revoked" in refused.get_data(as_text=True)
    assert stranger.get("/console").status_code == 303


def test_an_operators_key_opens_no_arm(gateway):
    headers = {"Authorization": f"Bearer {make_operator(gateway.store)}"}
    assert gateway.client.get("/sessions/" + "0" * 32, headers=headers).status_code == 401


def test_the_cookie_is_out_of_reach_of_scripts_and_sites_and_is_new_after_signing_in(gateway):
    stranger = stranger_at(gateway)
    stranger.get("/console/sign-in")
    before = stranger.client.get_cookie(COOKIE, path="/console")
    signed_in = stranger.sign_in(make_operator(gateway.store))
    said = signed_in.headers["Set-Cookie"]
    assert "HttpOnly" in said
    assert "SameSite=Strict" in said
    assert "Path=/console" in said
    assert "Secure" not in said  # over plain HTTP on the loopback address it would be dropped
    after = stranger.client.get_cookie(COOKIE, path="/console")
    assert before is not None
    assert after is not None
    assert before.value != after.value


def test_over_https_the_cookie_is_secure(gateway):
    answer = gateway.client.get("/console/sign-in", base_url="https://sorter.example")
    assert "Secure" in answer.headers["Set-Cookie"]


def test_what_the_store_keeps_of_a_cookie_lets_nobody_in(gateway, browser):
    (kept,) = gateway.store._sign_ins
    stranger = stranger_at(gateway)
    stranger.client.set_cookie(COOKIE, kept, path="/console")
    assert stranger.get("/console").status_code == 303


def test_signing_out_ends_it_for_whoever_copied_the_cookie_too(gateway, browser):
    cookie = browser.client.get_cookie(COOKIE, path="/console")
    copied = stranger_at(gateway)
    copied.client.set_cookie(COOKIE, cookie.value, path="/console")
    assert copied.get("/console").status_code == 200
    assert (
        browser.post("/console/sign-out", {"form_token": browser.form_token()}).status_code == 303
    )
    assert browser.get("/console").status_code == 303
    assert copied.get("/console").status_code == 303


def test_a_revoked_key_signs_its_browsers_out(gateway, browser):
    (key,) = gateway.store.load_operator_keys()
    gateway.store.revoke_operator_key(key.key_id)
    assert browser.get("/console").status_code == 303


@pytest.mark.parametrize("form_token", ["", "0" * 64, "é"])
def test_a_form_without_its_token_does_nothing(gateway, browser, form_token):
    assert browser.post("/console/sign-out", {"form_token": form_token}).status_code == 403
    assert browser.get("/console").status_code == 200


def test_another_browsers_form_token_does_nothing(gateway, browser):
    other = Browser(gateway)
    assert browser.post("/console/sign-out", {"form_token": other.form_token()}).status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_site_makes_a_browser_send_is_refused_even_with_the_token(browser, site):
    form = {"form_token": browser.form_token()}
    refused = browser.post("/console/sign-out", form, **{"Sec-Fetch-Site": site})
    assert refused.status_code == 403


def test_whoever_tries_too_often_has_to_wait_and_is_told_how_long(gateway):
    stranger = stranger_at(gateway)
    answers = [stranger.sign_in("sbo_wrong") for _ in range(21)]
    assert {answer.status_code for answer in answers[:20]} == {401}
    assert answers[20].status_code == 429
    wait_s = int(answers[20].headers["Retry-After"])
    key = make_operator(gateway.store)
    assert stranger.sign_in(key).status_code == 429
    gateway.clock.sleep(wait_s)
    assert stranger.sign_in(key).status_code == 303


def test_a_strangers_form_takes_no_more_than_comes_before_it_is_lent_a_thread(gateway):
    assert MAX_FORM_BYTES <= BODY_AHEAD_BYTES
    stranger = stranger_at(gateway)
    form = {"form_token": form_token_of(stranger.get("/console/sign-in")), "next": "/console"}
    assert stranger.post("/console/sign-in", form | {"key": "k" * 60_000}).status_code == 401
    assert stranger.post("/console/sign-in", form | {"key": "k" * 66_000}).status_code == 413


@given(st.text(max_size=60))
def test_a_sign_in_leads_to_a_page_of_ours_and_nowhere_else(text):
    for asked_for in (text, f"/console{text}", f"/console/{text}"):
        led_to = own_page(asked_for)
        assert led_to in {"/console", asked_for}
        assert led_to == "/console" or led_to.startswith(("/console/", "/console?"))
        assert not set(led_to) & set("\\:#\r\n\t <>\"'")


def test_a_database_that_is_down_is_told_as_a_page(gateway, browser):
    gateway.store.is_down = True
    page = browser.get("/console")
    assert page.status_code == 503
    assert "did not answer" in page.get_data(as_text=True)
