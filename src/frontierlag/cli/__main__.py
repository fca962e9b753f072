"""`python -m frontierlag.cli`: the command line without its installed script."""

from frontierlag.cli import main

if __name__ == "__main__":
    main()
