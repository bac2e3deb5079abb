"""The bytes of pictures."""

from __future__ import annotations

import hashlib

import pytest

from sorter.errors import InvalidInputError, NotFoundError
from storage.keys import original_name
from storage.ports import ImageStore
from tests.factories import JPEG, PNG

OUTSIDE = [
    "../secret",
    "/etc/passwd",
    "session/../../secret",
    "session//" + "a" * 64 + ".jpg",
    "session/" + "a" * 64,
    "session/" + "a" * 64 + ".jpg\n",
    "session/sub/" + "a" * 64 + ".jpg",
    "a\x00b/" + "a" * 64 + ".jpg",
    "",
]


class ImageStoreContract:
    def test_bytes_are_loaded_as_they_were_saved(self, images: ImageStore) -> None:
        data = JPEG + bytes(range(256)) * 5000
        assert images.load_image(images.save_image("session", data)) == data

    @pytest.mark.parametrize(("data", "suffix"), [(JPEG, "jpg"), (PNG, "png")])
    def test_a_key_holds_the_session_the_hash_of_the_bytes_and_their_kind(
        self, images: ImageStore, data: bytes, suffix: str
    ) -> None:
        key = images.save_image("session-1_A", data)
        assert key == f"session-1_A/{hashlib.sha256(data).hexdigest()}.{suffix}"

    def test_the_same_bytes_get_the_same_key_and_stay_readable(self, images: ImageStore) -> None:
        assert images.save_image("session", JPEG) == images.save_image("session", JPEG)
        assert images.load_image(images.save_image("session", JPEG)) == JPEG

    def test_the_same_bytes_of_two_sessions_are_kept_apart(self, images: ImageStore) -> None:
        assert images.save_image("a", JPEG) != images.save_image("b", JPEG)

    def test_what_was_never_saved_is_not_found(self, images: ImageStore) -> None:
        key = images.save_image("session", JPEG)
        with pytest.raises(NotFoundError):
            images.load_image(key.replace("session", "another"))

    def test_what_was_deleted_is_not_found_and_nothing_else_is_gone(
        self, images: ImageStore
    ) -> None:
        gone, kept = images.save_image("session", JPEG), images.save_image("session", PNG)
        for _ in range(2):
            images.delete_image(gone)
            with pytest.raises(NotFoundError):
                images.load_image(gone)
        assert images.load_image(kept) == PNG
        assert images.load_image(images.save_image("session", JPEG)) == JPEG

    @pytest.mark.parametrize("key", OUTSIDE)
    def test_nothing_outside_the_store_is_deleted(self, images: ImageStore, key: str) -> None:
        with pytest.raises(NotFoundError):
            images.delete_image(key)

    @pytest.mark.parametrize("key", OUTSIDE)
    def test_no_key_leads_out_of_the_store(self, images: ImageStore, key: str) -> None:
        images.save_image("session", JPEG)
        with pytest.raises(NotFoundError):
            images.load_image(key)

    @pytest.mark.parametrize("session_id", ["", "..", "a/b", "a\x00b", "a\n", "ä", "a" * 65])
    def test_a_session_whose_id_could_lead_out_of_the_store_is_refused(
        self, images: ImageStore, session_id: str
    ) -> None:
        with pytest.raises(InvalidInputError):
            images.save_image(session_id, JPEG)

    @pytest.mark.parametrize("data", [b"", b"GIF89a", b"\x89PNG"])
    def test_bytes_that_begin_like_no_picture_are_refused(
        self, images: ImageStore, data: bytes
    ) -> None:
        with pytest.raises(InvalidInputError):
            images.save_image("session", data)

    def test_what_has_a_name_of_the_original_s_is_kept_under_it_and_replaced(
        self, images: ImageStore
    ) -> None:
        name = original_name("ARM001", "S12", "after_1200.5.jpg")
        for data in (JPEG, b"something else"):
            images.save_named(name, data)
            assert images.load_named(name) == data

    def test_a_picture_that_the_original_kept_is_loaded_by_its_name(
        self, images: ImageStore
    ) -> None:
        images.save_named("ARM001/S12/1200.jpg", JPEG)
        assert images.load_image("ARM001/S12/1200.jpg") == JPEG

    def test_what_has_another_name_is_not_found(self, images: ImageStore) -> None:
        images.save_named("ARM001/S12/1200.jpg", JPEG)
        with pytest.raises(NotFoundError):
            images.load_named("ARM001/S13/1200.jpg")

    @pytest.mark.parametrize(
        "name",
        [
            "../S12/1200.jpg",
            "ARM001/../1200.jpg",
            "ARM001/S12/..",
            "ARM001/S12/../1200.jpg",
            "ARM001/S12/.hidden",
            "ARM001/S12/a..b",
            "ARM001/S12/a.",
            "ARM001/S12/a/b.jpg",
            "/ARM001/S12/1200.jpg",
            "ARM001/S12/1200.jpg\n",
            "ARM001/S12/" + "a" * 65 + ".jpg",
            "ARM001/S12/\N{SNOWMAN}.jpg",
            "session/" + "a" * 64 + ".jpg",
            "",
        ],
    )
    def test_no_name_leads_out_of_the_store_or_to_a_picture_s_own_key(
        self, images: ImageStore, name: str
    ) -> None:
        with pytest.raises(NotFoundError):
            images.save_named(name, JPEG)
        with pytest.raises(NotFoundError):
            images.load_named(name)

    @pytest.mark.parametrize(
        "parts", [("..", "S1", "1.jpg"), ("A", "a'; DROP", "1.jpg"), ("A", "S1", "a/1.jpg")]
    )
    def test_what_the_original_would_have_put_anywhere_gets_no_name(
        self, images: ImageStore, parts: tuple[str, str, str]
    ) -> None:
        with pytest.raises(InvalidInputError):
            original_name(*parts)

    def test_a_store_that_can_keep_something_says_so(self, images: ImageStore) -> None:
        assert images.is_writable()
