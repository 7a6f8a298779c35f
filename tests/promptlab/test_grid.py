from pathlib import Path

import pytest

from promptlab.config import load_config
from promptlab.errors import ConfigError
from promptlab.grid import Grid, load_grid

PLAIN = "name: quick\ndataset: {name: mvtec, root: images}\n"


@pytest.fixture
def write(tmp_path: Path):
    def write_and_load(extra: str, *overrides: str) -> Grid:
        path = tmp_path / "experiment.yaml"
        path.write_text(PLAIN + extra)
        return load_grid(path, overrides)

    return write_and_load


def test_a_file_without_lists_is_one_cell_equal_to_its_configuration(write, tmp_path: Path) -> None:
    grid = write("scorer: {name: max}\n")
    assert grid.axes == ()
    (cell,) = grid.cells
    assert cell.config == load_config(tmp_path / "experiment.yaml")
    assert cell.label == ""


def test_lists_make_the_product_in_the_files_order(write) -> None:
    grid = write("scorer: [mean, {name: contextual, params: {share: 0.5}}]\naligner: [patch]\n")
    assert grid.name == "quick"
    assert grid.axes == ("scorer", "aligner")
    assert [cell.config.name for cell in grid.cells] == [
        "quick.mean-patch",
        "quick.contextual_share_0.5-patch",
    ]
    assert grid.cells[1].config.scorer.params == {"share": 0.5}
    assert grid.cells[1].label == "scorer=contextual share=0.5, aligner=patch"
    assert grid.cells[1].folder == "contextual_share_0.5-patch"


def test_grid_takes_dotted_paths_and_named_values(write) -> None:
    grid = write(
        "aligner: {params: {ridge: 2.0}}\n"
        "grid:\n"
        "  aligner.params.scales: [[2], [2, 3]]\n"
        "  prompts.sources:\n"
        "    static: [{kind: static, name: winclip}]\n"
        "    mine: [{kind: file, path: sets}]\n"
        "  fusion.sigma: [0, 0.1]\n"
    )
    assert len(grid.cells) == 2 * 2 * 2
    last = grid.cells[-1]
    assert last.choices == {
        "aligner.params.scales": "2-3",
        "prompts.sources": "mine",
        "fusion.sigma": "0.1",
    }
    assert last.config.aligner.params == {"ridge": 2.0, "scales": [2, 3]}


def test_relative_paths_of_every_cell_start_at_the_file(write, tmp_path: Path) -> None:
    grid = write("grid: {prompts.sources: {mine: [{kind: file, path: sets}]}}\n")
    (cell,) = grid.cells
    assert cell.config.dataset.root == tmp_path / "images"
    assert cell.config.prompts.sources[0].path == tmp_path / "sets"  # type: ignore[union-attr]


def test_a_parts_parameter_is_set_after_the_part(write) -> None:
    grid = write("grid: {aligner.params.ridge: [0.1, 1.0], aligner: [fine_grained]}\n")
    assert [cell.config.aligner.params for cell in grid.cells] == [{"ridge": 0.1}, {"ridge": 1.0}]


def test_values_without_a_name_are_named_by_their_keys(write) -> None:
    grid = write("grid: {fusion: [{global: 1, local: 0}, {global: 0, local: 1}], seed: [1]}\n")
    assert [cell.choices["fusion"] for cell in grid.cells] == [
        "global=1 local=0",
        "global=0 local=1",
    ]


def test_an_override_may_be_a_list(write) -> None:
    grid = write("", "scorer=[mean, max]", "fusion.local=0.25")
    assert [cell.config.scorer.name for cell in grid.cells] == ["mean", "max"]
    assert grid.cells[1].config.fusion.local == 0.25


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ("grid: [1]\n", "grid must map dotted keys to lists, but got list"),
        ("grid: {seed: []}\n", "grid axis 'seed' must be a list of values"),
        ("grid: {seed: 3}\n", "grid axis 'seed' must be a list of values .* got 3"),
        ("scorer: [mean, mean]\n", "grid axis 'scorer' must have different values"),
        ("scorer: [mean]\ngrid: {scorer: [max]}\n", "'scorer' must be an axis once"),
        (
            "grid: {prompts.sources: [[{kind: static, name: winclip}]]}\n",
            "a value of grid axis 'prompts.sources' has no short name",
        ),
        ("grid: {fusoin.local: [1]}\n", "cell fusoin.local=1: unknown key 'fusoin'; did you mean"),
        (
            "scorer: [mean, max]\ngrid: {fusion.local: [0.5, -1]}\n",
            "cell scorer=mean, fusion.local=-1: fusion.local: input should be greater",
        ),
        ("scorer: [{nam: max}]\n", "cell scorer=nam=max: unknown key 'scorer.nam'"),
        (
            "grid: {backbone.name: ['hf:a/b', 'hf:a b']}\n",
            "'backbone.name=hf:a/b' and 'backbone.name=hf:a b' both give 'hf_a_b'",
        ),
    ],
)
def test_load_grid_refuses_with_rule_and_remedy(write, extra: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        write(extra)
    assert "\n" not in str(caught.value)


def test_an_override_below_an_axis_is_refused(write) -> None:
    with pytest.raises(ConfigError, match=r"--set scorer\.name has no effect"):
        write("grid: {scorer: [mean, max]}\n", "scorer.name=softmax")


def test_load_config_refuses_a_grid_and_says_who_takes_it(tmp_path: Path) -> None:
    path = tmp_path / "experiment.yaml"
    path.write_text(PLAIN + "grid: {seed: [1, 2]}\n")
    with pytest.raises(ConfigError, match="`promptlab run` takes grids"):
        load_config(path)


def test_cells_are_compared_with_the_first_value_of_every_axis(write) -> None:
    grid = write("scorer: [mean, max]\naligner: [patch, value]\n")
    assert [grid.reference_of(cell).folder for cell in grid.cells] == ["mean-patch"] * 4


def test_against_names_the_axis_that_is_compared(write) -> None:
    grid = write("scorer: [mean, max]\naligner: [patch, value]\nagainst: {scorer: max}\n")
    assert [grid.reference_of(cell).folder for cell in grid.cells] == [
        "max-patch",
        "max-value",
        "max-patch",
        "max-value",
    ]


@pytest.mark.parametrize(
    ("against", "message"),
    [
        ("mean", r"against must map axes .* but got 'mean'; write for example"),
        ("{scorr: mean}", r"unknown axis 'scorr' in against; did you mean 'scorer'"),
        ("{scorer: men}", r"unknown value 'men' of axis 'scorer' in against; did you mean 'mean'"),
    ],
)
def test_against_refuses_what_is_not_on_the_grid(write, against: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        write(f"scorer: [mean, max]\nagainst: {against}\n")


def test_load_grid_refuses_more_than_10000_cells_at_once(tmp_path):
    text = (
        "name: many\ngrid:\n  fusion.local: [" + ", ".join(f"0.{n:03}" for n in range(101)) + "]\n"
    )
    text += "  seed: [" + ", ".join(map(str, range(100))) + "]\n"
    path = tmp_path / "many.yaml"
    path.write_text(text)
    with pytest.raises(
        ConfigError, match="at most 10,000 cells, but has 10,100; shorten its lists"
    ):
        load_grid(path)
