"""Theme and page head: system fonts, calm colours with contrast in light and dark, our own two files and no others."""

from __future__ import annotations

import gradio as gr

__all__ = ["HEAD", "theme"]

HEAD = (
    '<meta name="referrer" content="no-referrer"><meta name="viewport" content="width=device-width, initial-scale=1">'
    '<link rel="stylesheet" href="/look/doorstep.css"><script defer src="/look/doorstep.js"></script>'
    '<script defer src="/look/private.js"></script>'
)
_SYSTEM = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]


def theme() -> gr.themes.Base:
    """The default theme with a dark teal, system fonts only, and readable sizes."""
    base = gr.themes.Default(
        primary_hue=gr.themes.colors.teal, neutral_hue=gr.themes.colors.slate, font=_SYSTEM,
        font_mono=["ui-monospace", "monospace"], text_size=gr.themes.sizes.text_lg,
    )  # fmt: skip
    return base.set(
        button_primary_background_fill="#0f5257",
        button_primary_background_fill_hover="#0b3f43",
        button_primary_text_color="#ffffff",
        button_primary_background_fill_dark="#8fd3d0",
        button_primary_background_fill_hover_dark="#b5e3e1",
        button_primary_text_color_dark="#06282b",
        button_secondary_text_color="#14373a",
        button_secondary_text_color_dark="#e6f1f1",
        block_label_text_color="#24373a",
        block_label_text_color_dark="#dbe7e8",
        block_title_text_color="#24373a",
        block_title_text_color_dark="#dbe7e8",
        body_text_color="#1b2527",
        body_text_color_dark="#e8eeee",
        input_placeholder_color="#52646a",
        input_placeholder_color_dark="#a9babd",
    )
