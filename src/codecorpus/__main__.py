"""`python -m codecorpus` is the command."""

from codecorpus.pipelines.cli import main

if __name__ == "__main__":
    main()
