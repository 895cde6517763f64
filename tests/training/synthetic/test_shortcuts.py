"""That the benchmark has no shortcut: what can be guessed from the true states without their order."""

from __future__ import annotations

import numpy as np
import pytest

from training.synthetic.readers import shortcut_scores
from training.synthetic.scene import draw_scene
from training.synthetic.vocabulary import KNOWN_NOUNS, KNOWN_VERBS


@pytest.mark.slow
def test_no_reader_of_the_true_states_comes_far() -> None:
    rng = np.random.default_rng(5)
    found = shortcut_scores([draw_scene(rng) for _ in range(800)], seed=1)
    assert found["noun_from_color"] <= 1 / len(KNOWN_NOUNS) + 0.10
    assert found["noun_from_motion"] <= 1 / len(KNOWN_NOUNS) + 0.10
    assert found["verb_from_one_frame"] <= 1 / len(KNOWN_VERBS) + 0.15
    assert found["verb_shuffled_frames"] <= 0.65
    # The readers are no strawmen: an unordered set of frames tells a good deal.
    assert found["verb_shuffled_frames"] >= 0.3
