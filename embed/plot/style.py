"""The look of all pictures: colours that are read on white, on black and on paper, and quiet axes."""

from __future__ import annotations

from typing import Any

from embed.plot.bokeh import bokeh

__all__ = ["FAINT", "SERIES", "TEXT", "new_figure"]

SERIES = ("#1f8fb3", "#d0643f", "#5f9e4a", "#9a6fb0", "#b0851b", "#c2577e", "#6b7f8f", "#3f9f8f")
"""A colour for each model."""
TEXT = "#7b7f85"
"""The colour of axes and labels: a grey with a contrast of 4 both to white and to black."""
FAINT = "#b9bcc0"
"""The colour of what is left back: no difference, a reference line."""
_FONT = "system-ui, sans-serif"
_GRID_ALPHA = 0.18


def new_figure(height: int, *, tools: str = "", **settings: Any) -> Any:
    """Return an empty figure, as wide as its place, without background.

    Parameters
    ----------
    height : int
        In pixels.
    tools : str
        The names of Bokeh's tools, between commas.
    **settings
        Of ``bokeh.plotting.figure``.
    """
    figure = bokeh("plotting").figure(height=height, sizing_mode="stretch_width", tools=tools, **settings)
    figure.background_fill_alpha = figure.border_fill_alpha = 0
    figure.outline_line_alpha = 0
    figure.toolbar.logo = None
    figure.toolbar.autohide = True
    for axis in figure.axis:
        axis.axis_line_color = axis.major_tick_line_color = TEXT
        axis.minor_tick_line_alpha = 0
        axis.axis_label_text_color = axis.major_label_text_color = TEXT
        axis.axis_label_text_font = axis.major_label_text_font = _FONT
        axis.axis_label_text_font_style = "normal"
        axis.major_label_text_font_size = axis.axis_label_text_font_size = "12px"
    figure.grid.grid_line_color = TEXT
    figure.grid.grid_line_alpha = _GRID_ALPHA
    return figure


def place_legend(figure: Any) -> None:
    """Put the legend above the picture, in its colours; without entries, there is none."""
    if not figure.legend:
        return
    legend = figure.legend[0]
    legend.background_fill_alpha, legend.border_line_alpha = 0, 0
    legend.label_text_color, legend.label_text_font, legend.label_text_font_size = TEXT, _FONT, "12px"
    legend.padding, legend.spacing, legend.click_policy = 0, 0, "hide"
    figure.add_layout(legend, "above")
