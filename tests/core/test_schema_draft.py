"""Editing a schema as a draft, what it does to labels, and that undo restores all of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cast_studio.core.class_list import ListedClass
from cast_studio.core.edits import AddSegments, ChangeSchema, apply, apply_changes
from cast_studio.core.known_classes import in_words_of, positions_in_model
from cast_studio.core.labels import LabelClass, LabelHead, LabelSchema
from cast_studio.core.project import Project
from cast_studio.core.schema_draft import SchemaDraft
from cast_studio.core.schema_impact import class_usage, impacts, summary
from cast_studio.core.tracks import Origin
from cast_studio.errors import EditError
from tests.core.examples import PROJECT, a_segment, refusal
from tests.core.strategies import SCHEMA, VERB, projects

DRAFT = SchemaDraft.of(SCHEMA)
USED = frozenset(class_usage(PROJECT))


def names(draft: SchemaDraft, head: str = "verb") -> list[str]:
    return [found.name for found in draft.schema.head(head).classes]


def test_classes_are_added_renamed_and_described() -> None:
    draft = DRAFT.add_class("verb", "  stir   fry ").change_class(
        ("verb", 0), name="grab", shortcut="G", category="hands", description="With one hand."
    )
    assert names(draft) == ["grab", "put", "cut", "stir fry"]
    added = draft.schema.head("verb").classes[-1]
    assert added.id == 5
    assert added.color not in {found.color for found in VERB.classes}
    grab = draft.to_edit("x").schema.head("verb").class_with_id(0)
    assert (grab.shortcut, grab.category, grab.former_names) == ("G", "hands", ("take",))


def test_a_name_that_goes_and_comes_back_is_no_former_one() -> None:
    there = DRAFT.change_class(("verb", 0), name="grab")
    back = there.change_class(("verb", 0), name="take")
    assert back.to_edit("x").schema == SCHEMA
    assert not back.is_changed
    again = SchemaDraft.of(there.to_edit("x").schema).change_class(("verb", 0), name="take")
    assert again.to_edit("x").schema.head("verb").class_with_id(0).former_names == ("grab",)


def test_names_that_are_taken_are_refused() -> None:
    for change in (
        lambda: DRAFT.add_class("verb", "put"),
        lambda: DRAFT.change_class(("verb", 0), name="put"),
    ):
        with pytest.raises(EditError, match="a class called “put” already"):
            change()
    with pytest.raises(EditError, match="a retired class called “bread”"):
        DRAFT.add_class("noun", "bread")
    with pytest.raises(EditError, match="needs a name"):
        DRAFT.add_class("verb", "  ")
    with pytest.raises(EditError, match="not of the form"):
        DRAFT.change_class(("verb", 0), color="red")


def test_classes_that_segments_have_are_not_deleted() -> None:
    with pytest.raises(EditError, match="“take”, so it cannot be deleted; retire it"):
        DRAFT.delete("verb", {0}, USED)
    assert names(DRAFT.delete("verb", {4}, USED)) == ["take", "put"]
    # A class that would get segments is as good as used.
    with pytest.raises(EditError, match="“cut”"):
        DRAFT.merge("verb", (0,), 4).delete("verb", {4}, USED)


def test_an_id_is_not_given_again_in_one_draft() -> None:
    added = DRAFT.delete("verb", {4}, USED).add_class("verb", "new").schema.head("verb")
    assert added.classes[-1].id == 5


def test_classes_move_together_and_stop_at_the_ends() -> None:
    assert names(DRAFT.move("verb", {1, 4}, -1)) == ["put", "cut", "take"]
    assert names(DRAFT.move("verb", {0, 1}, -1)) == ["take", "put", "cut"]
    assert names(DRAFT.move("verb", {0, 1}, 1)) == ["cut", "take", "put"]


def test_merging_takes_segments_along_and_undo_brings_them_back() -> None:
    draft = DRAFT.merge("verb", (0, 1), 1)
    usage = class_usage(PROJECT)
    (impact,) = impacts(draft, usage)
    assert impact.title == "Merge class “take” into “put”"
    assert impact.detail == "1 segment in 1 video get “put” instead"
    assert impact.segments == 1
    edit = draft.to_edit(summary(draft, usage), modified_at="now")
    assert edit.describe() == "Merge class “take” into “put”"
    after, changes = apply(PROJECT, edit)
    put = after.schema.head("verb").class_with_id(1)
    assert put.former_names == ("take",)
    assert after.segment("s1")[1].labels == {"verb": 1, "noun": 0}
    assert after.segment("s1")[1].modified_at == "now"
    assert after.segment("s1")[1].origin is Origin.MANUAL
    assert changes.segment_ids == ("s1",)
    assert apply_changes(after, changes.inverse()) == PROJECT


def test_an_imported_row_does_not_hold_for_a_merged_class() -> None:
    after, _ = apply(PROJECT, DRAFT.merge("verb", (1,), 0).to_edit("x"))
    assert after.segment("s2")[1].origin is Origin.CORRECTED
    assert after.segment("s3")[1].origin is Origin.MANUAL


def test_classes_are_merged_one_after_the_other() -> None:
    draft = DRAFT.merge("verb", (0,), 1).merge("verb", (1,), 4)
    after, _ = apply(PROJECT, draft.to_edit("x"))
    assert {s.labels["verb"] for s in after.track("only").segments} == {4}
    assert after.schema.head("verb").class_with_id(4).former_names == ("put", "take")
    with pytest.raises(EditError, match="two classes at least"):
        DRAFT.merge("verb", (1,), 1)


def test_a_class_merged_without_segments_may_vanish_with_its_target() -> None:
    draft = DRAFT.add_class("verb", "wash").merge("verb", (4,), 5).delete("verb", {5}, USED)
    assert [impact.title for impact in impacts(draft, class_usage(PROJECT))] == [
        "Delete class “cut”"
    ]
    after, changes = apply(PROJECT, draft.to_edit("x"))
    assert [found.name for found in after.schema.head("verb").classes] == ["take", "put"]
    assert apply_changes(after, changes.inverse()) == PROJECT


def test_segments_that_would_have_two_classes_of_a_head_are_refused() -> None:
    schema = LabelSchema((VERB,))
    moved = {("noun", 0): ("verb", 4)}
    assert 'two classes of "verb"' in refusal(ChangeSchema(schema, moved))
    assert "no class with the id 9" in refusal(ChangeSchema(schema, {("verb", 0): ("verb", 9)}))


def test_retiring_keeps_labels_and_can_be_taken_back() -> None:
    draft = DRAFT.set_retired("verb", {1}, True)
    (impact,) = impacts(draft, class_usage(PROJECT))
    assert (impact.title, impact.detail) == (
        "Retire class “put”",
        "2 segments in 1 video keep it",
    )
    after, changes = apply(PROJECT, draft.to_edit("x"))
    assert changes.segments == ()
    assert after.segment("s3")[1].labels == {"verb": 1}
    assert not draft.set_retired("verb", {1}, False).is_changed


def test_all_that_changes_is_told_the_weightiest_first() -> None:
    draft = (
        DRAFT.add_class("verb", "wash")
        .add_class("verb", "dry")
        .change_class(("verb", 4), name="slice", color="#000000")
        .merge("verb", (0,), 1)
        .move("verb", {4}, -1)
        .add_head("tool")
        .add_class("tool", "knife")
    )
    found = impacts(draft, class_usage(PROJECT))
    assert found[0].title == "Merge class “take” into “put”"
    assert {impact.title for impact in found[1:]} == {
        "Rename class “cut” to “slice”",
        "Change color of “slice”",
        "Add 2 classes to “verb”",
        "Reorder the classes of “verb”",
        "Add head “tool”",
        "Add class “knife”",
    }
    assert summary(draft, {}) == "Change classes in 7 ways"
    assert impacts(DRAFT, {}) == ()


def test_heads_are_added_and_removed() -> None:
    assert DRAFT.add_head(" tool ").schema.head_names == ("verb", "noun", "tool")
    with pytest.raises(EditError, match="called “verb” already"):
        DRAFT.add_head("verb")
    with pytest.raises(EditError, match="leave the dot out"):
        DRAFT.add_head("a.b")
    with pytest.raises(EditError, match="so it stays"):
        DRAFT.remove_head("verb", USED)
    removed = DRAFT.add_head("tool").remove_head("tool", USED)
    assert not removed.is_changed


def test_a_list_is_brought_in_beside_what_there_is() -> None:
    listed = (
        ListedClass("take", "T", "hands"),
        ListedClass("bread"),
        ListedClass("wash", "T", color="#123456"),
    )
    draft = DRAFT.bring_in("verb", listed)
    assert names(draft) == ["take", "put", "cut", "bread", "wash"]
    take, *_, wash = draft.schema.head("verb").classes
    assert (take.id, take.category, take.shortcut) == (0, "hands", "T")
    assert (wash.color, wash.shortcut) == ("#123456", None)  # T is taken
    again = DRAFT.bring_in("noun", listed[1:2]).schema.head("noun").class_with_id(2)
    assert not again.retired
    assert DRAFT.bring_in("tool", listed).schema.head("tool").classes[0].name == "take"


def test_a_model_knows_renamed_and_merged_classes() -> None:
    model = LabelHead("verb", (LabelClass(0, "take"), LabelClass(1, "put"), LabelClass(2, "lay")))
    grab = LabelClass(7, "grab", former_names=("take",))
    put = LabelClass(8, "put", former_names=("lay",))
    new = LabelClass(9, "wash", former_names=("put",))
    assert positions_in_model(model, (new, put, grab)) == (None, 1, 0)
    (told,) = in_words_of(LabelSchema((LabelHead("verb", (grab, put)),)), (model,))
    assert [found.name for found in told.classes] == ["grab", "put", "lay"]
    assert in_words_of(LabelSchema(()), (model,)) == (model,)
    only_merged = LabelHead("verb", (LabelClass(0, "lay"), LabelClass(1, "drop")))
    merged = LabelClass(8, "put", former_names=("lay", "drop"))
    (told,) = in_words_of(LabelSchema((LabelHead("verb", (merged,)),)), (only_merged,))
    assert [found.name for found in told.classes] == ["put", "drop"]


@given(project=projects(), data=st.data())
def test_no_draft_loses_a_label_and_undo_restores_everything(
    project: Project, data: st.DataObject
) -> None:
    draft = SchemaDraft.of(project.schema)
    used = class_usage(project)
    for _ in range(data.draw(st.integers(1, 4))):
        verbs = [found.id for found in draft.schema.head("verb").classes]
        ids = st.sampled_from(verbs or [0])
        one, other = data.draw(ids), data.draw(ids)
        step = data.draw(st.sampled_from(["add", "rename", "merge", "retire", "delete", "move"]))
        try:
            if step == "add":
                draft = draft.add_class("verb", data.draw(st.sampled_from("abc")))
            elif step == "rename":
                draft = draft.change_class(("verb", one), name=data.draw(st.sampled_from("abc")))
            elif step == "merge":
                draft = draft.merge("verb", (one,), other)
            elif step == "retire":
                draft = draft.set_retired("verb", {one}, True)
            elif step == "delete":
                draft = draft.delete("verb", {one}, used)
            else:
                draft = draft.move("verb", {one}, data.draw(st.sampled_from((-1, 1))))
        except EditError:
            continue
    after, changes = apply(project, draft.to_edit("x"))
    for track in project.tracks:
        for segment in track.segments:
            now = after.segment(segment.id)[1]
            assert now.labels.keys() == segment.labels.keys()
            for head, class_id in now.labels.items():
                assert after.schema.head(head).has_class(class_id)
    assert apply_changes(after, changes.inverse()) == project


def test_a_schema_change_joins_with_what_needed_it() -> None:
    draft = DRAFT.add_class("verb", "wash")
    segment = a_segment("n", 30, 40, verb=5)
    after, _ = apply(PROJECT, draft.to_edit("x"), AddSegments("only", (segment,)))
    assert after.segment("n")[1] == segment
