from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from cast_studio.core.training_protocol import Progress, Validated
from cast_studio.errors import TrainingError
from cast_studio.model.cast import Cast, is_expert_parameter
from cast_studio.model.checkpoints import LoadedCast, load_cast, widen_heads
from tests.model.examples import CLIPS
from tests.training.examples import HEADS, every_action, samples_of, write_actions, write_base
from training.dataset import SampleClips
from training.loop import (
    BalancedSampler,
    FitCallbacks,
    FitResult,
    FitSettings,
    evaluate_clips,
    fit,
    predict_clips,
)

KNOWN: Mapping[str, list[int]] = {"verb": [0, 1], "noun": [0, 1]}
SETTINGS = FitSettings(steps=40, batch=9, rate=5e-3, validate_every=16, seed=1)


@dataclass
class Listener:
    """Hears everything that the loop says; asks it to stop after so many steps."""

    stop_after: int | None = None
    stop_at_once: bool = False
    remembered: list[tuple[int, int]] = field(default_factory=list)
    progress: list[Progress] = field(default_factory=list)
    validated: list[Validated] = field(default_factory=list)

    def callbacks(self) -> FitCallbacks:
        return FitCallbacks(
            remembered=lambda done, total: self.remembered.append((done, total)),
            progressed=self.progress.append,
            validated=self.validated.append,
            should_stop=self._should_stop,
        )

    def _should_stop(self) -> bool:
        steps = len(self.progress)
        return self.stop_at_once or (self.stop_after is not None and steps >= self.stop_after)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> SampleClips:
    """Nine actions, decoded."""
    path = write_actions(tmp_path_factory.mktemp("loop") / "colors.mp4", every_action())
    clips = SampleClips(samples_of(path, every_action()), CLIPS, HEADS, variants=2)
    assert list(clips.preload()) == list(range(1, 10))
    return clips


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> LoadedCast:
    return load_cast(write_base(tmp_path_factory.mktemp("loop") / "model"))


@dataclass
class Lesson:
    """A network before and after."""

    teacher: Cast
    student: Cast
    result: FitResult
    heard: Listener


def teach(
    base: LoadedCast,
    data: SampleClips,
    settings: FitSettings = SETTINGS,
    *,
    validation: SampleClips | None = None,
    stop_after: int | None = None,
) -> Lesson:
    torch.manual_seed(settings.seed)
    student = widen_heads(base, HEADS)
    teacher = copy.deepcopy(student)
    heard = Listener(stop_after)
    result = fit(student, KNOWN, data, validation, settings, heard.callbacks())
    return Lesson(teacher, student, result, heard)


def bytes_of(cast: Cast, *, experts: bool) -> dict[str, bytes]:
    return {
        name: tensor.detach().numpy().tobytes()
        for name, tensor in cast.state_dict().items()
        if is_expert_parameter(name) == experts
    }


@pytest.fixture(scope="module")
def lesson(base: LoadedCast, data: SampleClips) -> Lesson:
    return teach(base, data, replace(SETTINGS, steps=150), validation=data)


def test_the_loss_falls_and_the_new_classes_are_learned(lesson: Lesson, data: SampleClips) -> None:
    losses = [said.loss for said in lesson.heard.progress]
    assert np.mean(losses[-10:]) < 0.6 * np.mean(losses[:10])
    before, after = (evaluate_clips(cast, data) for cast in (lesson.teacher, lesson.student))
    assert after["noun"] >= 8 / 9
    assert after["action"] > before["action"] + 0.3


def test_the_experts_stay_equal_to_the_byte(lesson: Lesson, base: LoadedCast) -> None:
    assert bytes_of(lesson.student, experts=True) == bytes_of(base.cast, experts=True)
    assert bytes_of(lesson.teacher, experts=True) == bytes_of(base.cast, experts=True)


def test_no_gradient_of_an_expert_is_computed(lesson: Lesson) -> None:
    for name, parameter in lesson.student.named_parameters():
        assert parameter.requires_grad != is_expert_parameter(name), name
        assert (parameter.grad is None) == is_expert_parameter(name), name


