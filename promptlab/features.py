"""Encode each image once: a content-addressed store of features on disk.

An entry is keyed by the backbone's id (name, image size, weights digest) and the SHA-256 of the
image file, so it survives renamed folders and never outlives changed pixels or weights. Entries
are float16 safetensors files, written atomically and verified on read; a damaged one is encoded
again. This module knows nothing of prompts, scores or labels.
"""

import hashlib
import logging
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import TypeVar

import torch
from jaxtyping import Float
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from aligners.base import LocalFeatures, Requirements, WindowEmbeddings
from aligners.windows import square_windows
from promptlab.backbones.base import Backbone
from promptlab.datasets.images import load_image
from promptlab.errors import BackboneError, DataError
from promptlab.files import atomic_path, cache_folder, digest_bytes, digest_file

__all__ = [
    "EncodedBatch",
    "FeatureStore",
    "StoreUsage",
    "batch_size_of",
    "encode_images",
    "encode_texts",
]

_LOG = logging.getLogger(__name__)
_Item = TypeVar("_Item")
_Made = TypeVar("_Made")

_OUT_OF_MEMORY = ("out of memory", "can't allocate memory")
"""What allocators say: those of CUDA and MPS the first, that of the CPU the second."""

_PIXELS_AT_ONCE = 1_700_000
"""Of one batch: 32 images of 224 x 224, or 4 of 640 x 640."""

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


@dataclass(frozen=True)
class StoreUsage:
    """What the features of one backbone take."""

    backbone: str
    """Its folder: the id, made safe, and a digest."""
    files: int
    bytes: int


class FeatureStore:
    """Tensors by key in one folder, shared safely by several processes.

    A folder that cannot be written is used read-only, with a warning.

    Args:
        folder: None: in the cache.
        dtype: what features are kept in. float16 halves their size; `promptlab bench` measures
            what it does to metrics.
    """

    def __init__(self, folder: Path | None = None, *, dtype: torch.dtype = torch.float16) -> None:
        self.folder = folder or cache_folder() / "features"
        self.dtype = dtype
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
            with suppress(OSError):  # another's file, or a read-only folder
                os.utime(path)
            return pieces
        _LOG.warning("a cached feature file was damaged and is made again: %s", path.name)
        return None

    def write(self, key: str, pieces: Mapping[str, Tensor]) -> None:
        """Keep tensors under ``key``; a full or read-only disk costs the cache, not the run."""
        if not self._writable:
            return
        ready = {name: tensor.contiguous() for name, tensor in pieces.items()}
        try:
            with atomic_path(self._path(key), durable=False) as temporary:
                save_file(ready, temporary, metadata={"digest": _digest(ready)})
        except (OSError, SafetensorError) as error:
            self._writable = False
            _LOG.warning(
                "features are not cached, because %s cannot be written (%s)", self.folder, error
            )

    def usage(self) -> tuple["StoreUsage", ...]:
        """Return what each backbone's features take, the largest first."""
        found = []
        for folder in self._backbones("*"):
            sizes = [size for path in folder.rglob("*") if (size := _size_of(path))]
            found.append(StoreUsage(folder.name, len(sizes), sum(sizes)))
        return tuple(sorted(found, key=lambda entry: -entry.bytes))

    def prune(self, *, pattern: str = "*", older_than_days: float | None = None) -> int:
        """Delete features of backbones whose folder matches; return how many bytes went.

        A run that reads them at the same time encodes them again.

        Args:
            pattern: as in a shell, on the names that `usage` gives.
            older_than_days: only those that were neither read nor written for so long.
        """
        limit = None if older_than_days is None else time.time() - 86_400 * older_than_days
        removed = 0
        for folder in self._backbones(pattern):
            for path in folder.rglob("*"):
                size = _size_of(path)
                if size and (limit is None or path.stat().st_mtime < limit):
                    path.unlink(missing_ok=True)
                    removed += size
            for empty in (*sorted(folder.rglob("*/"), reverse=True), folder):
                with suppress(OSError):  # not empty
                    empty.rmdir()
        return removed

    def _backbones(self, pattern: str) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return sorted(
            path
            for path in self.folder.iterdir()
            if path.is_dir() and fnmatchcase(path.name, pattern)
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
    batch_size: int | None = None,
    whole: bool = False,
) -> Iterator[EncodedBatch]:
    """Yield the features of images in order, batch by batch, encoding only what is not stored.

    Unreadable images are reported in the batch they belong to, never dropped silently. While one
    batch is encoded, the next one is read and decoded.

    Args:
        backbone: encodes.
        paths: of the images.
        requires: what is wanted of each.
        store: where features are kept.
        batch_size: None: as many images as have a bounded number of pixels together.
        whole: encode a batch of which something is missing again as a whole, as if nothing were
            stored. What an encoder gives for an image depends in its last bits on the others in
            the batch, so this is how to go on after a death without changing a number.
    """
    wanted = _wanted(requires)
    size = batch_size or batch_size_of(backbone)
    with ThreadPoolExecutor(2) as readers, ThreadPoolExecutor(1) as ahead:

        def prepare(start: int) -> _Prepared:
            part = paths[start : start + size]
            return _prepare(backbone, part, wanted, store, readers, whole=whole)

        coming = ahead.submit(prepare, 0)
        for start in range(0, len(paths), size):
            prepared = coming.result()
            coming = ahead.submit(prepare, start + size)  # nothing, after the last
            yield _encode_batch(backbone, prepared, wanted, store, start)


