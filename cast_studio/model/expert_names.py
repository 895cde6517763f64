"""What the libraries that train experts call their tensors, and what they are called here.

Data alone, no torch: which kind of expert a file holds is told from its names before a number is read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

QUERY_BIAS, KEY_BIAS, VALUE_BIAS = (f"attention.{part}_bias" for part in ("query", "key", "value"))
QKV = "attention.qkv.weight"

_TEXT_SPACE = "it projects to the space that CLIP shares with texts, which CAST does not use"
_OTHER_CLASSES = "it is the classifier of another set of classes"
_FINAL_NORM = "it is a final norm; CAST trains one of its own, behind the average of all tokens"
_PRETRAINING = "it is only used in pre-training"


@dataclass(frozen=True, slots=True)
class NameMap:
    """Names of one library. A name that ends with a dot stands for all that begin with it.

    Attributes:
        prefixes: What may stand before all names of the expert, where the file holds more than it.
        signature: Names, behind the prefix, that only such an expert has together.
        block: What stands before the number of a block.
        outer: Our name for a name outside the blocks.
        inner: Our names for a name inside a block; several where we keep its equal parts apart.
        joined: Our name in a block for several of theirs, which are joined along the first dimension.
        final_norm: Name of the norm that CAST starts its own final norm from, or "".
        dropped: Names that CAST does not use, and why.
        outside: Why names without the prefix are not used.
    """

    prefixes: tuple[str, ...]
    signature: tuple[str, ...]
    block: str
    outer: Mapping[str, str]
    inner: Mapping[str, tuple[str, ...]]
    joined: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    final_norm: str = ""
    dropped: Mapping[str, str] = field(default_factory=dict)
    outside: str = "it is not a part of the expert"

    def find_prefix(self, keys: Collection[str]) -> str | None:
        """Return what stands before the expert's names in a file, or None: it holds no such expert."""
        for prefix in self.prefixes:
            if all(prefix + name in keys for name in self.signature):
                return prefix
        return None

    def why_dropped(self, name: str) -> str | None:
        """Return why a name is not used, or None: nothing says that it may be left out."""
        for pattern, why in self.dropped.items():
            if _matches(name, pattern):
                return why
        return None

    def outer_name(self, name: str) -> str | None:
        """Return our name of a tensor outside the blocks; None where there is none."""
        for pattern, ours in self.outer.items():
            if _matches(name, pattern):
                return ours + name.removeprefix(pattern)
        return None

    def inner_names(self, name: str) -> tuple[str, ...]:
        """Return our names of a tensor in a block, without the block; none where it is unknown."""
        for pattern, ours in self.inner.items():
            if _matches(name, pattern):
                return tuple(one + name.removeprefix(pattern) for one in ours)
        return ()

    def split_block(self, name: str) -> tuple[int, str] | None:
        """Return number and rest of a name inside a block; None where it is outside."""
        number, dot, rest = name.removeprefix(self.block).partition(".")
        if not name.startswith(self.block) or not dot or not _is_number(number):
            return None
        return int(number), rest


def _matches(name: str, pattern: str) -> bool:
    return name == pattern or (pattern.endswith(".") and name.startswith(pattern))


def _is_number(text: str) -> bool:
    """Whether ``text`` is a number of a block: short and written in the one usual way."""
    return len(text) <= 4 and text.isascii() and text.isdigit() and str(int(text)) == text


CLIP_NAMES = NameMap(
    prefixes=("visual.", ""),
    signature=("class_embedding", "conv1.weight", "transformer.resblocks.0.attn.in_proj_weight"),
    block="transformer.resblocks.",
    outer={
        "class_embedding": "class_token",
        "positional_embedding": "position",
        "conv1.weight": "stem.weight",
        "ln_pre.": "input_norm.",
    },
    inner={
        "ln_1.": ("attention_norm.",),
        "attn.in_proj_weight": (QKV,),
        "attn.in_proj_bias": (QUERY_BIAS, KEY_BIAS, VALUE_BIAS),
        "attn.out_proj.": ("attention.out.",),
        "ln_2.": ("mlp_norm.",),
        "mlp.c_fc.": ("mlp.up.",),
        "mlp.c_proj.": ("mlp.down.",),
    },
    final_norm="ln_post.",
    dropped={"proj": _TEXT_SPACE},
    outside="it is not a part of the visual tower",
)
"""OpenAI's archive and everything that open_clip trained with the same tower."""

