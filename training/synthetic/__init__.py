"""Rendered table-top scenes with exact labels: the data the bundled model is made and measured on.

*Nouns* differ by look only (shape and texture; colors are drawn at random), *verbs* differ by motion
only. Everything is drawn from a seed; scenes are described in units of the picture's height, so the same
scene can be rendered at any size.
"""
