"""Starts the web app; no logic."""

from assistant.cli import main

if __name__ == "__main__":
    main(["serve"])
