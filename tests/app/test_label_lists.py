"""The lists that come with the program."""

from __future__ import annotations

from pathlib import Path

import pytest

from cast_studio.app.label_lists import BUNDLED, read_file, schema_of


def test_the_bundled_lists_are_whole() -> None:
    schemas = {found.title: schema_of(found.read()) for found in BUNDLED}
    sizes = {
        title: {head.name: len(head.classes) for head in schema.heads}
        for title, schema in schemas.items()
    }
    assert sizes == {
        "Kinetics-400": {"action": 400},
        "Something-Something V2": {"action": 174},
        "EPIC-KITCHENS-100": {"verb": 97, "noun": 300},
    }
    verb = schemas["EPIC-KITCHENS-100"].head("verb")
    assert (verb.classes[0].name, verb.classes[0].category) == ("take", "retrieve")
    # Ids are the positions of the published lists, so that ids in other people's files fit.
    assert [found.id for found in verb.classes] == list(range(97))
    assert len({found.color for found in schemas["Kinetics-400"].heads[0].classes}) == 400


@pytest.mark.parametrize(
    ("name", "head"), [("my nouns.txt", "noun"), ("Verbs.txt", "verb"), ("list.txt", "action")]
)
def test_a_list_without_a_head_is_called_after_its_file(
    tmp_path: Path, name: str, head: str
) -> None:
    (tmp_path / name).write_text("one\ntwo\n")
    assert [found.name for found in read_file(tmp_path / name)] == [head]


def test_lists_of_one_file_keep_names_that_tell_them_apart(tmp_path: Path) -> None:
    path = tmp_path / "study.csv"
    path.write_text("head,name\nVerbs,take\nNoun list,mug\nmood,calm\n")
    assert [found.name for found in read_file(path)] == ["verb", "noun", "mood"]
    path.write_text("head,name\nverb left,take\nverb right,put\n")
    assert [found.name for found in read_file(path)] == ["verb left", "verb right"]
