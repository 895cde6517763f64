from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cast_studio.core.timing import TimeSpan
from cast_studio.core.training_protocol import (
    PROTOCOL_VERSION,
    Event,
    Failed,
    Finished,
    Message,
    Progress,
    Started,
    Stop,
    Stopped,
    TrainingJob,
    TrainingProtocolError,
    TrainingSample,
    Validated,
    decode,
    decode_command,
    encode,
    encode_command,
)
from tests.core.strategies import NOUN, VERB

SAMPLE = TrainingSample("v0", "/videos/kitchen é.mp4", TimeSpan(-3, 90), {"verb": 2, "noun": 0})
JOB = TrainingJob(
    run_dir="/projects/a.cast/runs/1",
    base_model="/models/cast-tiny",
    adapter="/projects/a.cast/runs/0/adapter",
    heads=(VERB, NOUN),
    samples=(SAMPLE, replace(SAMPLE, targets={"verb": 0})),
    validation=(replace(SAMPLE, video_id="v1"),),
    epochs=3,
    seed=7,
    max_seconds=120.5,
    threads=2,
    stop_when_parent_dies=True,
    parent_pid=4711,
)

whole = st.integers(0, 10**9)
numbers = st.floats(allow_nan=False, allow_infinity=False)
metrics = st.dictionaries(st.text(), numbers, max_size=3)
events = st.one_of(
    st.builds(Started, whole, whole, whole),
    st.builds(Progress, whole, whole, numbers, numbers, numbers, numbers),
    st.builds(Validated, whole, metrics),
    st.builds(Message, st.text()),
    st.builds(Finished, st.text(), metrics),
    st.builds(Stopped, st.none() | st.text()),
    st.builds(Failed, st.text()),
)


@given(events)
def test_every_event_survives_its_line(event: Event) -> None:
    line = encode(event)

    assert line.isascii()
    assert len(line.splitlines()) == 1
    assert decode(line) == event
    assert decode(line + "\r\n") == event
    assert hash(decode(line)) == hash(event)


def test_lines_are_what_other_programs_can_expect() -> None:
    assert json.loads(encode(Progress(1, 10, 0.5, 1e-3, 2.0, 18.0))) == {
        "event": "progress",
        "step": 1,
        "total_steps": 10,
        "loss": 0.5,
        "learning_rate": 0.001,
        "seconds": 2.0,
        "eta_seconds": 18.0,
    }
    assert json.loads(encode(Validated(4, {"verb": 0.5, "action": 0.25}))) == {
        "event": "validated",
        "step": 4,
        "accuracy": {"verb": 0.5, "action": 0.25},
    }
    assert json.loads(encode(Stopped(None))) == {"event": "stopped", "adapter": None}
    assert encode_command(Stop()) == '{"command": "stop"}'


def test_fields_of_a_later_minor_version_are_passed_over() -> None:
    assert decode('{"event": "message", "text": "hello", "level": 3}') == Message("hello")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "it is not JSON"),
        ('{"event": "progress", "st', "it is not JSON"),
        ("[]", "the event is not a JSON object but a list"),
        ("7", "but the number 7"),
        ("{}", 'lacks the field "event"'),
        ('{"event": "exploded"}', 'there is no event "exploded"'),
        ('{"event": null}', 'the field "event" of the event must be text, found null'),
        ('{"event": "started", "total_steps": 5, "trainable": 1}', 'lacks the field "total"'),
        ('{"event": "started", "total_steps": 5.5}', "whole number, found the number 5.5"),
        ('{"event": "started", "total_steps": true}', "whole number, found true"),
        ('{"event": "message", "text": 5}', "must be text, found the number 5"),
        ('{"event": "validated", "step": 1, "accuracy": [1]}', "must be an object, found a list"),
        ('{"event": "validated", "step": 1, "accuracy": {"a": "b"}}', "finite number, found text"),
        ('{"event": "validated", "step": 1, "accuracy": {"a": NaN}}', "NaN is not a number"),
        ('{"event": "finished", "adapter": "a", "metrics": {"x": 1e999}}', "finite number"),
        ('{"event": "stopped", "adapter": {}}', "must be text, found an object"),
    ],
)
def test_malformed_events_are_refused_in_words(line: str, words: str) -> None:
    with pytest.raises(TrainingProtocolError) as caught:
        decode(line)
    assert words in str(caught.value)
    assert str(caught.value).startswith("A training event cannot be read: ")


