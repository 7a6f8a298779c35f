"""The trained part: a small transformer over patch tokens, and the text projection.

The tower returns a global embedding and patch tokens by two paths. It knows neither pixels nor
sentences: it takes tokens (`tokens.py`) and sentence embeddings (`text.py`).
"""

from dataclasses import dataclass
from typing import NamedTuple, cast, final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["SENTENCE_DIM", "TextHead", "Tower", "TowerConfig", "TowerOutput"]

SENTENCE_DIM = 384
"""Length of an all-MiniLM-L6-v2 sentence embedding."""


@dataclass(frozen=True)
class TowerConfig:
    """Sizes of the trained part."""

    components: int = 160
    """Principal components in a token; these are also normalised within the image."""
    novelty: int = 6
    width: int = 192
    heads: int = 4
    blocks: int = 2
    ratio: int = 2
    """Hidden width of a block's MLP over `width`."""
    dim: int = 256
    """Length of a joint embedding."""
    pool_heads: int = 8
    pool_width: int = 32


class TowerOutput(NamedTuple):
    """Tokens are after the final norm and before the projection."""

    global_embedding: Float[Tensor, "batch dim"]
    value_tokens: Float[Tensor, "batch patch channel"]
    patch_tokens: Float[Tensor, "batch patch channel"] | None


