"""Where each data set comes from: what it is, its licence, its address and its digest.

Addresses and digests are those that anomalib (Intel, Apache-2.0) and, for KolektorSDD2, two public
loaders publish; they could not be fetched when this was written, so `promptlab data download`
compares every byte with the digest and says where a person finds the set when an address is gone.
Does not know how files are fetched or read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from promptlab.errors import DataError, pip_install
from promptlab.files import cache_folder

__all__ = ["SOURCES", "Source", "dataset_folder", "rooted"]

_NON_COMMERCIAL = "CC BY-NC-SA 4.0 (no commercial use)"


@dataclass(frozen=True)
class Source:
    """What a data set is and how a person gets it."""

    what: str
    """One line for a table."""
    licence: str
    page: str = ""
    """Where a person finds it."""
    install: str = ""
    """The command that brings it, where it is no archive."""
    address: str = ""
    """Of its archive; empty: its licence or its page asks that a person fetches it."""
    digest: str = ""
    """``sha256:…`` or ``md5:…`` of its archive; empty: nobody published one that we could find."""
    top: str = ""
    """The folder of the archive that holds the set; empty: the archive itself."""

    @property
    def archive(self) -> str:
        """The name under which the archive is kept; empty without an address."""
        return self.address.rpartition("/")[2]


SOURCES: Mapping[str, Source] = MappingProxyType(
    {
        "btad": Source(
            what="BTAD: three products with body and surface defects, masks",
            licence="CC BY-SA",
            page="https://github.com/pankajmishra000/VT-ADL",
            address="https://avires.dimi.uniud.it/papers/btad/btad.zip",
            digest="sha256:461c9387e515bfed41ecaae07c50cf6b10def647b36c9e31d239ab2736b10d2a",
            top="BTech_Dataset_transformed",
        ),
        "elpv": Source(
            what="ELPV: solar cells mono and poly, no masks",
            licence=_NON_COMMERCIAL,
            page="https://github.com/zae-bayern/elpv-dataset",
            install=pip_install("elpv"),
        ),
        "folder": Source(
            what="your own images: normal/ and abnormal/, or a CSV with path, label, mask",
            licence="yours",
        ),
        "ksdd": Source(
            what="KolektorSDD: electrical commutators, masks",
            licence=_NON_COMMERCIAL,
            page="https://www.vicos.si/resources/kolektorsdd/",
            address="https://go.vicos.si/kolektorsdd",
            digest="sha256:65dc621693418585de9c4467d1340ea7958a6181816f0dc2883a1e8b61f9d4dc",
        ),
        "ksdd2": Source(
            what="KolektorSDD2: a coated surface with small defects, masks",
            licence=_NON_COMMERCIAL,
            page="https://www.vicos.si/resources/kolektorsdd2/",
            address="https://go.vicos.si/kolektorsdd2",
            digest="md5:1ed0f628122776ace4965afa30dfe316",
        ),
        "magnetic_tile": Source(
            what="Magnetic Tile: five kinds of defects, masks",
            licence="none stated: free to use, cite Huang et al. 2020",
            page="https://github.com/abin24/Magnetic-tile-defect-datasets.",
        ),
        "mpdd": Source(
            what="MPDD: painted metal parts, masks",
            licence="none stated: cite Jezek et al. 2021",
            page="https://github.com/stepanje/MPDD",
        ),
        "mvtec": Source(
            what="any folder in MVTec AD layout: MVTec AD, your own",
            licence=f"MVTec AD: {_NON_COMMERCIAL}",
            page="https://www.mvtec.com/company/research/datasets/mvtec-ad",
            address=(
                "https://www.mydrive.ch/shares/38536/3830184030e49fe74747669442f0f282/download/"
                "420938113-1629952094/mvtec_anomaly_detection.tar.xz"
            ),
            digest="sha256:cf4313b13603bec67abb49ca959488f7eedce2a9f7795ec54446c649ac98cd3d",
        ),
        "mvtec_ad_2": Source(
            what="MVTec AD 2: eight categories under changing light, masks of the public part",
            licence=_NON_COMMERCIAL,
            page="https://www.mvtec.com/company/research/datasets/mvtec-ad-2",
            digest="sha256:c0ded99ef32bfc8e352d52beb44515e5b292b8598cb963aadfa91ca0763505e4",
            top="mvtec_ad_2",
        ),
        "mvtec_loco": Source(
            what="MVTec LOCO AD: structural and logical defects of five scenes, masks",
            licence=_NON_COMMERCIAL,
            page="https://www.mvtec.com/company/research/datasets/mvtec-loco",
            address=(
                "https://www.mydrive.ch/shares/48237/1b9106ccdfbb09a0c414bd49fe44a14a/download/"
                "430647091-1646842701/mvtec_loco_anomaly_detection.tar.xz"
            ),
            digest="sha256:9e7c84dba550fd2e59d8e9e231c929c45ba737b6b6a6d3814100f54d63aae687",
        ),
        "synthetic": Source(
            what="drawn here, with masks: ten categories the lite backbone never trained on",
            licence="Apache-2.0, as promptlab",
            install="promptlab data synth --out FOLDER",
        ),
        "textile": Source(
            what="simulated textile, no masks",
            licence="MIT",
            page="the Python package conformal-clip-data",
            install=pip_install("textile"),
        ),
        "visa": Source(
            what="VisA: twelve objects by the official split (split_csv/1cls.csv), masks",
            licence="CC BY 4.0",
            page="https://github.com/amazon-science/spot-diff",
            address=("https://amazon-visual-anomaly.s3.us-west-2.amazonaws.com/VisA_20220922.tar"),
            digest="sha256:2eb8690c803ab37de0324772964100169ec8ba1fa3f7e94291c9ca673f40f362",
        ),
    }
)
"""By name of the data set."""


def dataset_folder(name: str) -> Path:
    """Return where a downloaded data set lies: in promptlab's cache folder."""
    return cache_folder() / "datasets" / name


def rooted(name: str, root: Path | None, *, holds: str) -> Path:
    """Return the folder of a data set: the one given, else the downloaded one.

    Args:
        name: of the data set.
        root: what the user chose, if anything.
        holds: what the folder must be, for the error.

    Raises:
        DataError: when nothing was chosen and nothing was downloaded.
    """
    if root is not None:
        return root
    folder = dataset_folder(name)
    if folder.is_dir():
        return folder
    raise DataError(
        f"data set {name} needs a root, but got none; set dataset.root to {holds}"
        f"{f', or run promptlab data download {name}' if SOURCES[name].page else ''}."
    )