def encode_texts(
    backbone: Backbone, texts: Sequence[str], *, store: FeatureStore, unit: bool = True
) -> Float[Tensor, "prompt dim"]:
    """Return text embeddings, at unit length unless told otherwise; none is encoded twice."""
    folder = _folder_name(backbone)
    keys = {text: f"{folder}/{digest_bytes(text.encode())}.text" for text in texts}
    known = {text: stored["text"] for text, key in keys.items() if (stored := store.read(key))}
    missing = [text for text in keys if text not in known]
    if missing:
        made = _in_pieces(partial(_encode_texts, backbone), missing)
        for text, embedding in zip(missing, made, strict=True):
            store.write(keys[text], {"text": embedding})
            known[text] = embedding
    found = torch.stack([known[text] for text in texts])
    return torch.nn.functional.normalize(found, dim=-1) if unit else found


@dataclass(frozen=True)
class _Prepared:
    """A batch before encoding, by place in the batch."""

    keys: Mapping[int, str]
    found: dict[int, dict[str, _Pieces]]
    """What the store has of each readable image."""
    missing: Mapping[int, Float[Tensor, "3 _height _width"]]
    """Preprocessed images of which pieces are missing."""
    unreadable: Mapping[int, str]


def _prepare(
    backbone: Backbone,
    paths: Sequence[Path],
    wanted: Sequence[str],
    store: FeatureStore,
    readers: ThreadPoolExecutor,
    *,
    whole: bool,
) -> _Prepared:
    """Read what the store has of a batch; decode and preprocess the rest."""
    digests = list(readers.map(_digest_or_reason, paths))
    unreadable = {i: str(reason) for i, reason in enumerate(digests) if not isinstance(reason, str)}
    keys = {i: f"{_folder_name(backbone)}/{name}" for i, name in enumerate(digests)}
    found: dict[int, dict[str, _Pieces]] = {}
    for i in range(len(paths)):
        if i not in unreadable:
            read = {piece: store.read(f"{keys[i]}.{piece}") for piece in wanted}
            found[i] = {piece: tensors for piece, tensors in read.items() if tensors is not None}
    incomplete = [i for i, pieces in found.items() if len(pieces) < len(wanted)]
    if whole and incomplete:
        found = {i: {} for i in found}
        incomplete = list(found)
    # Each reader holds one decoded image, which may be large; what is kept has the encoder's size.
    prepare = partial(_prepared_or_reason, backbone)
    images = dict(
        zip(incomplete, readers.map(prepare, [paths[i] for i in incomplete]), strict=True)
    )
    for i, image in images.items():
        if isinstance(image, DataError):
            unreadable[i] = str(image)
            del found[i]
    missing = {i: image for i, image in images.items() if isinstance(image, Tensor)}
    return _Prepared(keys, found, missing, unreadable)


