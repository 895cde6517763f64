"""Lists of classes in every kind of file, and files that are none."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from cast_studio.core.class_list import ListedClass, ListedHead
from cast_studio.errors import EditError
from cast_studio.storage.class_lists import READERS, read_class_lists

BORIS = {
    "project_format_version": "7.0",
    "behaviors_conf": {
        "0": {
            "type": "State event",
            "key": "g",
            "code": "grooming",
            "description": "Licks its fur",
            "color": "#E31A1C",
            "category": "self",
            "modifiers": {},
        },
        "1": {"type": "Point event", "key": "j", "code": "jump", "description": "", "color": ""},
    },
}
EAF = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="2026-01-01T00:00:00+00:00" FORMAT="3.0" VERSION="3.0">
  <CONTROLLED_VOCABULARY CV_ID="verbs">
    <DESCRIPTION LANG_REF="und"/>
    <CV_ENTRY_ML CVE_ID="c1"><CVE_VALUE DESCRIPTION="by hand" LANG_REF="und">take</CVE_VALUE>
      <CVE_VALUE LANG_REF="deu">nehmen</CVE_VALUE></CV_ENTRY_ML>
    <CV_ENTRY_ML CVE_ID="c2"><CVE_VALUE DESCRIPTION="" LANG_REF="und">put</CVE_VALUE></CV_ENTRY_ML>
  </CONTROLLED_VOCABULARY>
  <CONTROLLED_VOCABULARY CV_ID="old"><CV_ENTRY DESCRIPTION="x">cut</CV_ENTRY>
  </CONTROLLED_VOCABULARY>
</ANNOTATION_DOCUMENT>
"""
ECV = """<?xml version="1.0" encoding="UTF-8"?>
<CV_RESOURCE xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" VERSION="0.2">
  <CONTROLLED_VOCABULARY CV_ID="nouns">
    <CV_ENTRY_ML CVE_ID="c1"><CVE_VALUE LANG_REF="und">mug</CVE_VALUE></CV_ENTRY_ML>
  </CONTROLLED_VOCABULARY>
</CV_RESOURCE>
"""


def read(folder: Path, name: str, content: str | bytes) -> tuple[ListedHead, ...]:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_class_lists(path)


def only(folder: Path, name: str, content: str | bytes) -> tuple[ListedClass, ...]:
    (head,) = read(folder, name, content)
    return head.classes


def named(*names: str) -> tuple[ListedClass, ...]:
    return tuple(ListedClass(name) for name in names)


@pytest.mark.parametrize(
    "content",
    [
        b"take\nput down\n\ntake\n",
        b"\xef\xbb\xbftake\r\n  put   down \r\n",
        "take\nput down".encode("utf-16"),
    ],
)
def test_text_has_one_class_a_line(tmp_path: Path, content: bytes) -> None:
    assert only(tmp_path, "classes.txt", content) == named("take", "put down")


def test_a_table_is_read_by_its_header(tmp_path: Path) -> None:
    epic = "id,key,instances,category\n1,put,\"['put', 'lay']\",leave\n0,take,['take'],retrieve\n"
    assert only(tmp_path, "a.csv", epic) == (
        ListedClass("take", category="retrieve"),
        ListedClass("put", category="leave"),
    )
    full = "Name\tKey\tColor\tDescription\ncut\tc\tFF8800\tin two\n"
    assert only(tmp_path, "b.tsv", full) == (ListedClass("cut", "C", "", "in two", "#ff8800"),)
    heads = read(tmp_path, "c.csv", "head;name\nverb;take\nnoun;mug\nverb;put\n")
    assert heads == (ListedHead("verb", named("take", "put")), ListedHead("noun", named("mug")))


@pytest.mark.parametrize(
    "values",
    [
        ["take", "put"],
        {"put": 1, "take": 0},
        {"1": "put", "0": "take"},
        {"classes": ["take", "put"]},
        [{"name": "take"}, {"label": "put"}],
        {"heads": [{"name": "verb", "classes": [{"name": "take"}, {"name": "put"}]}]},
        {"schema": {"heads": [{"name": "verb", "classes": [{"name": "take"}, {"name": "put"}]}]}},
    ],
)
def test_json_of_many_kinds_is_read(tmp_path: Path, values: object) -> None:
    assert only(tmp_path, "classes.json", json.dumps(values)) == named("take", "put")


@pytest.mark.parametrize("name", ["study.boris", "study.json", "study.boris.gz"])
def test_a_boris_ethogram_brings_keys_and_categories(tmp_path: Path, name: str) -> None:
    content = json.dumps(BORIS).encode()
    found = only(tmp_path, name, gzip.compress(content) if name.endswith("gz") else content)
    assert found == (
        ListedClass("grooming", "G", "self", "Licks its fur", "#e31a1c"),
        ListedClass("jump", "J"),
    )


def test_vocabularies_of_elan_are_heads(tmp_path: Path) -> None:
    assert read(tmp_path, "a.eaf", EAF) == (
        ListedHead("verbs", (ListedClass("take", description="by hand"), ListedClass("put"))),
        ListedHead("old", (ListedClass("cut", description="x"),)),
    )
    assert read(tmp_path, "a.ecv", ECV) == (ListedHead("nouns", named("mug")),)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.txt", b"\n\n", "it is empty"),
        ("film.txt", b"\x00\x01\x02", "it is not text"),
        ("latin.txt", "grün".encode("latin-1"), "not text in UTF-8"),
        ("long.txt", b"x" * 400, "no name of a class"),
        ("other.csv", b"a,b\n1,2\n", "no column with the classes' names"),
        ("gap.csv", b"id,name\n0,\n", "has no name"),
        ("broken.json", b"{", "Expecting"),
        ("number.json", b"3", "neither a list of names"),
        ("deep.json", b"[" * 100_000, "nested too deeply"),
        ("broken.eaf", b"<A>", "no whole XML"),
        ("none.eaf", b"<A/>", "no controlled vocabulary"),
        ("lol.eaf", b'<!DOCTYPE l [<!ENTITY a "b">]><l>&a;</l>', "declares XML entities"),
        ("torn.boris.gz", gzip.compress(b"{}" * 99, mtime=0)[:20], "not a list of classes"),
    ],
)
def test_what_is_no_list_is_refused_with_a_reason(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    with pytest.raises(EditError) as caught:
        read(tmp_path, name, content)
    assert f"“{name}” is not a list of classes: " in str(caught.value)
    assert reason in str(caught.value)


def test_a_packed_file_may_not_fill_the_memory(tmp_path: Path) -> None:
    with pytest.raises(EditError, match="it is too large"):
        read(tmp_path, "bomb.boris.gz", gzip.compress(b" " * 30_000_000))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(EditError, match=r"“gone.txt” cannot be read"):
        read_class_lists(tmp_path / "gone.txt")
    assert ".eaf" in READERS
