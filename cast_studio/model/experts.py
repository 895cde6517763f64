"""The two frozen experts: one sees pictures, the other sees motion (paper, section 3.1).

Shapes: B clips, T temporal positions, N patches of a frame, D channels. The spatial stream is
``(B, T, 1 + N, D)`` with a class token first, the temporal stream ``(B, T, N, D)``.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from cast_studio.model.config import CastConfig
from cast_studio.model.expert_config import NORM_GROUPS, ExpertConfig
from cast_studio.model.expert_layers import SelfAttention, make_feed_forward
from cast_studio.model.layers import in_parts, noise
from cast_studio.model.positions import RotaryPositions, sincos_table, sinusoid_table


class ExpertBlock(nn.Module):
    """One pre-norm transformer block of an expert; CAST calls its parts one by one.

    Args:
        config: Sizes.
        expert: What this expert does differently.
        rotary: The turns of its queries and keys, which all blocks of an expert share; or None.
    """

    def __init__(
        self, config: CastConfig, expert: ExpertConfig, *, rotary: RotaryPositions | None = None
    ) -> None:
        super().__init__()
        width = config.width
        self.attention_norm = nn.LayerNorm(width, eps=expert.norm_eps)
        self.attention = SelfAttention(width, config.heads, expert, rotary=rotary)
        self.mlp_norm = nn.LayerNorm(width, eps=expert.norm_eps)
        self.mlp = make_feed_forward(width, config.mlp_ratio, expert)

    def attend(self, x: Tensor) -> Tensor:
        """Attention branch of ``(B, L, D)``, without the residual."""
        return in_parts(lambda part: self.attention(self.attention_norm(part)), x)

    def forward(self, x: Tensor) -> Tensor:
        """The whole block as the expert alone runs it, on ``(B, L, D)``."""
        x = x + self.attend(x)
        return x + self.mlp(self.mlp_norm(x))  # type: ignore[no-any-return]


class ResidualBlock(nn.Module):
    """Two convolutions around which the input is carried."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1),
            nn.GroupNorm(NORM_GROUPS, width),
            nn.GELU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.GroupNorm(NORM_GROUPS, width),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(M, C, H, W)`` to the same shape."""
        return functional.gelu(x + self.layers(x))


class ConvStem(nn.Module):
    """Three small strided convolutions in place of one large; the last one makes the tokens.

    Args:
        config: Sizes; ``patch`` is 8, see :class:`CastConfig`.
        expert: Channels and number of residual blocks.
        frames: Consecutive frames that the last layer joins into one token.
    """

    def __init__(self, config: CastConfig, expert: ExpertConfig, *, frames: int) -> None:
        super().__init__()
        self.frames = frames
        width = expert.stem_width
        self.layers = nn.Sequential(
            nn.Conv2d(3, width, 3, stride=2, padding=1),
            nn.GroupNorm(NORM_GROUPS, width),
            nn.GELU(),
            nn.Conv2d(width, 2 * width, 3, stride=2, padding=1),
            nn.GroupNorm(NORM_GROUPS, 2 * width),
            nn.GELU(),
            *(ResidualBlock(2 * width) for _ in range(expert.stem_blocks)),
        )
        self.tokens = nn.Conv2d(2 * width * frames, config.width, 2, stride=2)

    def forward(self, pictures: Tensor) -> Tensor:
        """Map ``(M · frames, 3, H, W)`` to tokens ``(M, N, D)``."""
        features = self.layers(pictures)
        features = features.reshape(-1, self.frames * features.shape[1], *features.shape[2:])
        return self.tokens(features).flatten(2).transpose(1, 2)  # type: ignore[no-any-return]


class SpatialExpert(nn.Module):
    """A picture transformer with a class token (CLIP's visual tower, EVA02)."""

    def __init__(self, config: CastConfig) -> None:
        super().__init__()
        self.config = config
        expert, width = config.spatial, config.width
        self.stem: nn.Module
        if expert.stem == "conv":
            self.stem = ConvStem(config, expert, frames=1)
        else:
            self.stem = nn.Conv2d(
                3, width, config.patch, stride=config.patch, bias=not expert.input_norm
            )
        self.class_token = nn.Parameter(noise(width, std=width**-0.5))
        self.position = nn.Parameter(noise(1 + config.patches, width, std=width**-0.5))
        self.input_norm = (
            nn.LayerNorm(width, eps=expert.norm_eps) if expert.input_norm else nn.Identity()
        )
        rotary = _rotary_positions(config, expert)
        self.blocks = nn.ModuleList(
            ExpertBlock(config, expert, rotary=rotary) for _ in range(config.depth)
        )

    def embed(self, pictures: Tensor) -> Tensor:
        """Map pictures ``(M, 3, H, W)`` to tokens ``(M, 1 + N, D)``."""
        tokens = self.stem(pictures)
        if tokens.ndim == 4:
            tokens = tokens.flatten(2).transpose(1, 2)
        first = self.class_token.expand(len(tokens), 1, -1)
        return self.input_norm(torch.cat([first, tokens], 1) + self.position)  # type: ignore[no-any-return]

    def forward(self, pictures: Tensor) -> Tensor:
        """The expert alone: pictures ``(M, 3, H, W)`` to tokens ``(M, 1 + N, D)``."""
        tokens = self.embed(pictures)
        for block in self.blocks:
            tokens = block(tokens)
        return tokens


def _rotary_positions(config: CastConfig, expert: ExpertConfig) -> RotaryPositions | None:
    if expert.rotary_grid is None:
        return None
    head_width = config.width // config.heads
    return RotaryPositions(config.grid, head_width, reference_grid=expert.rotary_grid)


class TemporalEmbedding(nn.Conv3d):
    """VideoMAE's tubelet embedding: one convolution over time and space."""

    def __init__(self, config: CastConfig) -> None:
        kernel = (config.tubelet, config.patch, config.patch)
        super().__init__(3, config.width, kernel, stride=kernel)


class TemporalExpert(nn.Module):
    """A video transformer over all tubelets of a clip at once (VideoMAE, MVD)."""

    table: Tensor

    def __init__(self, config: CastConfig) -> None:
        super().__init__()
        self.config = config
        expert = config.temporal
        self.stem: nn.Module
        if expert.stem == "conv":
            self.stem = ConvStem(config, expert, frames=config.tubelet)
        else:
            self.stem = TemporalEmbedding(config)
        self.register_buffer("table", torch.empty(0), persistent=False)
        self.rebuild_table()
        self.blocks = nn.ModuleList(ExpertBlock(config, expert) for _ in range(config.depth))

    def rebuild_table(self) -> None:
        """Compute the fixed positions, which no file holds."""
        config = self.config
        if config.temporal.position_table == "sincos-3d":
            self.table = sincos_table(config.steps, config.grid, config.width)
        else:
            self.table = sinusoid_table(config.steps * config.patches, config.width)

    def embed(self, clips: Tensor) -> Tensor:
        """Map clips ``(B, 3, frames, H, W)`` to tokens ``(B, T · N, D)``, time first."""
        if isinstance(self.stem, ConvStem):
            pictures = clips.transpose(1, 2).flatten(0, 1)
            tokens = self.stem(pictures).reshape(len(clips), -1, self.config.width)
        else:
            tokens = self.stem(clips).flatten(2).transpose(1, 2)
        # Layers add to it where it lies, as one matrix.
        return (tokens + self.table.to(tokens.dtype)).contiguous()  # type: ignore[no-any-return]

    def forward(self, clips: Tensor) -> Tensor:
        """The expert alone: clips ``(B, 3, frames, H, W)`` to tokens ``(B, T · N, D)``."""
        tokens = self.embed(clips)
        for block in self.blocks:
            tokens = block(tokens)
        return tokens
