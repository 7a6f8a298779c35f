"""Encode each image once: a content-addressed store of features on disk.

An entry is keyed by the backbone's id (name, image size, weights digest) and the SHA-256 of the
image file, so it survives renamed folders and never outlives changed pixels or weights. Entries
are float16 safetensors files, written atomically and verified on read; a damaged one is encoded
again. This module knows nothing of prompts, scores or labels.
"""

import hashlib
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from PIL import Image
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from aligners.base import LocalFeatures, Requirements, WindowEmbeddings
from aligners.windows import square_windows
from promptlab.backbones.base import Backbone
from promptlab.datasets.images import load_image
from promptlab.errors import DataError
from promptlab.files import atomic_path, cache_folder, digest_bytes, digest_file

__all__ = ["EncodedBatch", "FeatureStore", "encode_images", "encode_texts"]

_LOG = logging.getLogger(__name__)

_Pieces = dict[str, Tensor]
"""The tensors of one image: base pieces, one kind of tokens or one window side."""


@dataclass(frozen=True)
class EncodedBatch:
    """Features of the images of one batch that could be read, and what was wrong with others."""

    positions: tuple[int, ...]
    """Where each encoded image stood in the sequence of paths."""
    features: LocalFeatures | None
    """float32; None when no image of the batch could be read."""
    unreadable: Mapping[int, str]
    """Position -> one-line reason."""
    encoded: int
    """How many images had to be encoded, at least in part, rather than read from the store."""


