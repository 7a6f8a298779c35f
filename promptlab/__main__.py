"""`python -m promptlab` is the command line, where its script is not on the path."""

from promptlab.cli import main

if __name__ == "__main__":
    main()