def test_the_result_is_the_average_of_the_last_weights(base: LoadedCast, data: SampleClips) -> None:
    def moved(average: float) -> float:
        clips = SampleClips(data.samples, CLIPS, HEADS)
        lesson = teach(base, clips, replace(SETTINGS, steps=5, average=average))
        before, after = lesson.teacher.state_dict(), lesson.student.state_dict()
        return float((after["heads.noun.weight"] - before["heads.noun.weight"]).abs().mean())

    assert 0 < moved(average=0.95) < 0.8 * moved(average=0.0)


def test_everything_else_learns(lesson: Lesson) -> None:
    before, after = (bytes_of(c, experts=False) for c in (lesson.teacher, lesson.student))
    assert before.keys() == after.keys()
    # T2S moves patches of the spatial stream, which the class token no longer reads after the last
    # block: there it learns nothing, in the published network too.
    idle = {name for name in before if before[name] == after[name]}
    assert {name.rpartition(".")[0].rpartition(".")[0] for name in idle} <= {
        "layers.1.exchange.t2s"
    }


def test_every_step_is_told(lesson: Lesson) -> None:
    steps = [said.step for said in lesson.heard.progress]
    assert steps == list(range(1, 151))
    assert lesson.result.steps == 150
    assert not lesson.result.stopped
    last = lesson.heard.progress[-1]
    assert last.eta_seconds == 0
    assert last.loss == lesson.result.metrics["loss"]
    rates = [said.learning_rate for said in lesson.heard.progress]
    assert rates[4] == max(rates) == SETTINGS.rate
    assert rates[-1] < 0.05 * SETTINGS.rate


def test_validations_come_on_time_and_at_the_end(lesson: Lesson, data: SampleClips) -> None:
    assert [said.step for said in lesson.heard.validated] == [*range(16, 150, 16), 150]
    last = dict(lesson.heard.validated[-1].accuracy)
    assert last == evaluate_clips(lesson.student, data)
    assert last.items() <= dict(lesson.result.metrics).items()


def test_the_last_step_is_validated_once(base: LoadedCast, data: SampleClips) -> None:
    settings = replace(SETTINGS, steps=4, validate_every=2)
    heard = teach(base, data, settings, validation=data).heard
    assert [said.step for said in heard.validated] == [2, 4]


def test_the_same_seed_gives_the_same_network(base: LoadedCast, data: SampleClips) -> None:
    settings = replace(SETTINGS, steps=3)

    def weights(seed: int) -> dict[str, bytes]:
        clips = SampleClips(data.samples, CLIPS, HEADS, variants=2)
        return bytes_of(teach(base, clips, replace(settings, seed=seed)).student, experts=False)

    assert weights(1) == weights(1)
    assert weights(1) != weights(2)


def moves(base: LoadedCast, data: SampleClips, **settings: float) -> dict[str, torch.Tensor]:
    """How far five steps move each weight."""
    clips = SampleClips(data.samples, CLIPS, HEADS)
    lesson = teach(base, clips, replace(SETTINGS, steps=5, **settings))  # type: ignore[arg-type]
    before, after = lesson.teacher.state_dict(), lesson.student.state_dict()
    return {name: after[name] - before[name] for name in before}


def test_the_result_is_drawn_back_but_for_new_classes(base: LoadedCast, data: SampleClips) -> None:
    whole, half = moves(base, data, blend=1.0), moves(base, data, blend=0.5)
    name, head = "layers.0.exchange.s2t.query.weight", "heads.noun.weight"
    share = ((half[name] * whole[name]).sum() / whole[name].square().sum()).item()
    assert 0.5 <= share < 1  # a network that was never trained is right by chance only
    torch.testing.assert_close(half[name], share * whole[name], rtol=1e-3, atol=1e-6)
    torch.testing.assert_close(half[head][:2], share * whole[head][:2], rtol=1e-3, atol=1e-6)
    assert torch.equal(half[head][2:], whole[head][2:])