EVA_NAMES = NameMap(
    prefixes=("visual.trunk.", "trunk.", ""),
    signature=("cls_token", "blocks.0.attn.q_proj.weight", "blocks.0.mlp.fc1_g.weight"),
    block="blocks.",
    outer={
        "cls_token": "class_token",
        "pos_embed": "position",
        "patch_embed.proj.": "stem.",
    },
    inner={
        "norm1.": ("attention_norm.",),
        "attn.q_proj.bias": (QUERY_BIAS,),
        "attn.v_proj.bias": (VALUE_BIAS,),
        "attn.norm.": ("attention.inner_norm.",),
        "attn.proj.": ("attention.out.",),
        "norm2.": ("mlp_norm.",),
        "mlp.fc1_g.": ("mlp.gate.",),
        "mlp.fc1_x.": ("mlp.up.",),
        "mlp.norm.": ("mlp.inner_norm.",),
        "mlp.fc2.": ("mlp.down.",),
    },
    joined={QKV: tuple(f"attn.{part}_proj.weight" for part in "qkv")},
    final_norm="norm.",
    dropped={"head.": _TEXT_SPACE, "rope.": "the positions that it holds are computed here"},
    outside="it is not a part of the visual tower",
)
"""EVA02-CLIP as open_clip keeps it: timm's Eva below ``visual.trunk``."""

VIDEOMAE_NAMES = NameMap(
    prefixes=("", "encoder.", "backbone.", "module.", "module.encoder."),
    signature=("patch_embed.proj.weight", "blocks.0.attn.q_bias", "blocks.0.attn.qkv.weight"),
    block="blocks.",
    outer={"patch_embed.proj.": "stem."},
    inner={
        "norm1.": ("attention_norm.",),
        "attn.qkv.weight": (QKV,),
        "attn.q_bias": (QUERY_BIAS,),
        "attn.v_bias": (VALUE_BIAS,),
        "attn.proj.": ("attention.out.",),
        "norm2.": ("mlp_norm.",),
        "mlp.fc1.": ("mlp.up.",),
        "mlp.fc2.": ("mlp.down.",),
    },
    dropped={
        "norm.": _FINAL_NORM,
        "fc_norm.": _FINAL_NORM,
        "head.": _OTHER_CLASSES,
        "mask_token": _PRETRAINING,
    },
    outside=_PRETRAINING,
)
"""VideoMAE's own files, pre-trained and fine-tuned, and MVD's."""

VIDEOMAE_TRANSFORMERS_NAMES = NameMap(
    prefixes=("videomae.", ""),
    signature=(
        "embeddings.patch_embeddings.projection.weight",
        "encoder.layer.0.attention.attention.query.weight",
    ),
    block="encoder.layer.",
    outer={"embeddings.patch_embeddings.projection.": "stem."},
    inner={
        "layernorm_before.": ("attention_norm.",),
        "attention.attention.q_bias": (QUERY_BIAS,),
        "attention.attention.query.bias": (QUERY_BIAS,),
        "attention.attention.v_bias": (VALUE_BIAS,),
        "attention.attention.value.bias": (VALUE_BIAS,),
        "attention.output.dense.": ("attention.out.",),
        "layernorm_after.": ("mlp_norm.",),
        "intermediate.dense.": ("mlp.up.",),
        "output.dense.": ("mlp.down.",),
    },
    joined={QKV: tuple(f"attention.attention.{part}.weight" for part in ("query", "key", "value"))},
    dropped={"layernorm.": _FINAL_NORM},
    outside="it is only used in pre-training or to classify",
)
"""VideoMAE as transformers keeps it; its newer versions call ``q_bias`` ``query.bias``."""