class FeatureStore:
    """Tensors by key in one folder, shared safely by several processes.

    A folder that cannot be written is used read-only, with a warning.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or cache_folder() / "features"
        self._writable = True

    def read(self, key: str) -> _Pieces | None:
        """Return the tensors under ``key``; None when absent, damaged or half written."""
        path = self._path(key)
        try:
            with safe_open(path, framework="pt") as content:
                pieces = {name: content.get_tensor(name) for name in content.keys()}  # noqa: SIM118
                promised = (content.metadata() or {}).get("digest")
        except (FileNotFoundError, SafetensorError, OSError):
            return None
        if promised == _digest(pieces):
            return pieces
        _LOG.warning("a cached feature file was damaged and is made again: %s", path.name)
        return None

    def write(self, key: str, pieces: Mapping[str, Tensor]) -> None:
        """Keep tensors under ``key``; a full or read-only disk costs the cache, not the run."""
        if not self._writable:
            return
        ready = {name: tensor.contiguous() for name, tensor in pieces.items()}
        try:
            with atomic_path(self._path(key)) as temporary:
                save_file(ready, temporary, metadata={"digest": _digest(ready)})
        except (OSError, SafetensorError) as error:
            self._writable = False
            _LOG.warning(
                "features are not cached, because %s cannot be written (%s)", self.folder, error
            )

    def _path(self, key: str) -> Path:
        backbone, _, entry = key.partition("/")
        return self.folder / backbone / entry[:2] / f"{entry}.safetensors"


def encode_images(
    backbone: Backbone,
    paths: Sequence[Path],
    *,
    requires: Requirements,
    store: FeatureStore,
    batch_size: int = 16,
) -> Iterator[EncodedBatch]:
    """Yield the features of images in order, batch by batch, encoding only what is not stored.

    Unreadable images are reported in the batch they belong to, never dropped silently.
    """
    wanted = _wanted(requires)
    with ThreadPoolExecutor(max_workers=2) as readers:
        for start in range(0, len(paths), batch_size):
            chunk = paths[start : start + batch_size]
            digests = list(readers.map(_digest_or_reason, chunk))
            yield _encode_batch(backbone, chunk, digests, wanted, store, start, readers)


def encode_texts(
    backbone: Backbone, texts: Sequence[str], *, store: FeatureStore, unit: bool = True
) -> Float[Tensor, "prompt dim"]:
    """Return text embeddings, at unit length unless told otherwise; none is encoded twice."""
    folder = _folder_name(backbone)
    keys = {text: f"{folder}/{digest_bytes(text.encode())}.text" for text in texts}
    known = {text: stored["text"] for text, key in keys.items() if (stored := store.read(key))}
    missing = [text for text in keys if text not in known]
    if missing:
        with torch.inference_mode():
            made = backbone.encode_text(missing).float().cpu()
        for text, embedding in zip(missing, made, strict=True):
            store.write(keys[text], {"text": embedding})
            known[text] = embedding
    found = torch.stack([known[text] for text in texts])
    return torch.nn.functional.normalize(found, dim=-1) if unit else found


def _encode_batch(
    backbone: Backbone,
    paths: Sequence[Path],
    digests: Sequence[str | DataError],
    wanted: Sequence[str],
    store: FeatureStore,
    start: int,
    readers: ThreadPoolExecutor,
) -> EncodedBatch:
    """Read what the store has of a batch and encode the rest."""
    unreadable = {i: str(reason) for i, reason in enumerate(digests) if not isinstance(reason, str)}
    keys = {i: f"{_folder_name(backbone)}/{name}" for i, name in enumerate(digests)}
    found: dict[int, dict[str, _Pieces]] = {}
    for i in range(len(paths)):
        if i not in unreadable:
            read = {piece: store.read(f"{keys[i]}.{piece}") for piece in wanted}
            found[i] = {piece: tensors for piece, tensors in read.items() if tensors is not None}
    incomplete = [i for i, pieces in found.items() if len(pieces) < len(wanted)]
    images = dict(
        zip(incomplete, readers.map(_load_or_reason, [paths[i] for i in incomplete]), strict=True)
    )
    for i, image in images.items():
        if isinstance(image, DataError):
            unreadable[i] = str(image)
            del found[i]
    missing = {i: image for i, image in images.items() if isinstance(image, Image.Image)}
    if missing:
        pieces = sorted({piece for i in missing for piece in wanted if piece not in found[i]})
        for i, made in zip(missing, _encode(backbone, list(missing.values()), pieces), strict=True):
            for piece, tensors in made.items():
                store.write(f"{keys[i]}.{piece}", tensors)
                found[i][piece] = tensors
    return EncodedBatch(
        positions=tuple(start + i for i in sorted(found)),
        features=_stack(backbone, [found[i] for i in sorted(found)]) if found else None,
        unreadable={start + i: reason for i, reason in sorted(unreadable.items())},
        encoded=len(missing),
    )


@torch.inference_mode()
def _encode(
    backbone: Backbone, images: Sequence[Image.Image], pieces: Sequence[str]
) -> list[dict[str, _Pieces]]:
    """Run the backbone once per batch and kind of piece; give float16 pieces per image."""
    batch = torch.stack([backbone.preprocess(image) for image in images])
    made: list[dict[str, _Pieces]] = [{} for _ in images]
    encoded = backbone.encode_images(batch, value_tokens="value" in pieces)
    for i, pieces_of_image in enumerate(made):
        pieces_of_image["base"] = {
            "global": encoded.global_embedding[i].half().cpu(),
            "patch": encoded.patch_tokens[i].half().cpu(),
            "grid": torch.tensor(encoded.grid),
        }
        if encoded.value_tokens is not None:
            pieces_of_image["value"] = {"value": encoded.value_tokens[i].half().cpu()}
    kinds = {_kind(piece): piece for piece in pieces if "-" in piece}
    for kind, tokens in (backbone.encode_tokens(batch, list(kinds)) if kinds else {}).items():
        for i, tokens_of_image in enumerate(tokens):
            made[i][kinds[kind]] = {"tokens": tokens_of_image.half().cpu()}
    for piece in pieces:
        if piece.startswith("window"):
            side, stride = _window(piece)
            indices = square_windows(encoded.grid, side, stride=stride).indices
            for i, windows in enumerate(backbone.encode_windows(batch, indices)):
                made[i][piece] = {"window": windows.half().cpu()}
    return made


def _stack(backbone: Backbone, images: Sequence[Mapping[str, _Pieces]]) -> LocalFeatures:
    """Join the pieces of several images of one grid into one float32 batch."""
    rows, columns = images[0]["base"]["grid"].tolist()

    def joined(piece: str, name: str) -> Tensor:
        return torch.stack([pieces[piece][name] for pieces in images]).float()

    windows = sorted((*_window(piece), piece) for piece in images[0] if "window" in piece)
    return LocalFeatures(
        grid=(rows, columns),
        global_embedding=joined("base", "global"),
        patch_tokens=joined("base", "patch"),
        projection=backbone.projection.detach().float().cpu(),
        value_tokens=joined("value", "value") if "value" in images[0] else None,
        windows=tuple(
            WindowEmbeddings(
                side=side,
                members=square_windows((rows, columns), side, stride=stride).members,
                embeddings=joined(piece, "window"),
            )
            for side, stride, piece in windows
        ),
        other_tokens={_kind(piece): joined(piece, "tokens") for piece in images[0] if "-" in piece},
    )


def _wanted(requires: Requirements) -> list[str]:
    """Return the pieces to read or encode for each image."""
    value = ["value"] if requires.value_tokens else []
    kinds = (kind.replace(":", "-") for kind in sorted(requires.tokens))
    apart = f"by{requires.window_stride}" if requires.window_stride > 1 else ""
    sides = (f"window{side}{apart}" for side in sorted(requires.window_sides))
    return ["base", *value, *kinds, *sides]


def _window(piece: str) -> tuple[int, int]:
    """Return the side and the stride of the windows that a piece holds."""
    side, _, stride = piece.removeprefix("window").partition("by")
    return int(side), int(stride or 1)


def _kind(piece: str) -> str:
    """Return the kind of tokens that a piece holds; ":" is no part of a file's name."""
    return piece.replace("-", ":")


def _digest_or_reason(path: Path) -> str | DataError:
    try:
        return digest_file(path)
    except OSError as error:
        return DataError(f"an image must be readable, but {path}: {error.strerror or error}.")


def _load_or_reason(path: Path) -> Image.Image | DataError:
    try:
        return load_image(path)
    except DataError as error:
        return error


def _folder_name(backbone: Backbone) -> str:
    """Return the backbone's id as one safe folder name, unique through a digest."""
    readable = re.sub(r"[^A-Za-z0-9.@-]+", "_", backbone.id)[:80]
    return f"{readable}-{digest_bytes(backbone.id.encode())[:12]}"


def _digest(pieces: Mapping[str, Tensor]) -> str:
    """Digest names, shapes, types and bytes of tensors."""
    total = hashlib.sha256()
    for name in sorted(pieces):
        tensor = pieces[name].contiguous()
        total.update(f"{name}{tuple(tensor.shape)}{tensor.dtype}".encode())
        total.update(tensor.view(torch.uint8).numpy().data if tensor.numel() else b"")
    return total.hexdigest()
