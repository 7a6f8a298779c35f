import pytest

from promptlab.prompts.secrets import redact


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Incorrect API key provided: sk-abcd1234efgh.", "Incorrect API key provided: [key]."),
        ("got sk-ab****************wxyz", "got [key]"),
        ("authorization: Bearer abc.def", "authorization: [key]"),
        ("http://me:word@host:80/v1 refused", "http://[key]host:80/v1 refused"),
        ("a bottle with a key hole", "a bottle with a key hole"),
        ("a task-specific risk-free bottle", "a task-specific risk-free bottle"),
    ],
)
def test_redact_what_looks_like_a_key(text, expected):
    assert redact(text) == expected


def test_redact_every_value_of_a_key_in_the_environment(monkeypatch):
    monkeypatch.setenv("PROMPTLAB_LLM_KEY", "open sesame")
    monkeypatch.setenv("SOMEBODYS_API_KEY", "abracadabra")
    monkeypatch.setenv("SHORT_TOKEN", "none")

    assert redact("say open sesame, abracadabra or none") == "say [key], [key] or none"
