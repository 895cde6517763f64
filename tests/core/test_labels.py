from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cast_studio.core.labels import (
    PALETTE,
    LabelClass,
    LabelHead,
    LabelSchema,
    color_for,
    next_class_id,
)
from tests.core.strategies import NOUN, SCHEMA, VERB


def test_classes_are_found_by_id_and_by_name() -> None:
    assert VERB.class_with_id(4).name == "cut"
    assert VERB.class_named("put") == LabelClass(1, "put")
    assert VERB.class_named("Put") is None
    assert VERB.position_of(4) == 2
    assert NOUN.has_class(2)
    assert not NOUN.has_class(1)
    with pytest.raises(KeyError):
        VERB.class_with_id(2)


def test_a_retired_class_is_known_but_not_active() -> None:
    assert [found.name for found in NOUN.active] == ["knife"]
    assert NOUN.class_named("bread") is not None


def test_heads_are_found_by_name() -> None:
    assert SCHEMA.head("noun") is NOUN
    assert SCHEMA.head_names == ("verb", "noun")
    assert not SCHEMA.has_head("action")
    with pytest.raises(KeyError):
        SCHEMA.head("action")


def test_a_new_id_is_above_all_others_retired_ones_included() -> None:
    assert next_class_id(VERB) == 5
    assert next_class_id(NOUN) == 3
    assert next_class_id(LabelHead("empty", ())) == 0


def test_the_fingerprint_is_of_what_predictions_depend_on() -> None:
    def with_verb(*classes: LabelClass) -> LabelSchema:
        return LabelSchema((LabelHead("verb", classes), NOUN))

    take, put, cut = VERB.classes
    original = SCHEMA.fingerprint()

    assert int(original, 16) >= 0
    assert with_verb(replace(take, color="#000000", shortcut="t"), put, cut).fingerprint() == (
        original
    )
    assert with_verb(take, put, replace(cut, retired=True)).fingerprint() == original
    others = {
        with_verb(put, take, cut).fingerprint(),
        with_verb(replace(take, name="grab"), put, cut).fingerprint(),
        with_verb(replace(take, id=7), put, cut).fingerprint(),
        with_verb(take, put).fingerprint(),
        LabelSchema((NOUN, VERB)).fingerprint(),
        LabelSchema((LabelHead("Verb", VERB.classes), NOUN)).fingerprint(),
        original,
    }
    assert len(others) == 7


def test_a_fingerprint_is_the_same_in_every_process() -> None:
    schema = LabelSchema((LabelHead("verb", (LabelClass(0, "schälen"),)),))

    assert schema.fingerprint() == (
        "594a3c1284eff8fc1363838d01a8ddfcded8db73997369374cab4f23f6868f8e"
    )


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"id": -1, "name": "take"}, "ids start at 0"),
        ({"id": 0, "name": " "}, "needs a name"),
        ({"id": 0, "name": "take", "color": "red"}, '"red" of the class "take"'),
        ({"id": 0, "name": "take", "color": "#FFFFFF"}, "form #rrggbb"),
    ],
)
def test_classes_that_make_no_sense_are_refused(values: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        LabelClass(**values)  # type: ignore[arg-type]


def test_what_should_be_unique_is() -> None:
    with pytest.raises(ValueError, match='"verb" have the id 0'):
        LabelHead("verb", (LabelClass(0, "take"), LabelClass(0, "put")))
    with pytest.raises(ValueError, match='called "take"'):
        LabelHead("verb", (LabelClass(0, "take"), LabelClass(1, "take")))
    with pytest.raises(ValueError, match='called "verb"'):
        LabelSchema((VERB, VERB))
    with pytest.raises(ValueError, match="needs a name"):
        LabelHead("", ())


def test_the_palette_starts_safe_and_goes_on_distinct() -> None:
    assert PALETTE[0] == "#e69f00"
    assert color_for(1) == PALETTE[1]
    colors = [color_for(position) for position in range(400)]
    assert colors[: len(PALETTE)] == list(PALETTE)
    assert len(set(colors)) == len(colors)
    for color in colors:
        LabelClass(0, "accepted", color=color)
    assert LabelClass(0, "repeated", color=color_for(10_000))


def luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_colors_after_the_palette_are_visible_in_both_themes() -> None:
    for position in range(len(PALETTE), 400):
        color = color_for(position)
        light = luminance(color)
        assert 0.05 < light < 0.75, (position, color)


def test_a_class_is_known_by_its_former_names() -> None:
    grab = LabelClass(0, "grab", former_names=("take", "put"))
    head = LabelHead("verb", (grab, LabelClass(1, "put")))

    assert head.class_named("take") is None
    assert head.class_known_as("take") is grab
    assert head.class_known_as("grab") is grab
    assert head.class_known_as("put") == LabelClass(1, "put")  # who has the name now is meant
    assert head.class_known_as("throw") is None
    assert (
        LabelSchema((head,)).fingerprint()
        == (
            LabelSchema((LabelHead("verb", (LabelClass(0, "grab"), LabelClass(1, "put"))),))
        ).fingerprint()
    )


def test_a_class_keeps_its_words_as_json_and_older_json_has_none() -> None:
    full = LabelClass(3, "cut", "#123456", "C", False, "divide", "With a knife.", ("slice",))

    assert LabelClass.from_json(json.loads(json.dumps(full.to_json()))) == full
    assert set(LabelClass(0, "cut").to_json()) == {"id", "name", "color", "shortcut", "retired"}
    with pytest.raises(ValueError, match="must be a list of texts, found the number 3"):
        LabelClass.from_json({**full.to_json(), "former_names": [3]})


names = st.text(min_size=1).filter(lambda text: bool(text.strip()))


@given(
    st.lists(
        st.builds(
            LabelClass,
            id=st.integers(0, 10**6),
            name=names,
            color=st.sampled_from(PALETTE),
            shortcut=st.none() | st.text(max_size=1),
            retired=st.booleans(),
        ),
        unique_by=(lambda found: found.id, lambda found: found.name),
    ),
    names,
)
def test_a_schema_survives_json(classes: list[LabelClass], head_name: str) -> None:
    schema = LabelSchema((LabelHead(head_name, tuple(classes)),))

    assert LabelSchema.from_json(json.loads(json.dumps(schema.to_json()))) == schema


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([], "the label schema is not a JSON object but a list"),
        ({}, 'lacks the field "heads"'),
        ({"heads": "verb"}, '"heads" of the label schema must be a list, found text'),
        ({"heads": [{"name": 3, "classes": []}]}, "must be text, found the number 3"),
        ({"heads": [{"name": "verb", "classes": [{"id": True}]}]}, "whole number, found true"),
    ],
)
def test_malformed_schemas_are_refused_in_words(values: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        LabelSchema.from_json(values)
