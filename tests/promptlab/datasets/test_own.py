import pytest
from PIL import Image

from promptlab.datasets.load import load_dataset
from promptlab.datasets.own import read_folder
from promptlab.datasets.verify import verify_dataset
from promptlab.errors import DataError
from promptlab.types import State


def touch(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (3, 2)).save(root / name)
    return root


def table(root, text):
    root.mkdir(parents=True, exist_ok=True)
    (root / "labels.csv").write_text(text, encoding="utf-8")
    return root


def listed(dataset, root):
    return [
        (str(s.path.relative_to(root)), s.category, s.label, s.mask_path and s.mask_path.name)
        for s in dataset.samples
    ]


def test_read_folder_reads_normal_and_abnormal(tmp_path):
    root = touch(
        tmp_path / "my nuts",
        "normal/a.png",
        "abnormal/b.JPG",
        "abnormal/crack/c.png",
        "masks/b_mask.png",
        "masks/crack/c.png",
    )
    dataset = read_folder(root, None)
    assert listed(dataset, root) == [
        ("abnormal/b.JPG", "my nuts", State.ABNORMAL, "b_mask.png"),
        ("abnormal/crack/c.png", "my nuts", State.ABNORMAL, "c.png"),
        ("normal/a.png", "my nuts", State.NORMAL, None),
    ]
    assert [sample.defect for sample in dataset.samples] == ["", "crack", ""]
    assert dataset.nouns == {"my nuts": "my nuts"}
    assert verify_dataset(dataset) == ()


def test_read_folder_reads_a_folder_of_categories(tmp_path):
    for category in ("nut", "metal_plate"):
        touch(tmp_path / category, "normal/a.png", "abnormal/b.png")
    touch(tmp_path, "notes/a.png")
    dataset = read_folder(tmp_path, None)
    assert dataset.nouns == {"metal_plate": "metal plate", "nut": "nut"}
    assert len(read_folder(tmp_path, ["nut"]).samples) == 2
    assert dataset.problems == ()


def test_read_folder_notices_masks_and_images_without_each_other(tmp_path):
    root = touch(tmp_path, "normal/a.png", "abnormal/b.png", "masks/c.png")
    problems = read_folder(root, None).problems
    assert [(problem.path.name, problem.kind) for problem in problems] == [
        ("b.png", "unpaired"),
        ("c.png", "unpaired"),
    ]


@pytest.mark.parametrize("by_file", [True, False])
def test_read_folder_reads_a_table(tmp_path, by_file):
    text = (
        "path,label,mask,category\n"
        "b é.png,abnormal,m/b.png,nut\n"
        '"a, first.png",Normal,,nut\n'
        "c.png,1,,\n"
    )
    root = table(tmp_path / "plates", text)
    touch(root, "b é.png", "a, first.png", "c.png", "m/b.png")
    dataset = read_folder(root / "labels.csv" if by_file else root, None)
    assert listed(dataset, root) == [
        ("a, first.png", "nut", State.NORMAL, None),
        ("b é.png", "nut", State.ABNORMAL, "b.png"),
        ("c.png", "plates", State.ABNORMAL, None),
    ]
    assert load_dataset("folder", root=root, categories=["nut"]).categories == ("nut",)


def test_read_folder_reads_a_table_of_a_spreadsheet_with_semicolons(tmp_path):
    root = table(tmp_path, "\ufeffpath;label\r\na.png;normal\r\nb.png;abnormal\r\n")
    assert [sample.path.name for sample in read_folder(root, None).samples] == ["a.png", "b.png"]


def test_verify_finds_what_a_table_names_and_nobody_has(tmp_path):
    root = table(tmp_path, "path,label,mask\na.png,normal,\nb.png,abnormal,m.png\n")
    touch(root, "b.png")
    found = verify_dataset(read_folder(root, None))
    assert [(problem.path.name, problem.kind) for problem in found] == [
        ("a.png", "missing"),
        ("m.png", "missing"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must have the columns path and label, but lacks label and path; name them in its"),
        ("path,mask\n", "but lacks label; name them"),
        (
            "path,label\na.png,maybe\n",
            r"labels.csv:2: a label must be normal or abnormal, but got 'm",
        ),
        ("path,label\na.png\n", r"labels.csv:2: a label must be normal or abnormal, but got ''"),
        ("path,label\n,normal\n", r"labels.csv:2: each line must name an image, but path is empty"),
        (
            "path,label\n../a.png,normal\n",
            "must stay inside .* but got '../a.png'; do not use this",
        ),
        ("path,label\na\x07.png,normal\n", r"must stay inside .* but got 'a\\x07.png'; do not use"),
        ("path,label,mask\na.png,1,/etc/hosts\n", "must stay inside .* but got '/etc/hosts'"),
        ("path,label\na.png,normal\na.png,bad\n", "must name each image once, but has a.png twice"),
        (f"path,label\n{'a' * 200_000},normal\n", "must be a CSV file, but field larger than"),
    ],
)
def test_read_folder_refuses_a_table_that_breaks_a_rule(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read_folder(table(tmp_path, text), None)


def test_read_folder_refuses_a_folder_of_something_else(tmp_path):
    with pytest.raises(
        DataError, match=r"must have folders normal/ and abnormal/ or a labels\.csv"
    ):
        read_folder(touch(tmp_path, "a.png"), None)


def test_read_folder_refuses_no_root_and_offers_no_download():
    with pytest.raises(DataError, match=r"or a CSV file with path and label\.$"):
        read_folder(None, None)
