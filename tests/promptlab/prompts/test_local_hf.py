"""A chat model of random weights, made here: the way it is asked is what is tested."""

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers

from promptlab.errors import LLMError
from promptlab.prompts.llm import Sampling, open_llm
from promptlab.prompts.local_hf import find_chat_model, open_chat_model
from promptlab.prompts.templates import load_template, render
from promptlab.runtime import repair_torchvision
from promptlab.types import State

WORDS = "<unk> <s> </s> a bottle with crack in it user assistant system : . clean even".split()  # noqa: SIM905
CHAT = "{% for m in messages %}{{ m['role'] }} : {{ m['content'] }} {% endfor %}assistant :"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    repair_torchvision()  # before transformers, see there
    from transformers import (  # noqa: PLC0415
        LlamaConfig,
        LlamaForCausalLM,
        PreTrainedTokenizerFast,
    )

    where = tmp_path_factory.mktemp("models") / "tiny-chat"
    inner = Tokenizer(models.WordLevel({w: i for i, w in enumerate(WORDS)}, unk_token="<unk>"))  # noqa: S106
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        unk_token="<unk>",  # noqa: S106
        eos_token="</s>",  # noqa: S106
        bos_token="<s>",  # noqa: S106
    )
    tokenizer.chat_template = CHAT
    tokenizer.save_pretrained(where)
    config = LlamaConfig(
        vocab_size=len(WORDS), hidden_size=16, intermediate_size=16, num_hidden_layers=1,
        num_attention_heads=2, max_position_embeddings=512, bos_token_id=1, eos_token_id=2,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(0)
        LlamaForCausalLM(config).save_pretrained(where)
    return where


def test_open_llm_when_it_is_a_folder_of_transformers(folder):
    template = load_template("describe")
    request = render(template, State.NORMAL, noun="bottle")
    before = torch.random.get_rng_state()

    with open_llm(f"hf:{folder}", kind="chat", sampling=Sampling(0.9, 6)) as llm:
        model = llm.model()
        said = [
            model.generate_prompt([request], **llm.call_arguments(Sampling(0.9, 6), seed=seed))
            for seed in (1, 1, 2)
        ]

    texts = [one.generations[0][0].text for one in said]
    assert texts[0] == texts[1] != texts[2]
    assert {*" ".join(texts).split()} <= {*WORDS}
    usage = said[0].generations[0][0].message.usage_metadata
    assert usage["output_tokens"] <= 6
    assert usage["input_tokens"] > 20
    assert llm.name == "hf:tiny-chat"
    assert len(llm.id) == len("hf:tiny-chat#") + 16
    assert torch.equal(torch.random.get_rng_state(), before)


def test_open_chat_model_when_it_completes_stops_where_told(folder):
    request = render(load_template("completion"), State.ABNORMAL, noun="bottle")
    model = open_chat_model(find_chat_model(str(folder)), kind="completion")
    asked = {"seed": 3, "temperature": 0.0, "max_tokens": 8}

    whole = model.generate_prompt([request], stop=[], **asked).generations[0][0].text
    word = whole.split()[1]
    short = model.generate_prompt([request], stop=[word], **asked).generations[0][0].text

    assert whole.startswith(short)
    assert word not in short


def test_open_chat_model_when_there_is_no_chat_template(folder, tmp_path):
    for file in folder.iterdir():
        if "jinja" not in file.name:
            (tmp_path / file.name).write_bytes(file.read_bytes())

    with pytest.raises(LLMError, match=r"has no chat template, .* choose --template completion"):
        open_chat_model(find_chat_model(str(tmp_path)), kind="chat")


def test_find_chat_model_when_the_folder_holds_no_weights(tmp_path):
    with pytest.raises(LLMError, match=r"needs a checkpoint with safetensors weights, but"):
        find_chat_model(str(tmp_path))


def test_find_chat_model_when_it_is_neither_here_nor_downloadable():
    with pytest.raises(LLMError, match=r"'nobody/nothing' is neither .* use gguf:smollm2"):
        find_chat_model("nobody/nothing")


def test_open_chat_model_when_the_checkpoint_is_damaged(folder, tmp_path):
    for file in folder.iterdir():
        content = file.read_bytes()
        (tmp_path / file.name).write_bytes(content[:50] if "safetensors" in file.name else content)

    with pytest.raises(LLMError, match=r"transformers can load .* download it again"):
        open_chat_model(find_chat_model(str(tmp_path)), kind="chat")