def test_classes_that_were_right_learn_slower_than_new_ones(
    lesson: Lesson, data: SampleClips
) -> None:
    """After a lesson all are right; taught again as known ones, they hardly move."""

    def moved(known: Mapping[str, Sequence[int]]) -> float:
        student = copy.deepcopy(lesson.student)
        clips = SampleClips(data.samples, CLIPS, HEADS)
        settings = replace(SETTINGS, steps=5, head_rate_scale=10.0, blend=1.0)
        fit(student, known, clips, None, settings, Listener().callbacks())
        before, after = lesson.student.state_dict(), student.state_dict()
        return float((after["heads.noun.weight"] - before["heads.noun.weight"]).abs().mean())

    assert 0 < moved({"verb": [0, 1, 2], "noun": [0, 1, 2]}) < moved({}) / 3


def test_a_stopped_lesson_keeps_what_was_learned(base: LoadedCast, data: SampleClips) -> None:
    lesson = teach(base, data, validation=data, stop_after=7)
    assert lesson.result.stopped
    assert lesson.result.steps == 7
    assert [said.step for said in lesson.heard.validated] == [7]
    assert bytes_of(lesson.student, experts=False) != bytes_of(lesson.teacher, experts=False)


def test_a_lesson_can_be_stopped_before_its_first_step(base: LoadedCast, data: SampleClips) -> None:
    student = widen_heads(base, HEADS)
    before = bytes_of(student, experts=False)
    heard = Listener(stop_at_once=True)
    result = fit(student, KNOWN, data, None, SETTINGS, heard.callbacks())
    assert (result.stopped, result.steps) == (True, 0)
    assert heard.remembered == [(9, 9)]
    assert bytes_of(student, experts=False) == before


def test_time_ends_a_lesson_too(base: LoadedCast, data: SampleClips) -> None:
    settings = replace(SETTINGS, steps=1_000_000, max_seconds=0.3)
    lesson = teach(base, data, settings)
    assert not lesson.result.stopped
    assert 0 < lesson.result.steps < 1_000_000
    last = lesson.heard.progress[-1]
    assert last.eta_seconds <= 0.3
    assert last.learning_rate < SETTINGS.rate


def test_a_loss_that_is_no_number_ends_training_in_a_sentence(
    base: LoadedCast, data: SampleClips
) -> None:
    student = widen_heads(base, HEADS)
    with torch.no_grad():
        student.heads["verb"].bias[0] = torch.nan
    heard = Listener()
    with pytest.raises(TrainingError, match=r"The loss became nan at step 1,.*unchanged"):
        fit(student, KNOWN, data, None, SETTINGS, heard.callbacks())
    assert heard.progress == []


def test_memory_that_is_too_small_is_a_sentence(base: LoadedCast, data: SampleClips) -> None:
    class Large(Cast):
        def forward(self, clips: torch.Tensor, *, attention: bool = False) -> object:  # type: ignore[override]
            raise torch.OutOfMemoryError("CUDA out of memory.")

    student = Large(base.cast.config, widen_heads(base, HEADS).head_configs)
    with pytest.raises(TrainingError, match="does not fit into the memory"):
        fit(student, KNOWN, data, None, SETTINGS, Listener().callbacks())


def only(head: str, data: SampleClips) -> SampleClips:
    """The same samples, labelled in one head."""
    kept = [replace(found, targets={head: found.targets[head]}) for found in data.samples]
    return SampleClips(kept, CLIPS, HEADS)


def test_labels_of_one_head_teach_that_head_only(base: LoadedCast, data: SampleClips) -> None:
    partial = only("noun", data)
    lesson = teach(base, partial, replace(SETTINGS, steps=3), validation=partial)
    before, after = (bytes_of(c, experts=False) for c in (lesson.teacher, lesson.student))
    for part in ("weight", "bias"):
        assert before[f"heads.verb.{part}"] == after[f"heads.verb.{part}"]
        assert before[f"heads.noun.{part}"] != after[f"heads.noun.{part}"]
    assert set(lesson.heard.validated[-1].accuracy) == {"noun"}


