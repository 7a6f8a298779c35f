"""Prompts: sets and their files, published and hand-written banks, and language models' answers.

Import from the modules. `promptset`, `files` and `ensemble` are light; only `llm`, `gguf` and
`generate` reach for LangChain, when called.
"""