def _encode_batch(
    backbone: Backbone,
    prepared: _Prepared,
    wanted: Sequence[str],
    store: FeatureStore,
    start: int,
) -> EncodedBatch:
    """Encode what the store does not have, and keep it there."""
    found, missing = prepared.found, prepared.missing
    if missing:
        pieces = sorted({piece for i in missing for piece in wanted if piece not in found[i]})
        encode = partial(_encode, backbone, pieces, store.dtype)
        for i, made in zip(missing, _in_pieces(encode, list(missing.values())), strict=True):
            for piece, tensors in made.items():
                store.write(f"{prepared.keys[i]}.{piece}", tensors)
                found[i][piece] = tensors
    return EncodedBatch(
        positions=tuple(start + i for i in sorted(found)),
        features=_stack(backbone, [found[i] for i in sorted(found)]) if found else None,
        unreadable={start + i: reason for i, reason in sorted(prepared.unreadable.items())},
        encoded=len(missing),
    )


def batch_size_of(*backbones: Backbone) -> int:
    """Return how many images each backbone encodes at once.

    What activations take grows with the pixels, so the one with the largest images decides for all.
    """
    pixels = max(height * width for height, width in (each.image_size for each in backbones))
    return min(32, max(1, _PIXELS_AT_ONCE // pixels))


def _in_pieces(
    run: Callable[[Sequence[_Item]], list[_Made]], items: Sequence[_Item]
) -> list[_Made]:
    """Run on all items at once, or on half as many, and so on, while the memory is too small.

    Raises:
        BackboneError: when it is too small for one item.
    """
    try:
        return run(items)
    except (RuntimeError, MemoryError) as error:
        reason = " ".join(str(error).split())[:200]
        if not isinstance(error, MemoryError) and not any(
            words in reason for words in _OUT_OF_MEMORY
        ):
            raise
        if len(items) == 1:
            raise BackboneError(
                f"the device must hold one item at a time, but is out of memory ({reason}); lower "
                "backbone.image_size, or set backbone.device: cpu."
            ) from error
        _LOG.warning("out of memory with a batch of %d; going on with half as many", len(items))
    # Outside of the handler, so that the failed attempt's tensors are free.
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    half = len(items) // 2
    return [*_in_pieces(run, items[:half]), *_in_pieces(run, items[half:])]


@torch.inference_mode()
def _encode_texts(backbone: Backbone, texts: Sequence[str]) -> list[Float[Tensor, " dim"]]:
    return list(backbone.encode_text(texts).float().cpu())


@torch.inference_mode()
def _encode(
    backbone: Backbone,
    pieces: Sequence[str],
    dtype: torch.dtype,
    images: Sequence[Float[Tensor, "3 height width"]],
) -> list[dict[str, _Pieces]]:
    """Run the backbone once per batch and kind of piece; give pieces per image."""
    batch = torch.stack(list(images))
    made: list[dict[str, _Pieces]] = [{} for _ in images]
    windowed = [piece for piece in pieces if piece.startswith("window")]
    encoded, windows = backbone.encode_with_windows(
        batch, [_window(piece) for piece in windowed], value_tokens="value" in pieces
    )
    for i, pieces_of_image in enumerate(made):
        pieces_of_image["base"] = {
            "global": encoded.global_embedding[i].to("cpu", dtype),
            "patch": encoded.patch_tokens[i].to("cpu", dtype),
            "grid": torch.tensor(encoded.grid),
        }
        if encoded.value_tokens is not None:
            pieces_of_image["value"] = {"value": encoded.value_tokens[i].to("cpu", dtype)}
    kinds = {_kind(piece): piece for piece in pieces if "-" in piece}
    for kind, tokens in (backbone.encode_tokens(batch, list(kinds)) if kinds else {}).items():
        for i, tokens_of_image in enumerate(tokens):
            made[i][kinds[kind]] = {"tokens": tokens_of_image.to("cpu", dtype)}
    for piece, of_batch in zip(windowed, windows, strict=True):
        for i, of_image in enumerate(of_batch):
            made[i][piece] = {"window": of_image.to("cpu", dtype)}
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


def _size_of(path: Path) -> int:
    """Return a feature file's size; 0 for a folder or what another process removed."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0


def _digest_or_reason(path: Path) -> str | DataError:
    try:
        return digest_file(path)
    except OSError as error:
        return DataError(f"an image must be readable, but {path}: {error.strerror or error}.")


def _prepared_or_reason(
    backbone: Backbone, path: Path
) -> Float[Tensor, "3 height width"] | DataError:
    try:
        return backbone.preprocess(load_image(path))
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