def test_what_a_head_without_labels_says_is_kept(lesson: Lesson, data: SampleClips) -> None:
    """Verbs that are all corrected move what both heads read; nouns are told as before."""
    corrected = [
        replace(found, targets={"verb": (found.targets["verb"] + 1) % 3}) for found in data.samples
    ]
    known = {"verb": [0, 1, 2], "noun": [0, 1, 2]}

    def drift(keep: float) -> float:
        student = copy.deepcopy(lesson.student)
        settings = replace(SETTINGS, steps=60, keep=keep)
        clips = SampleClips(corrected, CLIPS, HEADS)
        fit(student, known, clips, None, settings, Listener().callbacks())
        then, now = (
            torch.from_numpy(predict_clips(cast, data)["noun"]).log_softmax(-1)
            for cast in (lesson.student, student)
        )
        return float((then - now).abs().mean())

    assert drift(keep=SETTINGS.keep) < 0.5 * drift(keep=0.0)


def test_samples_of_different_heads_teach_each_its_own(base: LoadedCast, data: SampleClips) -> None:
    """A third of the samples has both classes, a third a verb only, a third a noun only."""
    kinds: Sequence[tuple[str, ...]] = (("verb", "noun"), ("verb",), ("noun",))
    mixed = [
        replace(found, targets={head: found.targets[head] for head in kinds[(at + at // 3) % 3]})
        for at, found in enumerate(data.samples)
    ]
    partial = SampleClips(mixed, CLIPS, HEADS)
    lesson = teach(base, partial, replace(SETTINGS, steps=150), validation=partial)
    said = dict(lesson.heard.validated[-1].accuracy)
    assert set(said) == {"verb", "noun", "action"}
    assert said["noun"] == 1.0
    right = {
        head: rows.argmax(1) == partial.targets[head]
        for head, rows in predict_clips(lesson.student, partial).items()
    }
    complete = (partial.targets["verb"] >= 0) & (partial.targets["noun"] >= 0)
    assert complete.sum() == 3
    assert said["action"] == pytest.approx((right["verb"] & right["noun"])[complete].mean())


def test_what_was_known_is_kept(base: LoadedCast, data: SampleClips) -> None:
    """With a strong wish to keep it, scores among the known classes hardly move."""
    settings = replace(SETTINGS, steps=60)

    def drift(keep: float) -> float:
        lesson = teach(base, data, replace(settings, keep=keep))
        rows = np.flatnonzero(np.isin(data.targets["noun"], KNOWN["noun"]))
        then, now = (
            torch.from_numpy(predict_clips(cast, data)["noun"][rows][:, KNOWN["noun"]])
            for cast in (lesson.teacher, lesson.student)
        )
        return float((then.log_softmax(-1) - now.log_softmax(-1)).abs().mean())

    assert drift(keep=30.0) < 0.5 * drift(keep=0.0)


def test_logits_are_those_of_the_exact_spans(base: LoadedCast, data: SampleClips) -> None:
    student = widen_heads(base, HEADS).train()
    whole, small = predict_clips(student, data), predict_clips(student, data, batch=4)
    assert student.training
    for head, rows in whole.items():
        assert rows.shape == (9, 3)
        np.testing.assert_allclose(small[head], rows, atol=1e-5)


def drawn_counts(targets: Mapping[str, NDArray[np.int64]], count: int = 1) -> NDArray[np.int64]:
    sampler = BalancedSampler(targets, np.random.default_rng(0))
    draws = [at for _ in range(4000) for at in sampler.draw(count)]
    return np.bincount(draws, minlength=len(next(iter(targets.values()))))


def test_rare_classes_are_drawn_more_often_than_they_are() -> None:
    verbs = np.array([0] * 16 + [1] * 4)
    counts = drawn_counts({"verb": verbs})
    # A fourth of the samples, half as often: 16/sqrt(16) to 4/sqrt(4).
    assert counts[:16].sum() / counts[16:].sum() == pytest.approx(2.0, rel=0.1)


def test_samples_without_any_label_are_never_drawn() -> None:
    targets = {"verb": np.array([0, -1, -1, 1]), "noun": np.array([-1, -1, 0, 1])}
    counts = drawn_counts(targets)
    assert counts[1] == 0
    assert (counts[[0, 2, 3]] > 0).all()
    assert counts[3] > counts[0]


def test_a_batch_repeats_samples_only_where_it_must() -> None:
    sampler = BalancedSampler({"verb": np.array([0, 1, 2, -1])}, np.random.default_rng(0))
    for _ in range(20):
        assert sorted(sampler.draw(3)) == [0, 1, 2]
        assert len(sampler.draw(7)) == 7
