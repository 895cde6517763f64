"""A file with the shape and the quirks of the EPIC-KITCHENS-100 validation set, made from a seed."""

from __future__ import annotations

import csv
import random
from pathlib import Path

from cast_studio.storage.formats.epic_frames import official_names
from cast_studio.storage.formats.epic_rows import COLUMNS

ROWS = 9_668
IRREGULAR = 74
UNTIMED = 70
_VIDEOS = 138
_SAID = {0: ("take", "pick-up", "grab", "get"), 1: ("put", "put-down", "put-into", "place")}
_QUALIFIERS = ("", "", "", "small", "of:water", "board:cutting")


def write_epic_file(path: Path, *, rows: int = ROWS, seed: int = 1) -> Path:
    """Write rows that overlap, in the files' order (running numbers sorted as text).

    74 of 9,668 break frame = ⌊seconds · rate⌋ and 70 have no narration timestamp, as in the real one.
    """
    rng = random.Random(seed)
    irregular = set(rng.sample(range(rows), rows * IRREGULAR // ROWS))
    untimed = set(rng.sample(range(rows), rows * UNTIMED // ROWS))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for number, (video_id, running) in enumerate(_narrations(rng, rows)):
            writer.writerow(
                _row(
                    rng,
                    video_id,
                    running,
                    is_irregular=number in irregular,
                    is_untimed=number in untimed,
                )
            )
    return path


def _narrations(rng: random.Random, rows: int) -> list[tuple[str, int]]:
    videos = sorted(
        {f"P{rng.randint(1, 37):02d}_{rng.choice((rng.randint(1, 30), rng.randint(101, 140))):02d}"
         for _ in range(2 * _VIDEOS)}
    )[:_VIDEOS]  # fmt: skip
    counts = dict.fromkeys(videos, 0)
    pairs = []
    for _ in range(rows):
        video = rng.choice(videos)
        pairs.append((video, counts[video]))
        counts[video] += 1
    # As text, so that “_10” comes before “_2”.
    return sorted(pairs, key=lambda pair: f"{pair[0]}_{pair[1]}")


def _row(
    rng: random.Random, video_id: str, running: int, *, is_irregular: bool, is_untimed: bool
) -> list[str]:
    rate = 50 if len(video_id.split("_")[1]) > 2 else 60
    # Hundredths of a second; the next narration begins before this one ends every so often.
    start = running * 230 + rng.randint(0, 200)
    stop = start + rng.randint(20, 700)
    frames = [max(1, time * rate // 100) for time in (start, stop)]
    if is_irregular:
        frames[rng.randint(0, 1)] += rng.choice((-1, 1, 2))
    verbs, nouns = official_names("verb"), official_names("noun")
    verb = rng.randrange(min(97, 1 + int(rng.expovariate(0.1))))
    said_nouns = [rng.randrange(300) for _ in range(rng.choice((1, 1, 1, 1, 2, 3)))]
    verb_text = rng.choice(_SAID.get(verb, (verbs[verb],)))
    texts = [_noun(rng, nouns[noun]) for noun in said_nouns]
    narration = f"{verb_text.replace('-', ' ')} {' and '.join(texts)}".replace(":", " ")
    if rng.random() < 0.01:
        narration += ", then wait"
    return [
        f"{video_id}_{running}",
        video_id.split("_")[0],
        video_id,
        "" if is_untimed else _time(start * 10 + rng.randint(-500, 0), 1000),
        _time(start, 100),
        _time(stop, 100),
        str(frames[0]),
        str(frames[1]),
        narration,
        verb_text,
        str(verb),
        texts[0],
        str(said_nouns[0]),
        repr(texts),
        repr(said_nouns),
    ]


def _noun(rng: random.Random, name: str) -> str:
    extra = rng.choice(_QUALIFIERS)
    if ":" in extra:
        return extra
    return f"{name}:{extra}" if extra else name


def _time(value: int, scale: int) -> str:
    whole, rest = divmod(max(0, value), scale)
    digits = len(str(scale)) - 1
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}.{rest:0{digits}d}"