class Block(nn.Module):
    """A pre-norm transformer block whose last use can differ per path."""

    def __init__(self, config: TowerConfig) -> None:
        super().__init__()
        width = config.width
        self.heads = config.heads
        self.norm1 = nn.LayerNorm(width)
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.output = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.up = nn.Linear(width, config.ratio * width)
        self.down = nn.Linear(config.ratio * width, width)

    def _mlp(self, x: Tensor) -> Tensor:
        change: Tensor = self.down(functional.gelu(self.up(self.norm2(x))))
        return x + change

    def _attend(self, queries: Tensor, key: Tensor, value: Tensor) -> Tensor:
        def split(x: Tensor) -> Tensor:
            parts: Tensor = x.unflatten(-1, (self.heads, -1))
            return parts.transpose(1, 2)

        query = split(self.query(queries))
        mixed = functional.scaled_dot_product_attention(query, split(key), split(value))
        return mixed.transpose(1, 2).flatten(2)

    def forward(self, x: Float[Tensor, "batch token width"]) -> Float[Tensor, "batch token width"]:
        """Let every token attend to every token."""
        normed = self.norm1(x)
        key, value = self.key_value(normed).chunk(2, dim=-1)
        return self._mlp(x + self.output(self._attend(normed, key, value)))

    def forward_last(
        self, x: Float[Tensor, "batch token width"], *, patches: bool
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return the class token, the value path and, when asked, the attending patches.

        On the value path each patch attends to itself only, ``x + W_o v(x)`` (Zhou et al.,
        "Extract Free Dense Labels from CLIP", ECCV 2022, with the residual kept).
        """
        normed = self.norm1(x)
        key, value = self.key_value(normed).chunk(2, dim=-1)
        queries = normed if patches else normed[:, :1]
        residual = x if patches else x[:, :1]
        attended = self._mlp(residual + self.output(self._attend(queries, key, value)))
        own = self._mlp(x[:, 1:] + self.output(value[:, 1:]))
        return attended[:, 0], own, attended[:, 1:] if patches else None


@final
class Tower(nn.Module):
    """Class token, two transformer blocks, evidence pooling, projection."""

    def __init__(self, config: TowerConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.enter = nn.Linear(2 * config.components + config.novelty, width)
        self.position = nn.Conv2d(width, width, 3, padding=1, groups=width)
        self.cls = nn.Parameter(torch.zeros(width))
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.blocks))
        self.norm = nn.LayerNorm(width)
        self.pool_score = nn.Linear(width, config.pool_heads, bias=False)
        self.pool_value = nn.Linear(width, config.pool_heads * config.pool_width)
        self.pool_output = nn.Linear(config.pool_heads * config.pool_width, width)
        self.project = nn.Linear(width, config.dim, bias=False)

    def initialise(self, generator: torch.Generator) -> None:
        """Draw the starting weights; residual branches start small."""
        for name, parameter in self.named_parameters():
            if parameter.ndim == 1:
                parameter.data.fill_(float(name.endswith(("norm.weight", "1.weight", "2.weight"))))
            else:
                fan = parameter[0].numel()
                small = name.endswith(("output.weight", "down.weight"))
                parameter.data.normal_(std=0.01 if small else fan**-0.5, generator=generator)
        self.cls.data.normal_(std=0.02, generator=generator)

    def embed(
        self, tokens: Float[Tensor, "batch patch token"], grid: tuple[int, int]
    ) -> Float[Tensor, "batch patch width"]:
        """Enter the tower: tokens as they are and normalised within their image, plus position.

        A depthwise 3 x 3 convolution is the only position signal, so any grid works.
        """
        content = tokens[..., : self.config.components]
        centre = content.mean(1, keepdim=True)
        spread = content.std(1, keepdim=True) + 0.25
        within = ((content - centre) / spread).clamp(-6, 6)
        x: Tensor = self.enter(torch.cat([tokens, within], dim=-1))
        position: Tensor = self.position(x.transpose(1, 2).unflatten(-1, grid))
        return x + position.flatten(2).transpose(1, 2)

    def encode(
        self, x: Float[Tensor, "batch patch width"], *, patches: bool = False
    ) -> TowerOutput:
        """Run the blocks over the class token and the given patches, which see only one another."""
        x = torch.cat([self.cls.expand(len(x), 1, -1), x], dim=1)
        for block in self.blocks[:-1]:
            x = block(x)
        last = cast("Block", self.blocks[-1])
        summary, own, attended = last.forward_last(x, patches=patches)
        own = self.norm(own)
        return TowerOutput(
            self.project(self.norm(summary) + self._pool(own)),
            own,
            None if attended is None else self.norm(attended),
        )

    def encode_windows(
        self, x: Float[Tensor, "batch patch width"], windows: Int[Tensor, "window member"]
    ) -> Float[Tensor, "batch window dim"]:
        """Return the global embedding of each window, as if its patches were the whole image."""
        members = x[:, windows].flatten(0, 1)
        embedded = self.encode(members).global_embedding
        return embedded.reshape(len(x), len(windows), -1)

    def _pool(self, own: Float[Tensor, "batch patch width"]) -> Float[Tensor, "batch width"]:
        """Bring what a few patches show into the summary, however small they are.

        Each head is a softmax over patches with a learned query; a sharp one acts as a maximum.
        """
        weights = self.pool_score(own).softmax(dim=1).transpose(1, 2)
        values = self.pool_value(own).unflatten(-1, (weights.shape[1], -1)).transpose(1, 2)
        pooled = (weights.unsqueeze(2) @ values).flatten(1)
        evidence: Tensor = self.pool_output(pooled)
        return evidence


@final
class TextHead(nn.Module):
    """From a sentence embedding to the joint space: a linear map plus a small MLP, unit length."""

    def __init__(self, config: TowerConfig, hidden: int = 512) -> None:
        super().__init__()
        self.linear = nn.Linear(SENTENCE_DIM, config.dim)
        self.up = nn.Linear(SENTENCE_DIM, hidden)
        self.down = nn.Linear(hidden, config.dim)

    def initialise(self, generator: torch.Generator) -> None:
        """Draw the starting weights."""
        for parameter in self.parameters():
            if parameter.ndim == 1:
                parameter.data.zero_()
            else:
                parameter.data.normal_(std=parameter.shape[1] ** -0.5, generator=generator)

    def forward(self, sentences: Float[Tensor, "prompt 384"]) -> Float[Tensor, "prompt dim"]:
        """Return joint embeddings of unit length."""
        # Entries of a unit vector are about 384 ** -0.5; the factor brings them into GELU's bend.
        bent = self.down(functional.gelu(self.up(8 * sentences)))
        return functional.normalize(self.linear(sentences) + bent, dim=-1)