def test_a_long_line_is_not_shown_whole() -> None:
    with pytest.raises(TrainingProtocolError) as caught:
        decode('{"event": "' + "x" * 10_000)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_number_that_json_cannot_say_is_not_written(loss: float) -> None:
    with pytest.raises(TrainingProtocolError, match="not finite"):
        encode(Progress(1, 2, loss, 0.1, 1.0, 1.0))


def test_commands() -> None:
    assert decode_command(encode_command(Stop()) + "\n") == Stop()
    for line in ('{"command": "pause"}', '{"command"', "{}"):
        with pytest.raises(TrainingProtocolError, match="A training command cannot be read"):
            decode_command(line)


def test_a_job_survives_json() -> None:
    least = TrainingJob(run_dir="/run", base_model="/model", heads=(), samples=())

    for job in (JOB, least):
        assert TrainingJob.from_json(json.loads(json.dumps(job.to_json()))) == job
    assert JOB.to_json()["protocol_version"] == PROTOCOL_VERSION == 1


def test_a_sample_may_lack_a_head() -> None:
    verbs_only = replace(SAMPLE, targets={"verb": 0})
    values = json.loads(json.dumps(replace(JOB, samples=(verbs_only,)).to_json()))

    assert values["samples"][0]["targets"] == {"verb": 0}
    assert TrainingJob.from_json(values).samples == (verbs_only,)


def test_a_sample_may_be_of_another_stream() -> None:
    values = SAMPLE.to_json()
    assert "stream" not in values
    other = replace(SAMPLE, stream=2)
    assert TrainingSample.from_json(other.to_json()) == other


def test_the_spans_of_samples_are_exact() -> None:
    far = replace(SAMPLE, span=TimeSpan(2**53 + 1, 2**53 + 3))
    job = replace(JOB, samples=(far,))

    assert TrainingJob.from_json(json.loads(json.dumps(job.to_json()))).samples == (far,)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"protocol_version": 2}, "protocol version 2, this program speaks 1"),
        ({"protocol_version": None}, "must be a whole number, found null"),
        ({"run_dir": 5}, 'the field "run_dir" of the training job must be text'),
        ({"samples": None}, "must be a list"),
        ({"samples": ["x"]}, "the training sample is not a JSON object"),
        ({"samples": [SAMPLE.to_json() | {"end": -9}]}, "cannot end"),
        ({"samples": [SAMPLE.to_json() | {"targets": {"verb": "cut"}}]}, "whole number"),
        ({"samples": [SAMPLE.to_json() | {"targets": {"verb": 3}}]}, 'no class 3 of "verb"'),
        ({"validation": [SAMPLE.to_json() | {"targets": {"mood": 0}}]}, 'no class 0 of "mood"'),
        ({"heads": [{"name": "verb"}]}, 'lacks the field "classes"'),
        ({"epochs": 0}, "epochs must be at least 1"),
        ({"threads": 0}, "threads must be at least 1"),
        ({"max_seconds": 0}, "max_seconds must be above 0"),
        ({"max_seconds": "long"}, "finite number, found text"),
        ({"stop_when_parent_dies": "yes"}, "true or false"),
        ({"parent_pid": None}, "needs parent_pid"),
    ],
)
def test_jobs_that_make_no_sense_are_refused_in_words(
    change: dict[str, object], words: str
) -> None:
    with pytest.raises(TrainingProtocolError) as caught:
        TrainingJob.from_json(JOB.to_json() | change)
    assert words in str(caught.value)
    assert str(caught.value).endswith("Start the training again.")


def test_a_job_that_is_no_object_or_incomplete_is_refused() -> None:
    values = JOB.to_json()
    del values["seed"]
    for wrong in (values, [], None):
        with pytest.raises(TrainingProtocolError, match="The training job cannot be read"):
            TrainingJob.from_json(wrong)


def test_targets_cannot_change_later() -> None:
    targets = {"verb": 1}
    sample = replace(SAMPLE, targets=targets)
    targets["verb"] = 2

    assert sample.targets == {"verb": 1}
    assert hash(sample) == hash(replace(SAMPLE, targets={"verb": 1}))
